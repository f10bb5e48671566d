import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data import Interactions, burst, future_share, rising_runs, split
from mmnotes.errors import InputError


def by_definition(rows, same):
    """The shares, row against row; ``same`` says which training rows a test row looks at."""
    train = [i for i in range(len(rows)) if rows.split[i] == "train"]
    shares = []
    for i in np.flatnonzero(rows.split == "test"):
        looked = [rows.timestamp[j] > rows.timestamp[i] for j in train if same(i, j)]
        shares.append(np.mean(looked) if looked else np.nan)
    return shares


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), how=st.sampled_from(["random", "user-time", "cold-items"]))
def test_the_definition(seed, how, history):
    rows = split(history(seed, n_users=8, n_items=16, least=3), how, random_state=seed).interactions
    found = future_share(rows)
    assert list(found) == ["all", "user", "item"]
    np.testing.assert_allclose(found["all"], by_definition(rows, lambda i, j: True))
    for name in ("user", "item"):
        ids = getattr(rows, name)
        wanted = by_definition(rows, lambda i, j, ids=ids: ids[i] == ids[j])
        np.testing.assert_allclose(found[name], wanted)


def test_what_each_split_lets_through(history):
    rows = history(1, n_users=200, n_items=200, n_instants=1000)
    share = {
        how: {name: np.nanmean(values) for name, values in future_share(cut).items()}
        for how in ("random", "user-time", "global-time")
        for cut in [split(rows, how).interactions]
    }
    assert share["random"]["all"] == pytest.approx(0.5, abs=0.05)
    assert share["random"]["user"] == pytest.approx(0.5, abs=0.05)
    assert share["user-time"]["user"] == 0
    assert 0 < share["user-time"]["all"] < share["random"]["all"]
    assert set(share["global-time"].values()) == {0}


def test_an_order_speaks_of_users_alone(history):
    rows = split(history(), "random").interactions
    ordered = replace(rows, timestamp=None, order=rows.timestamp)
    found = future_share(ordered)
    assert list(found) == ["user"]
    np.testing.assert_array_equal(found["user"], future_share(rows)["user"])


def test_without_a_time(history):
    rows = split(history(), "random").interactions
    with pytest.raises(InputError, match="no timestamp, and no order within a user"):
        future_share(replace(rows, timestamp=None))
    bare = Interactions(np.array([0]), np.array([0]), 1, 1)
    with pytest.raises(InputError, match="have no split"):
        future_share(bare)


def test_rising_runs_row_by_row(history):
    rows = history(3, n_instants=1000)
    run = rising_runs(rows)
    for user in range(rows.n_users):
        mine = np.flatnonzero(rows.user == user)
        mine = mine[np.argsort(rows.timestamp[mine], kind="stable")]
        for one, following in itertools.pairwise(mine):
            rises = rows.item[following] > rows.item[one]
            assert run[following] - run[one] == (0 if rises else 1)
    assert not set(run[rows.user == 0]) & set(run[rows.user != 0])
    assert sorted(set(run)) == list(range(run.max() + 1))


def test_days_sorted_by_item_are_found_as_runs():
    """Two days of three rows each, told apart by nothing but the order of the items."""
    rows = Interactions(np.zeros(6, int), np.array([2, 5, 8, 1, 6, 9]), 1, 10, order=np.arange(6))
    assert rising_runs(rows).tolist() == [0, 0, 0, 1, 1, 1]
    tied = replace(rows, order=rising_runs(rows))
    tests = {split(tied, "user-time", random_state=s).interactions.part("test").item[0]
             for s in range(30)}  # fmt: skip
    assert tests == {1, 6, 9}


def test_the_busiest_days_of_the_most_taken_item():
    rng = np.random.default_rng(0)
    day = rng.integers(0, 1000, 60)
    rows = Interactions(
        np.arange(70), np.repeat([1, 0], [60, 10]), 70, 3,
        timestamp=86_400 * np.concatenate([day, np.zeros(10, int)]),
    )  # fmt: skip
    windows = [np.count_nonzero((day >= start) & (day <= start + 90)) for start in range(1000)]
    assert burst(rows) == max(windows) / 60
    with pytest.raises(InputError, match="no timestamp"):
        burst(replace(rows, timestamp=None))
    with pytest.raises(InputError, match="no interaction"):
        burst(rows.where(np.zeros(70, bool)))
