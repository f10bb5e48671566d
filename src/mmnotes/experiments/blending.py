"""Several scorers: what do they say together, and how much alike are the lists of two?"""

import math
from collections.abc import Sequence

import numpy as np

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.scorers import ScoreFunction
from mmnotes.evaluate.users import PerUser
from mmnotes.recommenders.base import taken
from mmnotes.recommenders.collapse import shared_first

_USERS = 1024  # whose scores are held at once
_ROUNDING = 1e-12  # a spread of no more of the mean than this is the mean's rounding


def blended(
    scores: Sequence[ScoreFunction], items: np.ndarray, weights: Sequence[float]
) -> ScoreFunction:
    """What do several scorers say together?

    Each user's scores of the candidates are brought to mean 0 and standard deviation 1 first, for
    scorers differ in scale. One that says the same of all of them has no say.

    Parameters
    ----------
    scores : sequence of functions
        From users (n,) to scores (n, n_items), such as a recommender's ``score``.
    items : (n_candidates,) int
        Those among which is ranked.
    weights : sequence of float
        One a scorer, from 0. Who has 0 is not asked.

    Raises
    ------
    InputError
        If there are not as many weights as scorers, one is not a number from 0, or all are 0.

    Examples
    --------
    >>> def clicks(users): return np.tile([10.0, 30.0, 0.0], (len(users), 1))
    >>> def looks(users): return np.tile([0.2, 0.1, 0.0], (len(users), 1))
    >>> blended([clicks, looks], np.array([0, 1]), [1, 3])(np.array([0]))[:, :2]
    array([[ 2., -2.]])
    """
    fit = len(weights) == len(scores) and all(0 <= weight < math.inf for weight in weights)
    if not fit or not any(weights):
        raise InputError(
            f"{len(scores)} scorers want as many weights from 0, not all of them 0, not "
            f"{list(weights)}"
        )
    asked = [(weight, score) for weight, score in zip(weights, scores, strict=True) if weight]

    def together(users: np.ndarray) -> np.ndarray:
        parts = (weight * _standard(np.asarray(score(users)), items) for weight, score in asked)
        return np.sum(list(parts), axis=0)

    return together


def overlap(
    one: ScoreFunction, other: ScoreFunction, seen: Interactions, k: int = 20
) -> tuple[PerUser, PerUser]:
    """Which share of the first k items of each user is the same by either scorer, and by chance?

    Parameters
    ----------
    one, other : functions
        From users (n,) to scores (n, n_items), asked for blocks of users. Ties go by item number.
    seen : Interactions
        Pairs that are not shown.
    k : int
        At most the items that the user with most rows has left.

    Returns
    -------
    PerUser, PerUser
        Of all users. Lists drawn at random share k / (items that the user has not seen).

    Raises
    ------
    InputError
        If k is below 1, or a user has fewer than k items left.
    """
    known = taken(seen)
    left = seen.n_items - np.diff(known.indptr)
    most = int(left.min(initial=seen.n_items))
    if not 0 < k <= most:
        raise InputError(f"k must be from 1 to {most}, what a user has not seen, not {k}")
    users, shared = np.arange(seen.n_users), np.empty(seen.n_users)
    for start in range(0, seen.n_users, _USERS):
        some = users[start : start + _USERS]
        hidden = known[some].toarray() > 0
        one_shown, other_shown = (
            np.where(hidden, -np.inf, np.asarray(score(some))) for score in (one, other)
        )
        shared[some] = shared_first(one_shown, other_shown, k)
    return PerUser(users, shared), PerUser(users, k / left)


def told(level: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Where scores of this mean and standard deviation tell items apart, beyond rounding."""
    return spread > _ROUNDING * np.abs(level)


def _standard(scores: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Each row less the mean of its candidates, by their standard deviation; 0 where they tie."""
    own = scores[:, items].astype(np.float64)
    level, spread = (part(own, axis=1, keepdims=True) for part in (np.mean, np.std))
    return np.divide(scores - level, spread, out=np.zeros(scores.shape), where=told(level, spread))
