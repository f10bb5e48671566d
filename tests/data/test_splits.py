from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from mmnotes.data import Impressions, by_day
from mmnotes.errors import InputError


def log(days, size=2):
    """One slate of ``size`` rows for each day given."""
    n = len(days)
    rng = np.random.default_rng(0)
    return Impressions(
        impression=np.repeat(rng.permutation(n), size),
        user=np.repeat(rng.integers(0, 5, n), size),
        item=np.arange(n * size),
        position=np.tile(np.arange(1, size + 1), n),
        clicked=rng.random(n * size) < 0.3,
        day=np.repeat(np.array(days, int), size),
        device=np.zeros(n * size, int),
    )


@settings(max_examples=150, deadline=None)
@given(
    days=st.lists(st.integers(-5, 40), min_size=1, max_size=60),
    weights=st.lists(st.floats(0.05, 1), min_size=1, max_size=5),
)
def test_periods_share_no_day_and_keep_every_row_in_order(days, weights):
    rows = log(days)
    fractions = {f"p{i}": weight / sum(weights) for i, weight in enumerate(weights)}
    try:
        parts = by_day(rows, fractions)
    except InputError:  # a period without a day; see below
        reject()
    assert list(parts) == list(fractions)
    spans = [(part.day.min(), part.day.max()) for part in parts.values()]
    assert all(one[1] < next_one[0] for one, next_one in pairwise(spans))
    kept = np.concatenate([part.item for part in parts.values()])
    assert sorted(kept) == rows.item.tolist()
    for part in parts.values():
        assert (np.diff(part.item) > 0).all()
        for name in ("impression", "user", "clicked", "day", "position"):
            np.testing.assert_array_equal(getattr(part, name), getattr(rows, name)[part.item])


@settings(max_examples=60, deadline=None)
@given(weights=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_many_even_days_are_cut_where_told(weights):
    rows = log(np.arange(1000), size=1)
    fractions = {f"p{i}": weight / sum(weights) for i, weight in enumerate(weights)}
    for name, part in by_day(rows, fractions).items():
        assert len(part) / 1000 == pytest.approx(fractions[name], abs=0.003)


def test_busy_days_are_not_torn_apart():
    parts = by_day(log([0, 1, 1, 1, 1, 1, 1, 1, 2, 3]), {"train": 0.5, "test": 0.5})
    assert set(parts["train"].day) == {0, 1}
    assert set(parts["test"].day) == {2, 3}


def test_fractions_whose_sum_rounds_to_more_than_one():
    fractions = {"a": 0.2, "b": 0.4, "c": 0.3, "d": 0.1}
    assert np.cumsum(list(fractions.values()))[-1] > 1
    parts = by_day(log(range(10)), fractions)
    assert [part.n_impressions for part in parts.values()] == [2, 4, 3, 1]


def test_one_period_is_the_log():
    rows = log([3, 1, 2])
    np.testing.assert_array_equal(by_day(rows, {"all": 1.0})["all"].item, rows.item)


@pytest.mark.parametrize(
    "fractions",
    [
        {},
        {"a": 0.5, "b": 0.4},
        {"a": 0.7, "b": 0.4},
        {"a": 0.0, "b": 1.0},
        {"a": -0.5, "b": 1.5},
        {"a": float("nan"), "b": 1.0},
    ],
)
def test_fractions_of_no_whole(fractions):
    with pytest.raises(InputError, match=r"fractions must be positive and sum to one, not \{"):
        by_day(log(range(10)), fractions)


def test_too_few_days():
    with pytest.raises(InputError, match="too few days for a period 'b'; use longer ones"):
        by_day(log([0, 0, 0, 1]), {"a": 0.3, "b": 0.3, "c": 0.4})


def test_empty_log():
    with pytest.raises(InputError, match="the log is empty"):
        by_day(log([]), {"a": 1.0})
