"""Do the click models find the truth that made the log, and notice a log of the other kind?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.clicks import cascade_clicks, examination, position_clicks
from mmnotes.errors import InputError
from mmnotes.evaluate import (
    CascadeModel,
    PositionModel,
    examination_by_randomisation,
    perplexity,
)
from mmnotes.evaluate.click_logs import sum_above

N_ITEMS, SLATE = 40, 10
TRUTH = np.linspace(0.05, 0.6, N_ITEMS)


def log(seed=0, n=6000, policy=2.0, kind="position", power=1.0):
    """Columns of a log whose slates a policy sorted by what attracts, not too strictly."""
    rng = np.random.default_rng(seed)
    item = np.stack([rng.permutation(N_ITEMS)[:SLATE] for _ in range(n)])
    keys = policy * TRUTH[item] / TRUTH.std() + rng.gumbel(size=item.shape)
    item = np.take_along_axis(item, np.argsort(-keys, axis=1), axis=1).ravel()
    position = np.tile(np.arange(1, SLATE + 1), n)
    impression = np.repeat(np.arange(n), SLATE)
    if kind == "position":
        clicked = position_clicks(TRUTH[item], examination(position, power), rng)
    else:
        clicked = cascade_clicks(TRUTH[item], position, impression, rng)
    return {"clicked": clicked, "position": position, "item": item, "impression": impression}


def shown(columns):
    return {name: columns[name] for name in ("clicked", "position", "item")}


def places(columns, *more):
    return {name: columns[name] for name in ("position", "item", *more)}


def test_em_finds_examination_and_attraction():
    model = PositionModel().fit(**shown(log()))
    truth = examination(np.arange(1, SLATE + 1), 1.0)
    assert model.examination_ == pytest.approx(truth, abs=0.05)
    assert np.abs(model.attraction_ - TRUTH).mean() < 0.03


def test_click_rates_alone_would_not():
    columns = log()
    at = [columns["clicked"][columns["position"] == p].mean() for p in range(1, SLATE + 1)]
    # The policy put what attracts on top, so rates fall faster than attention.
    assert at[-1] / at[0] < 0.6 * 0.1


def test_em_sees_no_position_bias_where_there_is_none():
    model = PositionModel().fit(**shown(log(power=0.0)))
    assert model.examination_ == pytest.approx(np.ones(SLATE), abs=0.12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(5, 60), power=st.floats(0, 2))
def test_em_never_lowers_the_likelihood_and_stays_in_range(seed, n, power):
    columns = log(seed, n=n, power=power)
    if not columns["clicked"].any():
        return
    model = PositionModel(max_iterations=50).fit(**shown(columns))
    path = np.array(model.log_likelihoods_)
    assert (np.diff(path) >= -1e-9 * np.abs(path[1:])).all()
    for found in (model.examination_, model.attraction_):
        assert np.nanmin(found) >= 0
        assert np.nanmax(found) <= 1
    predicted = model.predict(**places(columns))
    by_hand = np.log(np.where(columns["clicked"], predicted, 1 - predicted)).sum()
    assert path[-1] == pytest.approx(by_hand)


def test_em_reaches_the_best_likelihood():
    columns = log(n=500)
    model = PositionModel().fit(**shown(columns))
    best = perplexity(columns["clicked"], model.predict(**places(columns)))
    for change in (0.97, 1.03):
        moved = PositionModel().fit(**shown(columns))
        moved.examination_[4] *= change
        predicted = moved.predict(**places(columns))
        assert perplexity(columns["clicked"], predicted) > best
        moved.examination_[4] /= change
        moved.attraction_[7] *= change
        assert perplexity(columns["clicked"], moved.predict(**places(columns))) > best


def test_a_log_that_keeps_items_in_place_tells_nothing_of_places():
    columns = log(n=2000)
    columns["item"] = columns["position"] - 1
    rate = [columns["clicked"][columns["position"] == p].mean() for p in range(1, SLATE + 1)]
    model = PositionModel().fit(**shown(columns))
    # Any split of the rates is as likely as any other: only the products are known.
    assert model.examination_ * model.attraction_ == pytest.approx(rate, abs=1e-5)


def test_segments_are_items_of_their_own():
    one, other = log(0, n=3000), log(1, n=3000)
    both = {name: np.concatenate([one[name], other[name]]) for name in shown(one)}
    both["item"][len(one["item"]) :] += N_ITEMS
    model = PositionModel().fit(**both)
    assert model.attraction_.shape == (2 * N_ITEMS,)
    assert np.abs(model.attraction_ - np.tile(TRUTH, 2)).mean() < 0.03


def test_the_cascade_finds_attraction():
    columns = log(kind="cascade")
    model = CascadeModel().fit(**columns)
    assert model.n_later_clicks_ == 0
    assert np.abs(model.attraction_ - TRUTH).mean() < 0.03


def test_the_cascade_is_clicks_over_reads():
    columns = log(seed=3, n=200)
    model = CascadeModel().fit(**columns)
    clicks, reads, later = np.zeros(N_ITEMS), np.zeros(N_ITEMS), 0
    for slate in range(200):
        left = False
        for row in np.flatnonzero(columns["impression"] == slate):
            if left:
                later += columns["clicked"][row]
                continue
            reads[columns["item"][row]] += 1
            clicks[columns["item"][row]] += columns["clicked"][row]
            left = columns["clicked"][row]
    assert model.n_later_clicks_ == later > 0
    assert model.attraction_ == pytest.approx(clicks / reads, nan_ok=True)


def test_the_cascade_predicts_by_reading_down():
    columns = log(n=50, policy=0.0, kind="cascade")
    model = CascadeModel().fit(**columns)
    predicted = model.predict(**places(columns, "impression")).reshape(-1, SLATE)
    liked = model.attraction_[columns["item"]].reshape(-1, SLATE)
    stays = np.cumprod(1 - liked, axis=1)
    by_hand = liked * np.column_stack([np.ones(50), stays[:, :-1]])
    assert predicted == pytest.approx(by_hand)
    order = np.random.default_rng(0).permutation(len(columns["item"]))
    shuffled = {name: values[order] for name, values in columns.items()}
    again = CascadeModel().fit(**shuffled)
    assert again.attraction_ == pytest.approx(model.attraction_, nan_ok=True)
    assert again.predict(**places(shuffled, "impression")) == pytest.approx(
        predicted.ravel()[order]
    )


def test_nothing_is_read_below_what_everybody_takes():
    model = CascadeModel()
    model.attraction_ = np.array([1.0, 0.5])
    predicted = model.predict(np.array([1, 2, 3]), np.array([0, 1, 0]), np.zeros(3, int))
    assert predicted.tolist() == [1, 0, 0]


def test_each_model_fits_its_own_log_better():
    for kind, better in (("position", "position"), ("cascade", "cascade")):
        train, test = log(0, kind=kind), log(1, kind=kind)
        by_place = PositionModel().fit(**shown(train)).predict(**places(test))
        reading = CascadeModel().fit(**train).predict(**places(test, "impression"))
        loss = {
            "position": perplexity(test["clicked"], by_place),
            "cascade": perplexity(test["clicked"], reading),
        }
        assert min(loss, key=loss.get) == better


def test_the_cascade_misreads_a_log_of_places():
    columns = log()
    model = CascadeModel().fit(**columns)
    assert model.n_later_clicks_ > 1000
    assert np.abs(model.attraction_ - TRUTH).mean() > 0.05


def test_em_blames_the_place_where_readers_only_left():
    # Whoever gets to a place of a cascade looks at it. Few get there, and EM blames the place.
    model = PositionModel().fit(**shown(log(kind="cascade")))
    assert model.examination_[-1] < 0.3


def test_shuffled_slates_show_examination_without_a_model():
    columns = log(policy=0.0, n=4000)
    user = columns["impression"] // 10
    found = examination_by_randomisation(columns["clicked"], columns["position"], user)
    truth = examination(np.arange(1, SLATE + 1), 1.0)
    assert [e.value for e in found] == pytest.approx(truth, abs=0.06)
    assert sum(e.low <= t <= e.high for e, t in zip(found, truth, strict=True)) >= 8
    assert (found[0].value, found[0].low, found[0].high) == pytest.approx((1, 1, 1))
    assert found[0].n_users == 400


def test_slates_that_a_policy_sorted_mislead_it():
    columns = log(policy=2.0, n=4000)
    found = examination_by_randomisation(
        columns["clicked"], columns["position"], columns["impression"] // 10
    )
    assert found[-1].high < 0.1  # the truth


def test_randomisation_allows_slates_of_unequal_length():
    columns = log(policy=0.0, n=4000)
    keep = (columns["position"] <= 5) | (columns["impression"] % 2 == 0)
    found = examination_by_randomisation(
        columns["clicked"][keep], columns["position"][keep], columns["impression"][keep]
    )
    assert found[7].value == pytest.approx(1 / 8, abs=0.04)


def test_perplexity_by_hand_and_its_ends():
    assert perplexity(np.array([1, 0]), np.array([0.8, 0.4])) == pytest.approx(
        2 ** (-(np.log2(0.8) + np.log2(0.6)) / 2)
    )
    assert perplexity(np.array([1, 0]), np.array([1.0, 0.0])) == 1
    assert perplexity(np.array([1, 0]), np.array([0.0, 0.0])) == np.inf


def test_sums_above():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    got = sum_above(values, np.array([3, 1, 1, 9]), np.array([5, 2, 5, 5]))
    assert got.tolist() == [4, 0, 0, 5]


ROWS = {
    "clicked": np.array([1, 0, 0]),
    "position": np.array([1, 2, 1]),
    "item": np.array([0, 1, 2]),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clicked": np.array([1, 0])}, r"must be \(n_rows,\) each"),
        ({"clicked": np.array([1, 2, 0])}, "clicked: row 1 is neither 0 nor 1"),
        ({"clicked": np.array([1, np.nan, 0])}, "clicked: row 1 is neither 0 nor 1"),
        ({"clicked": np.zeros(3)}, "no click in this log"),
        ({"position": np.array([0, 1, 2])}, "position: row 0 is below 1"),
        ({"position": np.array([1.0, 1.5, 2.0])}, "position must hold whole numbers, not float64"),
        ({"item": np.array([0, -1, 2])}, "item: row 1 is below 0"),
        ({name: np.array([], dtype=int) for name in ROWS}, "the log is empty"),
    ],
)
def test_bad_logs(change, message):
    with pytest.raises(InputError, match=message):
        PositionModel().fit(**ROWS | change)


def test_more_bad_input():
    slates = np.array([4, 4, 5])
    with pytest.raises(InputError, match="slate 4 has two rows at place 1"):
        CascadeModel().fit(**ROWS | {"position": np.array([1, 1, 1])}, impression=slates)
    with pytest.raises(InputError, match="position and impression must have a value for each"):
        CascadeModel().fit(**ROWS, impression=slates[:2])
    with pytest.raises(InputError, match="PositionModel is not fitted yet"):
        PositionModel().predict(np.array([1]), np.array([0]))
    model = PositionModel().fit(**ROWS)
    with pytest.raises(InputError, match="row 1: the log that was fitted never showed this item"):
        model.predict(np.array([1, 1]), np.array([0, 7]))
    with pytest.raises(InputError, match="row 0: the log that was fitted never showed this pos"):
        model.predict(np.array([3]), np.array([0]))
    with pytest.raises(InputError, match=r"probability: row 0 is 1\.5"):
        perplexity(np.array([1]), np.array([1.5]))
    with pytest.raises(InputError, match=r"\(n_rows,\) each"):
        perplexity(np.array([1]), np.array([0.5, 0.5]))
    with pytest.raises(InputError, match="no row is at place 2"):
        examination_by_randomisation(np.ones(3), np.array([1, 3, 1]), np.arange(3))
    with pytest.raises(InputError, match="none at the top"):
        examination_by_randomisation(np.array([0, 1, 0]), ROWS["position"], np.arange(3))
    with pytest.raises(InputError, match="user: row 0 is below 0"):
        examination_by_randomisation(ROWS["clicked"], ROWS["position"], np.array([-1, 0, 1]))
