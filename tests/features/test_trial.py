import numpy as np
import pytest

from mmnotes.data import MarketConfig, simulate
from mmnotes.errors import InputError
from mmnotes.features import FeatureBlock, impression_rows, known_and_new, user_profiles
from mmnotes.features.trial import PERIODS

CONFIG = MarketConfig(n_users=100, n_items=300, n_days=20, slate_size=10)


@pytest.fixture(scope="module")
def market():
    return simulate(CONFIG)


@pytest.fixture(scope="module")
def log(market):
    return market.impressions


@pytest.fixture(scope="module")
def blocks(market):
    everywhere = np.ones(CONFIG.n_items, bool)
    return {
        name: FeatureBlock(market.traits[name].astype(np.float32), everywhere)
        for name in ("text", "image")
    }


@pytest.fixture(scope="module")
def trial(log, blocks):
    return known_and_new(log, blocks, CONFIG.n_users)


def rows_of(log):
    """Each row's slate and slot, which name it in the whole log."""
    return set(zip(log.impression.tolist(), log.position.tolist(), strict=True))


def test_no_click_is_in_two_parts(log, trial):
    parts = [rows_of(part.log) for part in (trial.train, trial.known, trial.new)]
    assert len(set.union(*parts)) == sum(map(len, parts))
    assert set.union(*parts) < rows_of(log)


def test_the_past_trains_and_the_future_tests(log, trial):
    n = len(log)
    history_ends = trial.train.log.day.min()
    assert (log.day < history_ends).sum() / n == pytest.approx(PERIODS["history"], abs=0.05)
    test_begins = trial.known.log.day.min()
    assert trial.train.log.day.max() < test_begins == trial.new.log.day.min()
    tested = len(trial.known.y) + len(trial.new.y)
    assert tested == (log.day >= test_begins).sum()
    assert tested / n == pytest.approx(PERIODS["test"], abs=0.05)


def test_no_item_held_out_is_met_in_training(log, trial):
    met, new = set(trial.train.log.item), set(trial.new.log.item)
    assert not met & new
    assert set(trial.known.log.item) <= met
    # Of the days of training, only rows on items held out are left away.
    days = np.isin(log.day, trial.train.log.day)
    left_away = rows_of(log.where(days)) - rows_of(trial.train.log)
    held_out = log.where(days & ~np.isin(log.item, sorted(met)))
    assert left_away == rows_of(held_out)


def test_known_and_new_share_their_slates(trial):
    known, new = set(trial.known.groups), set(trial.new.groups)
    assert len(known & new) > 0.9 * len(known | new)
    assert set(trial.tests) == {"known", "new"}
    assert trial.tests["new"] is trial.new


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_share_of_new_items(log, blocks, share):
    trial = known_and_new(log, blocks, CONFIG.n_users, new_share=share)
    known, new = len(set(trial.known.log.item)), len(set(trial.new.log.item))
    assert new / (known + new) == pytest.approx(share, abs=0.07)


def test_profiles_come_from_the_history_alone(log, blocks, trial):
    history = log.where(log.day < trial.train.log.day.min())
    profiles = {name: user_profiles(b, history, CONFIG.n_users) for name, b in blocks.items()}
    for sample in (trial.train, trial.known, trial.new):
        np.testing.assert_array_equal(sample.X, impression_rows(blocks, sample.log, profiles).X)


def test_later_clicks_do_not_change_what_rankers_see(log, blocks, trial):
    later = log.day >= trial.train.log.day.min()
    other = type(log)(**{**vars(log), "clicked": np.where(later, ~log.clicked, log.clicked)})
    changed = known_and_new(other, blocks, CONFIG.n_users)
    for one, two in zip(vars(trial).values(), vars(changed).values(), strict=True):
        if hasattr(one, "X"):
            np.testing.assert_array_equal(one.X, two.X)
            np.testing.assert_array_equal(one.y, ~two.y)


def test_layout_and_context(blocks, trial):
    assert list(trial.layout) == list(blocks)
    text = trial.layout["text"]
    item = trial.new.log.item[7]
    np.testing.assert_array_equal(trial.new.X[7, text.values][:-1], blocks["text"].values[item])
    assert (trial.train.X[:, text.present] == 1).all()
    assert (trial.train.X[:, trial.context].sum(axis=1) == 1).all()


def test_the_seed_decides_which_items_are_held_out(log, blocks, trial):
    again = known_and_new(log, blocks, CONFIG.n_users)
    other = known_and_new(log, blocks, CONFIG.n_users, random_state=1)
    assert set(again.new.log.item) == set(trial.new.log.item)
    assert set(other.new.log.item) != set(trial.new.log.item)


@pytest.mark.parametrize("share", [0, 1, -0.2, 1.5, float("nan")])
def test_share_out_of_range(log, blocks, share):
    with pytest.raises(InputError, match=f"new_share must lie between 0 and 1, not {share}"):
        known_and_new(log, blocks, CONFIG.n_users, new_share=share)


def test_too_few_days(blocks):
    short = simulate(MarketConfig(n_users=20, n_items=300, n_days=2)).impressions
    with pytest.raises(InputError, match="too few days for a period"):
        known_and_new(short, blocks, 20)


def test_no_features(log):
    with pytest.raises(InputError, match="give the features of at least one modality"):
        known_and_new(log, {}, CONFIG.n_users)


def test_features_of_too_few_items_or_users(log, blocks):
    few = {name: FeatureBlock(b.values[:9], b.present[:9]) for name, b in blocks.items()}
    with pytest.raises(InputError, match="item ids run from"):
        known_and_new(log, few, CONFIG.n_users)
    with pytest.raises(InputError, match="user ids run from"):
        known_and_new(log, blocks, 3)
