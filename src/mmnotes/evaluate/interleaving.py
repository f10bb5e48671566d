"""One list from two rankings, so that its clicks tell which of them is liked better."""

from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError

A, B = 0, 1  # the two teams


@dataclass(frozen=True)
class TeamDraft:
    """Lists that two rankers took turns to fill.

    Parameters
    ----------
    items : (n_slates, length) int
        From the top.
    team : (n_slates, length) int
        Whose pick each was: 0 for a, 1 for b.
    """

    items: np.ndarray
    team: np.ndarray

    def credit(self, clicked: np.ndarray) -> np.ndarray:
        """Whose picks got more clicks in each slate? 1 for a, −1 for b, 0 for neither.

        Parameters
        ----------
        clicked : (n_slates, length) bool

        Returns
        -------
        (n_slates,) int
        """
        clicked = _clicks(clicked, self.items)
        return np.sign((clicked & (self.team == A)).sum(1) - (clicked & (self.team == B)).sum(1))


@dataclass(frozen=True)
class BalancedInterleaving:
    """Lists whose every top holds as many of the one ranking as of the other, give or take one.

    Parameters
    ----------
    items : (n_slates, length) int
        From the top.
    a, b : (n_slates, length) int
        The rankings they were made of.
    """

    items: np.ndarray
    a: np.ndarray
    b: np.ndarray

    def credit(self, clicked: np.ndarray) -> np.ndarray:
        """Whose top got more clicks in each slate? 1 for a, −1 for b, 0 for neither.

        Both rankings are read down to the same depth, the smallest at which one of them reaches the
        lowest click.

        Parameters
        ----------
        clicked : (n_slates, length) bool

        Returns
        -------
        (n_slates,) int
        """
        clicked = _clicks(clicked, self.items)
        ranks = np.stack([_ranks(self.items, ranking) for ranking in (self.a, self.b)])
        last = self.items.shape[1] - 1 - np.argmax(clicked[:, ::-1], axis=1)
        depth = ranks[:, np.arange(len(last)), last].min(axis=0)  # (n_slates,)
        in_a, in_b = (clicked & (ranks <= depth[:, None])).sum(axis=2)
        return np.sign(in_a - in_b)


def team_draft(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> TeamDraft:
    """One list from two rankings, as captains pick their teams.

    In each round both pick the best item that nobody has yet, and a coin says who goes first. So
    each ranker's picks stand as high as the other's, whatever the rankings, and clicks at random
    favour neither.

    Parameters
    ----------
    a, b : (n_slates, length) int
        The items of each slate as the two rankers order them; they may rank different items.
    rng : Generator

    Returns
    -------
    TeamDraft
        Of the same shape.

    Raises
    ------
    InputError
        Shapes differ, there is no slate, or a ranking holds an item twice.

    References
    ----------
    Radlinski, Kurup and Joachims (2008), https://doi.org/10.1145/1458082.1458092.

    Examples
    --------
    >>> a, b = np.array([[1, 2, 3]]), np.array([[2, 3, 1]])
    >>> draft = team_draft(a, b, np.random.default_rng(0))
    >>> draft.items, draft.team
    (array([[2, 1, 3]]), array([[1, 0, 1]]))
    """
    rankings = _rankings(a, b)  # (2, n_slates, length)
    _, n, length = rankings.shape
    slates, free = np.arange(n), np.ones(rankings.shape, dtype=bool)
    items, team = np.empty((n, length), dtype=rankings.dtype), np.empty((n, length), dtype=int)
    for place in range(length):
        if place % 2 == 0:
            first = rng.integers(0, 2, size=n)
        picks = first if place % 2 == 0 else 1 - first
        best = free.argmax(axis=2)[picks, slates]
        items[:, place], team[:, place] = rankings[picks, slates, best], picks
        free &= rankings != items[:, place, None]
    return TeamDraft(items, team)


def balanced_interleaving(
    a: np.ndarray, b: np.ndarray, rng: np.random.Generator
) -> BalancedInterleaving:
    """One list from two rankings, so that each top of it is about a top of either.

    A coin says who goes first in a slate; then whoever has been read less far offers its next item,
    and items that are there already are skipped. Simple, but clicks at random can favour a ranker:
    of (1, 2, 3) and (2, 3, 1), the second. :func:`team_draft` mends that.

    Parameters and errors as :func:`team_draft`.

    References
    ----------
    Joachims (2003), Evaluating retrieval performance using clickthrough data; as given in
    Chapelle, Joachims, Radlinski and Yue (2012), https://doi.org/10.1145/2094072.2094078.

    Examples
    --------
    >>> a, b = np.array([[1, 2, 3]]), np.array([[2, 3, 1]])
    >>> balanced_interleaving(a, b, np.random.default_rng(0)).items
    array([[2, 1, 3]])
    """
    rankings = _rankings(a, b)
    _, n, length = rankings.shape
    slates, first = np.arange(n), rng.integers(0, 2, size=n)
    items, filled = np.empty((n, length), dtype=rankings.dtype), np.zeros(n, dtype=int)
    read = np.zeros((2, n), dtype=int)
    while (filled < length).any():
        offers = np.where(read[A] == read[B], first, np.where(read[A] < read[B], A, B))
        item = rankings[offers, slates, np.minimum(read[offers, slates], length - 1)]
        there = (np.arange(length) < filled[:, None]) & (items == item[:, None])
        new = np.flatnonzero(~there.any(axis=1) & (filled < length))
        items[new, filled[new]] = item[new]
        filled[new] += 1
        read[offers, slates] += 1
    return BalancedInterleaving(items, *rankings)


def _rankings(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 2 or not a.size:
        raise InputError(
            f"a and b must be (n_slates, length) each, of the same shape, not {a.shape} and "
            f"{b.shape}"
        )
    for name, ranking in (("a", a), ("b", b)):
        ordered = np.sort(ranking, axis=1)
        twice = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if len(twice):
            raise InputError(f"{name}: slate {twice[0]} ranks an item twice")
    return np.stack([a, b])


def _clicks(clicked: np.ndarray, items: np.ndarray) -> np.ndarray:
    clicked = np.asarray(clicked)
    if clicked.shape != items.shape:
        raise InputError(f"clicked must be {items.shape} like the items shown, not {clicked.shape}")
    return clicked.astype(bool)


def _ranks(items: np.ndarray, ranking: np.ndarray) -> np.ndarray:
    """Where each item stands in its slate's ranking, (n_slates, length); length if nowhere."""
    length = items.shape[1]
    ranks = np.full(items.shape, length)
    for place in range(length):
        ranks[items == ranking[:, place, None]] = place
    return ranks
