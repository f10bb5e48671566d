"""The check finds what breaks a promise, in splits that no splitter made."""

from dataclasses import replace

import numpy as np
import pytest

from mmnotes.data import Interactions, check_split, split
from mmnotes.errors import InputError

ALL = ("random", "user-time", "leave-last-out", "global-time", "cold-items", "new-users")
GOOD = Interactions(
    user=np.array([0, 0, 0, 0, 1, 1, 1, 2]),
    item=np.array([0, 1, 2, 3, 0, 2, 3, 1]),
    n_users=3,
    n_items=4,
    timestamp=np.array([1, 2, 5, 7, 3, 5, 8, 4]),
    split=np.array(["train", "train", "valid", "test", "train", "valid", "test", "train"]),
)


def parts(*names):
    return {"split": np.array(names)}


@pytest.mark.parametrize("how", ALL[:-1])
def test_a_split_made_by_hand_passes(how):
    check_split(GOOD, how)


@pytest.mark.parametrize(
    ("how", "changes", "said"),
    [
        ("random", {"item": np.array([0, 0, 2, 3, 0, 2, 3, 1])}, r"row 1 .*repeats a.*: 1$"),
        (
            "random",
            parts("train", "train", "valid", "test", "train", "valid", "valid", "train"),
            r"row 4 \(train, user 1, item 0\) is of a user who is not.*: 3$",
        ),
        (
            "random",
            parts("train", "train", "valid", "test", "train", "valid", "test", "test"),
            r"row 7 \(test, user 2, item 1\) is of a user who is not in every part",
        ),
        (
            "random",
            parts("train", "train", "valid", "test", "train", "valid", "test", "later"),
            r"row 7 \(later, user 2, item 1\) is in no part that is known",
        ),
        ("user-time", {"timestamp": np.array([6, 2, 5, 7, 3, 5, 8, 4])}, r"row 0 \(tra.*: 1$"),
        ("user-time", {"timestamp": np.array([1, 2, 8, 7, 3, 5, 8, 4])}, r"row 2 \(val.*: 1$"),
        (
            "user-time",
            {"timestamp": None, "order": np.array([0, 1, 2, 3, 2, 1, 0, 0])},
            r"row 4 \(train, user 1, item 0\) is later than a row of.*: 2$",
        ),
        (
            "leave-last-out",
            parts("train", "valid", "valid", "test", "train", "valid", "test", "train"),
            r"row 0 .* is of a user with several rows held out.*: 4$",
        ),
        ("global-time", {"timestamp": np.array([1, 2, 5, 7, 5, 5, 8, 4])}, r"row 4 .* not earlier"),
        ("global-time", {"timestamp": np.array([1, 2, 7, 7, 3, 5, 8, 4])}, r"row 2 .* not earlier"),
        (
            "cold-items",
            {"item": np.array([0, 1, 2, 3, 0, 1, 3, 2])},
            r"row 1 .* of an item.*: 4$",
        ),
        ("new-users", {}, r"row 0 .* is of a user in another part.*: 7$"),
    ],
)
def test_a_broken_promise_is_named(how, changes, said):
    with pytest.raises(InputError, match=f"(?s)not {how}: .*{said}"):
        check_split(replace(GOOD, **changes), how)


def test_equal_times_are_no_later_within_a_user_and_are_across():
    tied = replace(GOOD, timestamp=np.array([1, 5, 5, 7, 3, 5, 8, 4]))
    check_split(tied, "user-time")
    with pytest.raises(InputError, match=r"row 1 .* is not earlier than every row of a later part"):
        check_split(tied, "global-time")


@pytest.mark.parametrize("how", ALL)
def test_one_row_moved_breaks_every_split_but_a_random_one(how, history):
    """Every kind notices when a training and a test row change places."""
    cut = split(history(least=5), how).interactions
    train, test = (cut.split == part for part in ("train", "test"))
    moved = cut.split.copy()
    early = np.flatnonzero(train)[cut.timestamp[train].argmin()]
    own = test & (cut.user == cut.user[early]) if how in ALL[:3] else test
    late = np.flatnonzero(own)[cut.timestamp[own].argmax()]
    assert cut.timestamp[late] > cut.timestamp[early]
    moved[[early, late]] = moved[[late, early]]
    swapped = replace(cut, split=moved)
    if how == "random":
        check_split(swapped, how)
    else:
        with pytest.raises(InputError, match=f"not {how}"):
            check_split(swapped, how)


def test_what_cannot_be_checked():
    with pytest.raises(InputError, match="no split is called 'k-fold'; there are random, "):
        check_split(GOOD, "k-fold")
    with pytest.raises(InputError, match="have no split"):
        check_split(replace(GOOD, split=None), "random")
    with pytest.raises(InputError, match="no interaction is in part 'valid'"):
        check_split(replace(GOOD, split=np.repeat(["train", "test"], 4)), "random")
    with pytest.raises(InputError, match="no timestamp: an order within each user says nothing"):
        check_split(replace(GOOD, timestamp=None, order=np.arange(8)), "global-time")
