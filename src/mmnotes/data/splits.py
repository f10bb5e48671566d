"""Cutting a log into what a model learns from and what it is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmnotes.data.leakage import PARTS, times, untestable
from mmnotes.data.split_checks import FEWEST_ROWS, PROMISES, check_split
from mmnotes.data.tables import Impressions, Interactions
from mmnotes.errors import InputError

_TRIFLE = 1e-12  # a sum of fractions that rounds up would take in a row too many


@dataclass(frozen=True)
class Split:
    """Interactions that were cut, and what the cut leaves untestable.

    Parameters
    ----------
    how : str
        As for :func:`split`.
    interactions : Interactions
        With a split: ``train``, ``valid`` or ``test`` for each row.
    report : dict of int
        See :func:`~mmnotes.data.leakage.untestable`.
    """

    how: str
    interactions: Interactions
    report: Mapping[str, int]


def split(
    interactions: Interactions,
    how: str,
    *,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    random_state: int = 0,
) -> Split:
    """Which rows are for training, which for choosing, and which for the one test?

    =================  ============================================================================
    ``random``         Of each user's rows some at random: the published way (Zhang and others 2021,
                       https://doi.org/10.1145/3474085.3475259). At least one row is validation and
                       one test, so of users with few rows more than the fractions say.
    ``user-time``      As many rows of each user, but their latest: the test last of all.
    ``leave-last-out`` Each user's last row is test and the one before validation, whatever the
                       fractions.
    ``global-time``    Two instants cut the whole log. No instant is torn apart.
    ``cold-items``     Items are dealt out; each takes all its rows along.
    ``new-users``      Users are dealt out; each takes all their rows along.
    =================  ============================================================================

    Where rows of a user share their timestamp, ``order`` says which is later, or else chance; the
    report counts the test rows that this concerns. Users with fewer than three rows are only
    trained on where a user's rows are divided.

    Parameters
    ----------
    interactions : Interactions
        No pair twice. An earlier split is forgotten.
    how : str
    fractions : three floats that sum to one
        Training, validation, test.
    random_state : int

    Raises
    ------
    InputError
        If a pair comes twice, the fractions are not positive or do not sum to one, times are not
        known that are needed, or a part would be empty.

    Examples
    --------
    >>> user, item = np.divmod(np.arange(20), 10)
    >>> log = Interactions(user, item, n_users=2, n_items=10, timestamp=np.arange(20) % 10)
    >>> split(log, "global-time").interactions.part("test").timestamp
    array([9, 9])
    """
    if how not in PROMISES:
        raise InputError(f"no split is called {how!r}; there are {', '.join(PROMISES)}")
    shares = _shares(fractions, len(PARTS))
    if not len(interactions):
        raise InputError("there is no interaction to split")
    rng = np.random.default_rng(random_state)
    match how:
        case "global-time":
            at = times(interactions, across_users=True)
            part = np.searchsorted(_ends(at, shares)[:-1], at)  # an end belongs to what it ends
        case "cold-items":
            part = _deal(interactions.item, shares, rng)[interactions.item]
        case "new-users":
            part = _deal(interactions.user, shares, rng)[interactions.user]
        case _:
            part = _within_users(interactions, how, shares, rng)
    cut = replace(interactions, split=np.array(PARTS)[part])
    absent = [name for place, name in enumerate(PARTS) if not (part == place).any()]
    if absent:
        raise InputError(
            f"{how} leaves nothing for {', '.join(absent)}: there are too few rows, users, items "
            "or instants for these fractions"
        )
    check_split(cut, how)
    return Split(how, cut, untestable(cut))


def by_day(log: Impressions, fractions: Mapping[str, float]) -> dict[str, Impressions]:
    """Consecutive periods, each with about its fraction of the slates; no day is in two of them.

    >>> from mmnotes.data import MarketConfig, simulate
    >>> log = simulate(MarketConfig(n_users=20, n_items=60)).impressions
    >>> parts = by_day(log, {"train": 0.8, "test": 0.2})
    >>> bool(parts["train"].day.max() < parts["test"].day.min())
    True

    Raises
    ------
    InputError
        If the fractions are not positive or do not sum to one, or a period would hold no slate.
    """
    shares = _shares(list(fractions.values()), len(fractions), dict(fractions))
    if not len(log):
        raise InputError("the log is empty: there are no days to cut it by")
    parts, before = {}, -np.inf
    for name, end in zip(fractions, _ends(log.day, shares), strict=True):
        parts[name] = log.where((log.day > before) & (log.day <= end))
        if not len(parts[name]):
            raise InputError(f"the log has too few days for a period {name!r}; use longer ones")
        before = end
    return parts


def _shares(fractions: Sequence[float], n: int, shown: object = None) -> np.ndarray:
    shares = np.array(fractions, dtype=float)
    if shares.shape != (n,) or not (shares > 0).all() or not abs(shares.sum() - 1) <= 1e-9:
        shown = fractions if shown is None else shown
        raise InputError(f"fractions must be positive and sum to one, not {shown}")
    return shares


def _ends(at: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The last instant of each period, (n_periods,)."""
    upto = np.minimum(shares.cumsum(), 1) - _TRIFLE
    return np.quantile(at, upto, method="inverted_cdf")


def _deal(ids: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The part of each id that occurs, (max id + 1,) int."""
    there = rng.permutation(np.unique(ids))
    part = np.zeros(ids.max() + 1, np.int64)
    ends = np.floor(shares.cumsum() * len(there) + 0.5).astype(np.int64)
    part[there] = np.searchsorted(ends[:-1], np.arange(len(there)), side="right")
    return part


def _within_users(
    interactions: Interactions, how: str, shares: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The part of each row where every user's rows are divided, (n_rows,) int."""
    chance = rng.random(len(interactions))
    keys = [chance]
    if how != "random":
        if interactions.order is not None:
            keys.append(interactions.order)
        keys.append(times(interactions))
    user = interactions.user
    rows = np.lexsort((*keys, user))
    n = np.bincount(user, minlength=interactions.n_users)
    ends = n.cumsum()[user[rows]]
    from_last = np.empty(len(rows), np.int64)
    from_last[rows] = ends - 1 - np.arange(len(rows))
    if how == "leave-last-out":
        n_valid = n_test = np.ones_like(n)
    else:
        # So Amazon Baby comes out with as many rows in each part as published.
        n_valid = np.maximum(np.floor(n * shares[1] + _TRIFLE).astype(np.int64), 1)
        n_test = np.maximum(np.floor(n * shares[2] + 0.5 + _TRIFLE).astype(np.int64), 1)
        n_test = np.minimum(n_test, n - 2)  # a row each is left for the other parts
        n_valid = np.minimum(n_valid, n - 1 - n_test)
    divided = n[user] >= FEWEST_ROWS
    test = divided & (from_last < n_test[user])
    held_out = divided & (from_last < (n_test + n_valid)[user])
    return held_out.astype(np.int64) + test
