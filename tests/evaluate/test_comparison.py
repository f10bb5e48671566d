"""Does a verdict stand on its interval, and is it wrong as seldom as it says?"""

import numpy as np
import pandas as pd
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import (
    PerUser,
    benjamini_hochberg,
    compare,
    holm,
    mean_interval,
    paired_interval,
    randomization_test,
    slice_differences,
)
from mmnotes.report.tables import grid

N_USERS = 60


def rankers(rng, gains, n_seeds=1, seed_spread=0.0):
    """Values by seed of a baseline "old" and of rankers with these true gains over it."""
    ease = rng.random(N_USERS)

    def trained(gain):
        return [
            ease + gain + seed_spread * rng.normal() + rng.normal(0, 0.2, N_USERS)
            for _ in range(n_seeds)
        ]

    return {"old": trained(0)} | {f"new {i}": trained(gain) for i, gain in enumerate(gains)}


def verdicts(gains, n_worlds, n_resamples=300, **world):
    frames = [
        compare(
            rankers(np.random.default_rng(number), gains, **world), "old", n_resamples=n_resamples
        )
        for number in range(n_worlds)
    ]
    return pd.DataFrame([frame["verdict"].drop("old") for frame in frames]), frames


@pytest.mark.parametrize("world", [{}, {"n_seeds": 5, "seed_spread": 0.1}])
def test_one_table_in_twenty_is_wrong_where_nothing_differs(world):
    words, _ = verdicts([0, 0, 0], 120, **world)
    assert (words != "no difference seen").any(axis=1).mean() <= 0.09  # 0.05 and two errors


def test_sign_flips_alone_would_mistake_seeds_for_a_gain():
    """Sign flips over users alone see these five trained models differ, and rightly so."""
    wrong = 0
    for number in range(40):
        results = rankers(np.random.default_rng(number), [0], n_seeds=5, seed_spread=0.1)
        wrong += randomization_test(results["new 0"], results["old"], 199) < 0.05
    assert wrong / 40 > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("world", [{}, {"n_seeds": 5, "seed_spread": 0.1}])
def test_what_is_detectable_is_detected(world):
    _, frames = verdicts([0, 0], 50, **world)
    least = np.sqrt(
        np.mean([frame["smallest detectable gain"].drop("old") ** 2 for frame in frames])
    )
    words, _ = verdicts([least, 0], 150, n_resamples=1000, **world)
    assert (words["new 0"] == "better").mean() == pytest.approx(0.8, abs=0.08)


def test_a_verdict_has_an_interval_clear_of_zero():
    _, frames = verdicts([0.05, -0.05, 0.08], 40)
    said = set()
    for frame in frames:
        for row in frame.drop("old").itertuples():
            gain, word = row[2], row.verdict
            said.add(word)
            assert word != "better" or gain.low > 0
            assert word != "worse" or gain.high < 0
    assert said == {"better", "worse", "no difference seen"}


def test_few_users_who_differ_are_not_enough():
    """The interval alone would call it: no resample of users is likely to miss all four."""
    old = np.random.default_rng(0).random(5000)
    new = old + np.repeat([0.5, 0], [4, 4996])
    assert paired_interval([new], [old]).low > 0
    frame = compare({"old": [old], "new": [new]}, "old")
    assert frame.loc["new", "p (Holm)"] == 2 / 2**4
    assert frame.loc["new", "verdict"] == "no difference seen"


def test_the_rows_hold_what_the_parts_say():
    results = rankers(np.random.default_rng(0), [0.05, 0.1], n_seeds=3)
    results["chance"] = [np.full(N_USERS, 0.25)] * 3
    frame = compare(results, "old", chance="chance", level=0.9, n_resamples=2000)
    assert frame.index.tolist() == ["chance", "old", "new 0", "new 1"]
    for name, row in frame.iterrows():
        assert row["mean"].value == pytest.approx(mean_interval(results[name]).value)
        assert row["users"] == N_USERS
        if name != "old":
            gain = paired_interval(results[name], results["old"], level=0.9)
            got = row["gain over baseline"]
            assert (got.value, got.level, got.n_seeds) == (pytest.approx(gain.value), 0.9, 3)
            assert (got.low, got.high) == pytest.approx((gain.low, gain.high))
    assert frame.loc["old", "verdict"] == "baseline"
    assert frame.loc["chance", "verdict"] == "worse"
    assert frame.loc["old", ["gain over baseline", "p (Holm)"]].isna().all()


