"""What each split promises, proved row by row and not by its own check."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmnotes.data import Interactions, split
from mmnotes.errors import InputError

WITHIN = ("random", "user-time", "leave-last-out")
ALL = (*WITHIN, "global-time", "cold-items", "new-users")


def rows_of(interactions, part):
    return np.flatnonzero(interactions.split == part)


@pytest.mark.parametrize("how", ALL)
def test_rows_stay_where_they_are_and_get_one_part_each(how, history):
    rows = history(least=5)
    cut = split(rows, how)
    assert cut.how == how
    for name in ("user", "item", "timestamp"):
        np.testing.assert_array_equal(getattr(cut.interactions, name), getattr(rows, name))
    assert set(cut.interactions.split) == {"train", "valid", "test"}
    assert [cut.report[part] for part in ("train", "valid", "test")] == [
        len(rows_of(cut.interactions, part)) for part in ("train", "valid", "test")
    ]
    assert rows.split is None


@pytest.mark.parametrize("how", ALL)
def test_the_state_decides_and_nothing_else(how, history):
    rows = history(least=5)
    one, same, other = (split(rows, how, random_state=s).interactions.split for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert how == "global-time" or (one != other).any()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), how=st.sampled_from(WITHIN))
def test_within_users_there_are_as_many_rows_as_published(seed, how, history):
    cut = split(history(seed), how, random_state=seed).interactions
    for user in range(cut.n_users):
        parts = cut.split[cut.user == user].tolist()
        n = len(parts)
        wanted = (1, 1) if how == "leave-last-out" else (max(1, n // 10), max(1, (n + 5) // 10))
        wanted = wanted if n >= 3 else (0, 0)
        assert (parts.count("valid"), parts.count("test")) == wanted


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), how=st.sampled_from(("user-time", "leave-last-out")))
def test_no_user_learns_from_their_own_future(seed, how, history):
    cut = split(history(seed), how).interactions
    for user in range(cut.n_users):
        at = {p: cut.timestamp[(cut.user == user) & (cut.split == p)] for p in set(cut.split)}
        if at["test"].size:
            assert at["train"].max() <= at["valid"].min()
            assert at["valid"].max() <= at["test"].min()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_instants=st.integers(5, 200))
def test_one_time_for_all(seed, n_instants, history):
    rows = history(seed, n_instants=n_instants)
    fractions = (0.6, 0.2, 0.2)
    try:
        cut = split(rows, "global-time", fractions=fractions).interactions
    except InputError as error:  # one busy instant held a whole part
        assume("leaves nothing" not in str(error))
        raise
    ends = [cut.timestamp[cut.split == part] for part in ("train", "valid", "test")]
    assert ends[0].max() < ends[1].min()
    assert ends[1].max() < ends[2].min()
    busiest = np.bincount(rows.timestamp).max()
    assert abs(len(ends[0]) - 0.6 * len(rows)) <= busiest


@pytest.mark.parametrize(("how", "column"), [("cold-items", "item"), ("new-users", "user")])
def test_items_or_users_are_dealt_out(how, column, history):
    cut = split(history(), how, fractions=(0.5, 0.2, 0.3)).interactions
    ids = {part: set(getattr(cut, column)[rows_of(cut, part)]) for part in set(cut.split)}
    assert not ids["train"] & ids["test"]
    assert not ids["train"] & ids["valid"]
    assert not ids["valid"] & ids["test"]
    there = len(np.unique(getattr(cut, column)))
    for part, share in (("train", 0.5), ("valid", 0.2), ("test", 0.3)):
        assert abs(len(ids[part]) - share * there) <= 1


def test_ids_that_do_not_occur_are_not_dealt_out(history):
    rows = history()
    wide = Interactions(10 * rows.user, 10 * rows.item, 1000, 1000, timestamp=rows.timestamp)
    for how in ("cold-items", "new-users"):
        np.testing.assert_array_equal(
            split(wide, how).interactions.split, split(rows, how).interactions.split
        )


def test_an_order_within_users_serves_where_there_is_no_time(history):
    rows = history(least=5)
    order = np.lexsort((np.arange(len(rows)), rows.user))
    place = np.empty(len(rows), int)
    place[order] = np.arange(len(rows)) - np.searchsorted(rows.user[order], rows.user[order])
    ordered = replace(rows, timestamp=None, order=place)
    cut = split(ordered, "leave-last-out").interactions
    n = np.bincount(rows.user)[rows.user]
    np.testing.assert_array_equal(cut.split == "test", place == n - 1)
    np.testing.assert_array_equal(cut.split == "valid", place == n - 2)
    with pytest.raises(InputError, match="no timestamp: an order within each user says nothing"):
        split(ordered, "global-time")


def test_of_equal_times_the_order_decides_and_else_chance():
    user, item = np.zeros(10, int), np.arange(10)
    rows = Interactions(user, item, 1, 10, timestamp=np.full(10, 7.0))
    tests = {tuple(split(rows, "user-time", random_state=s).interactions.split) for s in range(20)}
    assert len(tests) > 5  # not the order of the file
    by_order = split(replace(rows, order=item[::-1]), "user-time").interactions
    assert rows_of(by_order, "test").tolist() == [0]


def test_what_is_left_untestable():
    rows = Interactions(
        np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 1, 2, 0, 3, 0, 1]), n_users=5, n_items=6,
        timestamp=np.array([1, 2, 3, 2, 9, 8, 9]),
    )  # fmt: skip
    cut = split(rows, "global-time", fractions=(0.4, 0.15, 0.45))
    assert cut.interactions.split.tolist() == [*["train"] * 2, "valid", "train", *["test"] * 3]
    assert cut.report == {
        "train": 3,
        "valid": 1,
        "test": 3,
        "users_without_test_row": 1,  # users 3 and 4 have no row at all
        "test_users": 2,
        "test_users_without_training_row": 1,
        "test_items": 3,
        "test_items_without_training_row": 1,
        "test_rows_of_unknown_user_or_item": 3,
        "test_rows_at_an_instant_of_training": 0,
    }


def test_rows_at_an_instant_of_training_are_counted():
    rows = Interactions(np.zeros(3, int), np.arange(3), 1, 3, timestamp=np.array([5, 5, 5]))
    assert split(rows, "user-time").report["test_rows_at_an_instant_of_training"] == 1
    known = replace(rows, order=np.arange(3))
    assert split(known, "user-time").report["test_rows_at_an_instant_of_training"] == 1
    unknown = replace(rows, timestamp=None)
    assert "test_rows_at_an_instant_of_training" not in split(unknown, "random").report


@pytest.mark.parametrize("fractions", [(0.02, 0.49, 0.49), (0.01, 0.01, 0.98), (0.1, 0.8, 0.1)])
def test_whatever_the_fractions_a_user_is_in_every_part(fractions, history):
    cut = split(history(), "random", fractions=fractions).interactions
    for user in range(30):
        parts = cut.split[cut.user == user]
        assert set(parts) == ({"train", "valid", "test"} if len(parts) >= 3 else {"train"})


@pytest.mark.parametrize(
    ("how", "changes", "options", "said"),
    [
        ("by-moon", {}, {}, "no split is called 'by-moon'; there are random, leave-last-out"),
        ("random", {}, {"fractions": (0.8, 0.2)}, r"positive and sum to one, not \(0.8, 0.2\)"),
        ("random", {}, {"fractions": (0.8, 0.3, 0.1)}, "positive and sum to one"),
        ("random", {}, {"fractions": (0.9, 0.1, 0.0)}, "positive and sum to one"),
        ("user-time", {"timestamp": None}, {}, "no timestamp, and no order within a user"),
        ("user-time", {"timestamp": np.array([1, np.nan, 3, 4.0])}, {}, "timestamp of row 1 is"),
        ("global-time", {"timestamp": np.array([1, np.inf, 3, 4])}, {}, "timestamp of row 1 is"),
        ("global-time", {"timestamp": np.array(["a"] * 4)}, {}, "timestamp of row 0 is"),
        ("global-time", {"timestamp": np.full(4, 3)}, {}, "global-time leaves nothing for valid"),
        ("cold-items", {"item": np.zeros(4, int), "user": np.arange(4)}, {}, "leaves nothing for"),
        ("random", {"user": np.array([0, 0, 1, 1])}, {}, "random leaves nothing for valid, test"),
        ("random", {"item": np.array([0, 1, 1, 2])}, {}, "row 2 .* repeats a pair"),
    ],
)
def test_what_cannot_be_split(how, changes, options, said):
    rows = Interactions(np.zeros(4, int), np.arange(4), 4, 4, timestamp=np.arange(4))
    with pytest.raises(InputError, match=said):
        split(replace(rows, **changes), how, **options)


def test_an_empty_log():
    with pytest.raises(InputError, match="no interaction to split"):
        split(Interactions(np.empty(0, int), np.empty(0, int), 1, 1), "random")


def test_amazon_baby_comes_out_as_published(baby):
    report = split(baby.interactions, "random").report
    assert [report[part] for part in ("train", "valid", "test")] == [118_551, 20_559, 21_682]
    ours = split(baby.interactions, "random").interactions.split
    for part in ("valid", "test"):  # other rows of each user, but as many
        published = np.bincount(baby.interactions.user[baby.interactions.split == part])
        np.testing.assert_array_equal(np.bincount(baby.interactions.user[ours == part]), published)
