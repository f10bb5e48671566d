"""Does a split keep what it promises?"""

from collections.abc import Callable

import numpy as np

from mmnotes.data.leakage import PARTS, times
from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError

FEWEST_ROWS = 3  # a user with fewer cannot be in every part
_EARLIER_THAN = {"valid": ("train",), "test": ("train", "valid")}


def check_split(interactions: Interactions, how: str) -> None:
    """Does this split keep what its kind promises? Rows are compared; nobody's word is taken.

    ============== ===============================================================================
    all kinds      No pair comes twice, and there are three parts.
    random         A user of three rows or more is in every part, another only in training.
    leave-last-out The same, with one validation and one test row each, and as ``user-time``.
    user-time      As random, and no row of a user is later than a row of theirs in a later part.
    global-time    Every row is earlier than every row of a later part.
    cold-items     No item is in two parts.
    new-users      No user is in two parts.
    ============== ===============================================================================

    Times that are equal count as no later within a user; across users they do.

    Parameters
    ----------
    interactions : Interactions
        With a split.
    how : str
        What it is said to be; see :func:`~mmnotes.data.splits.split`.

    Raises
    ------
    InputError
        If it breaks a promise: the message says which, names the first row and counts them. If the
        times that the promise speaks of are not known, or ``how`` is none of the above.

    Examples
    --------
    >>> rows = Interactions(
    ...     np.array([0, 0, 0]), np.array([0, 1, 2]), n_users=1, n_items=3,
    ...     order=np.array([2, 1, 0]), split=np.array(["train", "valid", "test"]),
    ... )
    >>> check_split(rows, "random")
    >>> check_split(rows, "user-time")
    Traceback (most recent call last):
    mmnotes.errors.InputError: not user-time: row 0 (train, user 0, item 0) is later than a row of \
the same user in a later part; rows that break this promise: 2
    """
    if how not in PROMISES:
        raise InputError(f"no split is called {how!r}; there are {', '.join(PROMISES)}")
    for name in PARTS:
        interactions.part(name)
    promises: tuple[_Promise, ...] = (_LABELS, _ONCE, *PROMISES[how])
    for what, broken_by in promises:
        rows = np.flatnonzero(broken_by(interactions))
        if len(rows):
            first = rows[0]
            raise InputError(
                f"not {how}: row {first} ({_parts(interactions)[first]}, user "
                f"{interactions.user[first]}, item {interactions.item[first]}) {what}; "
                f"rows that break this promise: {len(rows)}"
            )


_Promise = tuple[str, Callable[[Interactions], np.ndarray]]  # what broken rows are, and which


def _parts(rows: Interactions) -> np.ndarray:
    """The part of each row, (n_rows,) str, once it is known that there is a split."""
    return np.asarray(rows.split)


def _strange_label(rows: Interactions) -> np.ndarray:
    return ~np.isin(_parts(rows), PARTS)


def _repeated(rows: Interactions) -> np.ndarray:
    first = np.unique(rows.user * rows.n_items + rows.item, return_index=True)[1]
    return ~np.isin(np.arange(len(rows)), first)


def _torn_user(rows: Interactions) -> np.ndarray:
    """Rows of users who are not in as many parts as they have rows for."""
    n_rows = np.bincount(rows.user, minlength=rows.n_users)
    there = np.stack([np.bincount(rows.part(p).user, minlength=rows.n_users) > 0 for p in PARTS])
    as_it_should = np.where(n_rows < FEWEST_ROWS, there.sum(0) == there[0], there.all(0))
    return ~as_it_should[rows.user]


def _second_held_out(rows: Interactions) -> np.ndarray:
    """Rows of users who have several rows in validation, or in test."""
    held = [np.bincount(rows.part(part).user, minlength=rows.n_users) for part in PARTS[1:]]
    return (np.maximum(*held) > 1)[rows.user]


def _after_own_later_part(rows: Interactions) -> np.ndarray:
    at, broken, parts = times(rows).astype(float), np.zeros(len(rows), bool), _parts(rows)
    for part, earlier in _EARLIER_THAN.items():
        begins = np.full(rows.n_users, np.inf)
        later = parts == part
        np.minimum.at(begins, rows.user[later], at[later])
        broken |= np.isin(parts, earlier) & (at > begins[rows.user])
    return broken


def _after_later_part(rows: Interactions) -> np.ndarray:
    at, parts = times(rows, across_users=True), _parts(rows)
    broken = np.zeros(len(rows), bool)
    for part, earlier in _EARLIER_THAN.items():
        broken |= np.isin(parts, earlier) & (at >= at[parts == part].min())
    return broken


def _elsewhere(rows: Interactions, column: str) -> np.ndarray:
    """Rows whose item or user is in another part too."""
    ids, broken = getattr(rows, column), np.zeros(len(rows), bool)
    for part in PARTS:
        mine = _parts(rows) == part
        broken |= mine & np.isin(ids, ids[~mine])
    return broken


_LABELS = ("is in no part that is known", _strange_label)
_ONCE = ("repeats a pair", _repeated)
_EACH_USER = (
    "is of a user who is not in every part (with few rows: not only in training)",
    _torn_user,
)
_OWN_TIME = ("is later than a row of the same user in a later part", _after_own_later_part)
_ONE_EACH = ("is of a user with several rows held out in one part", _second_held_out)
_ONE_TIME = ("is not earlier than every row of a later part", _after_later_part)

PROMISES: dict[str, tuple[_Promise, ...]] = {
    "random": (_EACH_USER,),
    "leave-last-out": (_EACH_USER, _ONE_EACH, _OWN_TIME),
    "user-time": (_EACH_USER, _OWN_TIME),
    "global-time": (_ONE_TIME,),
    "cold-items": (("is of an item in another part", lambda rows: _elsewhere(rows, "item")),),
    "new-users": (("is of a user in another part", lambda rows: _elsewhere(rows, "user")),),
}
