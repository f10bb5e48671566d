"""Whom a recommender is measured on, among which items, and what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmnotes.data.checks import ids
from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.measures import measure_all
from mmnotes.evaluate.ranks import Ranks
from mmnotes.evaluate.users import PerUser

Pairs = Interactions | tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Candidates:
    """The items that are ranked, and a name for them that a reader understands.

    Parameters
    ----------
    name : str
        Such as ``"cold items"``; printed beside every figure.
    items : (n_candidates,) int
        Row numbers, each once.
    """

    name: str
    items: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    def within(self, n_items: int) -> "Candidates":
        """The same, checked against the number of items and in ascending order."""
        items = np.unique(ids(self.items, n_items, f"candidates {self.name!r}: item"))
        if len(items) < len(self.items) or not len(items):
            raise InputError(
                f"candidates {self.name!r} name {len(items)} different items in {len(self.items)} "
                "rows: name at least one, and each once"
            )
        return Candidates(self.name, items)


@dataclass(frozen=True)
class FullRanking:
    """How well each user's candidates are ranked, and what chance would make of them.

    ``ranking["recall@20"]`` is that metric by user, ready for ``mean_interval``.

    Parameters
    ----------
    metrics, chance : dict from metric name to PerUser
        By user; chance is a scorer that says the same of every candidate, by the same measure and
        with ties averaged.
    candidates : Candidates
    n_candidates : int
        How many of them are ranked for a user who has seen none.
    ranks : Ranks
        The groups are users.
    n_left_out : int
        Users of the truth that have no relevant item among their candidates.
    n_outside : int
        Relevant pairs whose item is not among the candidates.
    """

    metrics: dict[str, PerUser]
    chance: dict[str, PerUser]
    candidates: Candidates
    n_candidates: int
    ranks: Ranks
    n_left_out: int = 0
    n_outside: int = 0

    @property
    def n_users(self) -> int:
        """Users that have a relevant item among their candidates."""
        return len(self.ranks.groups)

    def __getitem__(self, name: str) -> PerUser:
        if name not in self.metrics:
            there = ", ".join(self.metrics)
            raise InputError(f"metric {name!r} was not asked for, only {there}")
        return self.metrics[name]

    def of(self, truth: Interactions) -> "FullRanking":
        """The same for some of its users, without ranking anew.

        Parameters
        ----------
        truth : Interactions
            All that these users took in the test.

        Raises
        ------
        InputError
            If none of them has a relevant item among the candidates.
        """
        asked = np.unique(truth.user)
        kept = np.isin(self.ranks.groups, asked)
        if not kept.any():
            among = self.candidates.name
            raise InputError(f"no relevant item of these users is among the candidates {among!r}")
        pairs = np.unique(np.stack([truth.user, truth.item]), axis=1)
        return replace(
            self,
            metrics={name: _of(values, asked) for name, values in self.metrics.items()},
            chance={name: _of(values, asked) for name, values in self.chance.items()},
            ranks=self.ranks.where(kept),
            n_left_out=len(asked) - int(kept.sum()),
            n_outside=int(np.count_nonzero(~np.isin(pairs[1], self.candidates.items))),
        )

    def frame(self) -> pd.DataFrame:
        """Means over users, one row a metric, chance and the candidate set beside each."""
        return pd.DataFrame(
            {
                "mean": [values.values.mean() for values in self.metrics.values()],
                "chance": [values.values.mean() for values in self.chance.values()],
                "candidates": self.candidates.name,
                "n_candidates": self.n_candidates,
                "n_users": [len(values) for values in self.metrics.values()],
            },
            index=pd.Index(self.metrics, name="metric"),
        )

    def __str__(self) -> str:
        lines = [
            f"{row.Index} {row.mean:.4f} (chance {row.chance:.4f}) over {row.n_users:,} users, "
            f"among {row.candidates} ({row.n_candidates:,})"
            for row in self.frame().itertuples()
        ]
        if self.n_left_out or self.n_outside:
            lines.append(
                f"left out: {self.n_left_out:,} users without a relevant candidate; "
                f"{self.n_outside:,} relevant pairs are not among the candidates"
            )
        return "\n".join(lines)


def _of(values: PerUser, users: np.ndarray) -> PerUser:
    kept = np.isin(values.users, users)
    return PerUser(values.users[kept], values.values[kept])


def by_user(ranks: Ranks, metrics: Sequence[str]) -> dict[str, PerUser]:
    """Metrics of ranks whose groups are users."""
    values = measure_all(ranks, metrics)
    return {name: PerUser(value.groups, value.values) for name, value in values.items()}


@dataclass(frozen=True)
class Task:
    """What there is to rank: users with a relevant candidate, those with most of them first.

    Parameters
    ----------
    users : (n_users,) int
    relevant, relevant_starts : (n_relevant,), (n_users + 1,) int
        Relevant candidates of each user, as places in the candidate set, one stretch a user.
    hidden, hidden_starts : (n_hidden,), (n_users + 1,) int
        Candidates that each user has seen, likewise.
    n_left_out, n_outside : int
        As in :class:`FullRanking`.
    """

    users: np.ndarray
    relevant: np.ndarray
    relevant_starts: np.ndarray
    hidden: np.ndarray
    hidden_starts: np.ndarray
    n_left_out: int
    n_outside: int


def make_task(
    truth: Pairs, seen: Pairs | None, candidates: Candidates, n_users: int, n_items: int
) -> Task:
    """Match truth, seen items and candidates.

    Raises
    ------
    InputError
        If there is nothing to rank, an id is out of range, or a pair is in both truth and seen.
    """
    wanted = _keys(truth, "truth", n_users, n_items)
    hidden = np.empty(0, np.int64) if seen is None else _keys(seen, "seen", n_users, n_items)
    if not len(wanted):
        raise InputError("truth holds no pair: the test set is empty")
    both = np.intersect1d(wanted, hidden, assume_unique=True)
    if len(both):
        raise InputError(
            f"truth: user {both[0] // n_items} and item {both[0] % n_items} are also in seen, "
            f"which hides the item ({len(both)} pairs in all): take them out of one of the two"
        )
    place = np.full(n_items, -1)
    place[candidates.items] = np.arange(len(candidates))
    n_asked = len(np.unique(wanted // n_items))
    inside = wanted[place[wanted % n_items] >= 0]
    users, counts = np.unique(inside // n_items, return_counts=True)
    if not len(users):
        raise InputError(f"no relevant item of truth is among the candidates {candidates.name!r}")
    users = users[np.argsort(-counts, kind="stable")]
    relevant, starts = _stretches(inside, users, place)
    hidden, hidden_starts = _stretches(hidden, users, place)
    n_left_out, n_outside = n_asked - len(users), len(wanted) - len(inside)
    return Task(users, relevant, starts, hidden, hidden_starts, n_left_out, n_outside)


def _keys(pairs: Pairs, what: str, n_users: int, n_items: int) -> np.ndarray:
    """Different pairs as user * n_items + item, ascending, (n_pairs,) int64."""
    both = (pairs.user, pairs.item) if isinstance(pairs, Interactions) else tuple(pairs)
    if len(both) != 2 or np.shape(both[0]) != np.shape(both[1]):
        shapes = [np.shape(column) for column in both]
        raise InputError(f"{what} must be Interactions, or users and items (n_pairs,) not {shapes}")
    users, items = ids(both[0], n_users, f"{what}: user"), ids(both[1], n_items, f"{what}: item")
    return np.unique(users * n_items + items)


def _stretches(
    keys: np.ndarray, users: np.ndarray, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates of keys, one stretch for each of the users in their order, and its starts."""
    by_id = np.argsort(users)
    ascending, whose = users[by_id], keys // len(place)
    at = np.minimum(np.searchsorted(ascending, whose), len(users) - 1)
    turn, places = by_id[at], place[keys % len(place)]
    keep = (ascending[at] == whose) & (places >= 0)
    turn, places = turn[keep], places[keep]
    starts = np.append(0, np.cumsum(np.bincount(turn, minlength=len(users))))
    return places[np.argsort(turn, kind="stable")], starts
