"""Does a model learn from what had not happened yet, and what can a split not test?"""

from typing import Any

import numpy as np

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError

PARTS = ("train", "valid", "test")


def times(interactions: Interactions, across_users: bool = False) -> np.ndarray:
    """When was each row, as far as these interactions know? Comparable within a user, (n_rows,).

    Timestamps if there are any, else the places in each user's history.

    Parameters
    ----------
    interactions : Interactions
    across_users : bool
        Whether one user's times are to be compared with another's: only timestamps can be.

    Raises
    ------
    InputError
        If there is neither, or none that serves, or one of them is no finite number.
    """
    known, name = interactions.timestamp, "timestamp"
    if known is None and not across_users:
        known, name = interactions.order, "order"
    if known is None:
        without = "timestamp" if across_users else "timestamp, and no order within a user"
        why = ": an order within each user says nothing across users" if across_users else ""
        raise InputError(f"these interactions have no {without}{why}")
    known = np.asarray(known)
    unknown = np.flatnonzero(~np.isfinite(known)) if known.dtype.kind in "iuf" else [0]
    if len(unknown):
        raise InputError(
            f"interactions: {name} of row {unknown[0]} is {known[unknown[0]]!r}: it must be a "
            "finite number; leave such rows out first"
        )
    return known


def untestable(interactions: Interactions) -> dict[str, int]:
    """What does a split leave that nobody can learn from or be tested on? Counts.

    Parameters
    ----------
    interactions : Interactions
        With a split.

    Returns
    -------
    dict of int
        Rows of each part; then the users without a test row, and, of the test part: its users and
        those without a training row, its items and those without a training row, the rows whose
        user or item has none, and the rows that share their instant with a training row of the same
        user (where times are known), so that which came first is not.
    """
    train, test = interactions.part("train"), interactions.part("test")
    users, items = np.unique(test.user), np.unique(test.item)
    strange_user = ~np.isin(test.user, train.user)
    strange_item = ~np.isin(test.item, train.item)
    counts: dict[str, Any] = {name: len(interactions.part(name)) for name in PARTS}
    counts |= {
        "users_without_test_row": len(np.setdiff1d(interactions.user, users)),
        "test_users": len(users),
        "test_users_without_training_row": len(np.unique(test.user[strange_user])),
        "test_items": len(items),
        "test_items_without_training_row": len(np.unique(test.item[strange_item])),
        "test_rows_of_unknown_user_or_item": np.count_nonzero(strange_user | strange_item),
    }
    if interactions.timestamp is not None or interactions.order is not None:
        counts["test_rows_at_an_instant_of_training"] = np.count_nonzero(
            _at_an_instant_of(train, test)
        )
    return {name: int(count) for name, count in counts.items()}


def future_share(interactions: Interactions) -> dict[str, np.ndarray]:
    """How much of what a test row is predicted from had not happened yet?

    For each row of the test part, the share of the training rows that are later than it: of all of
    them, of those of its user, and of those of its item. In production all of them are zero.

    Parameters
    ----------
    interactions : Interactions
        With a split, and a timestamp or at least an order within each user.

    Returns
    -------
    dict of (n_test,) float64
        ``all``, ``user`` and ``item``; NaN where there is no such training row. Only ``user`` if
        there are no timestamps.

    Examples
    --------
    >>> rows = Interactions(
    ...     np.array([0, 0, 1, 1]), np.array([0, 1, 0, 2]), n_users=2, n_items=3,
    ...     timestamp=np.array([5, 1, 7, 3]), split=np.array(["train", "test", "train", "train"]),
    ... )
    >>> future_share(rows)["all"], future_share(rows)["user"]
    (array([1.]), array([1.]))
    """
    train, test = interactions.part("train"), interactions.part("test")
    if interactions.timestamp is None:
        return {"user": _later(train.user, times(train), test.user, times(test))}
    at, asked = times(train, across_users=True), times(test, across_users=True)
    nobody = np.zeros(len(train), int), np.zeros(len(test), int)
    return {
        "all": _later(nobody[0], at, nobody[1], asked),
        "user": _later(train.user, at, test.user, asked),
        "item": _later(train.item, at, test.item, asked),
    }


def rising_runs(interactions: Interactions) -> np.ndarray:
    """Which rows may be of one instant, if ties in a file stand in the order of the items?

    An order within users often comes from a file sorted by item and then by a coarse time: rows of
    one day lie in the order of their item numbers, so the last of them is the newest item, and not
    the last that was taken. A run of rising item numbers may be such a day. With the runs as order,
    ``split`` lets chance decide within them: some true order is lost, and no false one is left.

    Returns
    -------
    (n_rows,) int64
        The run of each row, ascending in time within a user and each of one user only.

    Raises
    ------
    InputError
        If no times are known.

    Examples
    --------
    >>> rows = Interactions(
    ...     np.zeros(5, int), np.array([3, 7, 1, 2, 9]), n_users=1, n_items=10, order=np.arange(5)
    ... )
    >>> rising_runs(rows)
    array([0, 0, 1, 1, 1])
    """
    sequence = np.lexsort((times(interactions), interactions.user))
    user, item = interactions.user[sequence], interactions.item[sequence]
    begins = (np.diff(user) != 0) | (np.diff(item) <= 0)
    run = np.empty(len(sequence), np.int64)
    run[sequence] = np.concatenate([np.zeros(min(len(user), 1), np.int64), np.cumsum(begins)])
    return run


def burst(interactions: Interactions, days: float = 90.0) -> float:
    """Which share of the rows of the most taken item fell into its busiest ``days``?

    A giveaway, a season or a fashion shows as a share far above that of the time.

    Raises
    ------
    InputError
        If there are no timestamps, or no row.

    Examples
    --------
    >>> rows = Interactions(
    ...     np.arange(4), np.zeros(4, int), n_users=4, n_items=1,
    ...     timestamp=86_400 * np.array([0, 500, 510, 520]),
    ... )
    >>> burst(rows, days=30)
    0.75
    """
    if not len(interactions):
        raise InputError("there is no interaction, so no item was taken most")
    most = interactions.item == np.bincount(interactions.item).argmax()
    at = np.sort(times(interactions, across_users=True)[most])
    upto = np.searchsorted(at, at + 86_400 * days, side="right")
    return float((upto - np.arange(len(at))).max() / len(at))


def _later(group: np.ndarray, at: np.ndarray, of: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The share of each group's times ``at`` that are greater than ``asked``, (n_asked,)."""
    instants = np.unique(np.concatenate([at, asked]))
    n = len(instants)
    keys = np.sort(group * n + np.searchsorted(instants, at))
    begins, ends = np.searchsorted(keys, of * n), np.searchsorted(keys, (of + 1) * n)
    until = np.searchsorted(keys, of * n + np.searchsorted(instants, asked), side="right")
    size = ends - begins
    return np.divide(ends - until, size, out=np.full(len(of), np.nan), where=size > 0)


def _at_an_instant_of(train: Interactions, test: Interactions) -> np.ndarray:
    """Test rows that share their time with a training row of their user, (n_test,) bool."""
    instants, code = np.unique(np.concatenate([times(train), times(test)]), return_inverse=True)
    at = np.concatenate([train.user, test.user]) * len(instants) + code
    return np.isin(at[len(train) :], at[: len(train)])