def test_it_fits_a_page():
    results = rankers(np.random.default_rng(0), [0.2, 0.0])
    results["twin"] = results["old"]
    shown = grid(compare(results, "old"), baselines=["old"], digits={"p (Holm)": 4})
    assert len(shown.header) == 7
    twin = [cell.value for cell in shown.rows[-1]]
    assert twin[3:] == ["1.0000", "–", "60", "no difference seen"]


def test_deterministic():
    results = rankers(np.random.default_rng(0), [0.05])
    one, other = (compare(results, "old", random_state=0) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({}, {"baseline": "odl"}, "there is no 'odl' among the results"),
        ({}, {"chance": "luck"}, "there is no 'luck' among the results"),
        ({}, {"chance": "old"}, "cannot be both"),
        ({"new": [np.ones(4)]}, {}, "'new': seed number 0: a and b are not over the same users"),
        ({"new": [np.ones(3)] * 2}, {}, "'new': a has 2 seeds and b has 1"),
        ({"new": [np.array([1, 2, np.nan])]}, {}, "'new': .* user number 2 is nan"),
        ({}, {"level": 95}, "level between 0 and 1, not 95"),
        ({}, {"power": 0.01}, "power between alpha and 1"),
    ],
)
def test_bad_comparisons(change, settings, message):
    results = {"old": [np.arange(3.0)], "new": [np.array([0.0, 2.0, 1.0])]} | change
    with pytest.raises(InputError, match=message):
        compare(results, **{"baseline": "old"} | settings)


def test_nothing_to_compare():
    with pytest.raises(InputError, match="nothing to compare with 'old'"):
        compare({"old": [np.ones(3)]}, "old")


def test_a_slice_is_the_comparison_of_its_users():
    rng = np.random.default_rng(0)
    users = np.sort(rng.choice(900, 80, replace=False))
    a, b = ([PerUser(users, rng.random(80)) for _ in range(3)] for _ in range(2))
    slices = {"low ids": users < 300, "even": users % 2 == 0, "all": users >= 0}
    frame = slice_differences(a, b, slices, n_resamples=500)
    assert frame.index.tolist() == list(slices)
    for name, inside in slices.items():
        parts = [[PerUser(users[inside], one.values[inside]) for one in side] for side in (a, b)]
        gain = paired_interval(*parts, n_resamples=500)
        row = frame.loc[name]
        assert row["difference"].value == pytest.approx(gain.value)
        assert (row["difference"].low, row["difference"].high) == pytest.approx(
            (gain.low, gain.high)
        )
        assert row["users"] == inside.sum()
        assert row["p"] >= randomization_test(*parts, n_resamples=500)
    np.testing.assert_array_equal(frame["p_holm"], holm(frame["p"]))
    np.testing.assert_array_equal(frame["p_bh"], benjamini_hochberg(frame["p"]))


def test_among_twenty_slices_without_effect_the_best_looks_like_one():
    looked = corrected = 0
    places = np.arange(1000) % 20
    slices = {str(i): places == i for i in range(20)}
    for number in range(40):
        a, b = np.random.default_rng(number).normal(size=(2, 1000))
        frame = slice_differences(a, b, slices, n_resamples=300)
        looked += frame["p"].min() < 0.05
        corrected += frame["p_holm"].min() < 0.05
    assert looked / 40 > 0.4  # 0.64 of independent tests, less where two p-values must agree
    assert corrected / 40 <= 0.12


def test_a_slice_with_an_effect_is_found():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1000))
    new = np.arange(1000) < 200
    frame = slice_differences(a + new, b, {"new": new, "old": ~new})
    assert frame.loc["new", "p_holm"] < 0.001
    assert frame.loc["old", "p_holm"] > 0.05


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        ({}, "give at least one name"),
        ({"short": np.ones(3, bool)}, r"'short': a mask of 4 rows must be .* bool of shape \(3,\)"),
        ({"ids": np.array([0, 2, 3, 4])}, r"'ids': a mask of 4 rows .* not int"),
        ({"one": np.arange(4) == 2}, "'one': 1 users are left"),
    ],
)
def test_bad_slices(slices, message):
    with pytest.raises(InputError, match=message):
        slice_differences(np.arange(4.0), np.ones(4), slices)


def test_a_slice_without_users_in_a_seed():
    a = [PerUser(np.arange(3), np.ones(3)), PerUser(np.arange(3, 6), np.ones(3))]
    with pytest.raises(InputError, match=r"'first': .* one in every seed"):
        slice_differences(a, a, {"first": np.arange(6) < 3})
