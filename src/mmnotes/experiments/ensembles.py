"""Two models asked together: how much better than one, and than two that differ by their seed?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.full import full_ranking
from mmnotes.evaluate.intervals import paired_interval, paired_ratio
from mmnotes.evaluate.protocol import FullRanking
from mmnotes.evaluate.scorers import ScoreFunction, Ties, Vectors, inner_products
from mmnotes.evaluate.users import PerUser
from mmnotes.experiments.blending import blended, told
from mmnotes.experiments.tracks import Protocol

Member = Vectors | ScoreFunction
Pair = tuple[Member, Member]

SHARES = (0.5, 0.25, 0.75)  # of the first; where several are as good, the even one


@dataclass(frozen=True)
class Asked:
    """What came of asking a model, or two together, under several seeds.

    Parameters
    ----------
    valid : float
        The metric on the validation part, the mean over users and seeds.
    tests : sequence of FullRanking
        Of the test part, one a seed.
    metric : str
    share : float
        How much the first of two counts, chosen on the validation part; 1 of one alone.
    """

    valid: float
    tests: Sequence[FullRanking]
    metric: str = "recall@20"
    share: float = 1.0

    @property
    def values(self) -> list[PerUser]:
        """The metric by user on the test part, one entry a seed: ready for ``mean_interval``."""
        return [test[self.metric] for test in self.tests]

    @property
    def chance(self) -> list[PerUser]:
        """What a scorer that says the same of every candidate would come to."""
        return [test.chance[self.metric] for test in self.tests]

    def over(self, *others: "Asked") -> Estimate:
        """By how much is it better than the best of these, best on the validation part?

        User by user and seed by seed on the test part. The best is one for all seeds.
        """
        best = max(others, key=lambda other: other.valid)
        return paired_interval(self.values, best.values)


def alone(members: Sequence[Member], cuts: Sequence[Protocol], metric: str = "recall@20") -> Asked:
    """How well does a model rank?

    Parameters
    ----------
    members : sequence of (user vectors, item vectors) or of score functions
        One a seed.
    cuts : sequence of Protocol
        One a seed: what was trained on, and what is asked.
    metric : str
    """
    return Asked(_valid(members, cuts, metric), rankings(members, cuts, metric), metric)


def rankings(
    members: Sequence[Member], cuts: Sequence[Protocol], metric: str = "recall@20"
) -> list[FullRanking]:
    """The same on the test part alone."""
    return [_ranking(*one, "test", metric) for one in zip(members, cuts, strict=True)]


def together(
    first: Sequence[Member],
    second: Sequence[Member],
    cuts: Sequence[Protocol],
    shares: Sequence[float] = SHARES,
    metric: str = "recall@20",
) -> Asked:
    """How well do two models rank together, if the validation part says how much each counts?

    One share for all seeds, so that each seed's validation rows have little to choose by chance.

    Parameters
    ----------
    first, second, cuts, metric
        As for :func:`alone`.
    shares : sequence of float
        Of the first, in [0, 1]; the first one is taken of those that are best.

    Raises
    ------
    InputError
        If there are not as many members as cuts, or no share.
    """
    if not shares or not len(first) == len(second) == len(cuts):
        raise InputError(
            f"{len(first)} and {len(second)} members, {len(cuts)} cuts and {len(shares)} shares: "
            "give one of each for every seed, and at least one share"
        )

    def mixed(share: float) -> list[Member]:
        pairs = zip(first, second, cuts, strict=True)
        return [joint((one, other), share, ranked(cut)) for one, other, cut in pairs]

    valid = {share: _valid(mixed(share), cuts, metric) for share in shares}
    best = max(valid, key=lambda share: valid[share])
    return Asked(valid[best], rankings(mixed(best), cuts, metric), metric, best)


def joint(pair: Pair, share: float, items: np.ndarray) -> Member:
    """Two models as one, each brought to the same spread of scores for every user.

    It ranks as :func:`~mmnotes.experiments.blending.blended` does, which holds all scores. Where
    scores are inner products this needs none: what is taken from all scores of a user moves no
    rank, and the spread of a user's scores follows from the covariance of the items' vectors. So
    the two are one pair of longer vectors.

    Parameters
    ----------
    pair : two of (user vectors, item vectors) or score functions
    share : float
        Of the first, in [0, 1]; at an end the other is not asked.
    items : (n_candidates,) int
        Those among which is ranked.

    Raises
    ------
    InputError
        If the share is not in [0, 1].

    Examples
    --------
    >>> clicks = np.ones((1, 1)), np.array([[10.0], [30.0], [20.0]])
    >>> looks = np.ones((1, 1)), np.array([[0.2], [0.1], [0.0]])
    >>> users, vectors = joint((clicks, looks), 0.25, np.array([0, 1]))
    >>> (users @ vectors.T).round(6)
    array([[3.25, 2.25, 0.5 ]])
    """
    if not 0 <= share <= 1:
        raise InputError(f"the share of the first must be from 0 to 1, not {share!r}")
    weights = share, 1 - share
    if 0 in weights:
        return pair[weights.index(1)]
    one, other = pair
    if callable(one) or callable(other):
        return blended([_scores(one), _scores(other)], items, weights)
    parts = [
        (weight * _evened(vectors, items), np.asarray(vectors[1]))
        for weight, vectors in zip(weights, (one, other), strict=True)
    ]
    users, vectors = (np.hstack(side) for side in zip(*parts, strict=True))
    return users, vectors


def shared_hits(one: Sequence[FullRanking], other: Sequence[FullRanking], k: int = 20) -> Estimate:
    """Which share of what either finds among a user's first k do both find?

    Twice the hits of both by the sum of their hits (Dice 1945,
    https://doi.org/10.2307/1932409), pairs of all users and seeds together. Two that find the same
    things have 1, whatever they find.

    Parameters
    ----------
    one, other : sequence of FullRanking
        One a seed, of the same pairs among the same candidates.
    k : int
    """
    both, either = [], []
    for left, right in zip(one, other, strict=True):
        # A hit that hangs on how ties are broken counts as none.
        hits = [part.ranks.above + part.ranks.tied <= k for part in (left, right)]
        sums = left.ranks.per_group(2.0 * (hits[0] & hits[1]))
        both.append(PerUser(left.ranks.groups, sums))
        sums = left.ranks.per_group(hits[0].astype(float) + hits[1])
        either.append(PerUser(left.ranks.groups, sums))
    return paired_ratio(both, either).within(0, 1)


def ranked(cut: Protocol) -> np.ndarray:
    """The items that the test part is ranked among, (n_candidates,)."""
    candidates = cut.tracks["test"].candidates
    return np.arange(cut.train.n_items) if candidates is None else candidates.items


def _valid(members: Sequence[Member], cuts: Sequence[Protocol], metric: str) -> float:
    asked = zip(members, cuts, strict=True)
    return float(np.mean([_ranking(*one, "valid", metric)[metric].values.mean() for one in asked]))


def _ranking(member: Member, cut: Protocol, track: str, metric: str) -> FullRanking:
    asked = cut.tracks[track]
    return full_ranking(member, asked.truth, cut.train, asked.candidates, (metric,))


def _scores(member: Member) -> ScoreFunction:
    if callable(member):
        return member
    users, items = (np.asarray(part) for part in member)
    ties = Ties(items)
    return lambda some: inner_products(users[some], items, ties)


def _evened(vectors: Vectors, items: np.ndarray) -> np.ndarray:
    """Users' vectors by the spread of their scores of the items; 0 where they score all alike."""
    users, ranked = np.asarray(vectors[0]), np.asarray(vectors[1], np.float64)[items]
    level = users @ ranked.mean(axis=0)
    # The centred scores' squares add up to u' (V'V) u, V the centred vectors.
    centred = ranked - ranked.mean(axis=0)
    gram = centred.T @ centred / len(ranked)
    spread = np.sqrt(np.einsum("ud,de,ue->u", users, gram, users, optimize=True).clip(min=0))
    scale = np.divide(1.0, spread, out=np.zeros(len(users)), where=told(level, spread))
    return users * scale.astype(users.dtype)[:, None]
