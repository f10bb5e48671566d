"""Does a generator of item vectors still know the items? Signs that need no labels."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mmnotes.errors import InputError


@dataclass(frozen=True)
class Agreement:
    """How generated vectors compare to the vectors that content gives directly.

    Parameters
    ----------
    rank_correlation : (n_users,) float64
        Spearman's, of one user's scores of the items by either. Around 0 the generator knows
        nothing of the items; NaN where a user scores all alike.
    cosine : (n_items,) float64
        Of each item's two vectors; 0 where one of them is zero.
    shared : (n_users,) float64
        Which share of the first items that a user is shown by one are also shown by the other; see
        :func:`shared_first`. Nearest to what a metric sees: the others may look well while this is
        no more than chance.
    """

    rank_correlation: np.ndarray
    cosine: np.ndarray
    shared: np.ndarray


def agreement(
    users: np.ndarray, generated: np.ndarray, direct: np.ndarray, k: int = 20
) -> Agreement:
    """Does the generator rank items as their content does?

    Cosines alone mislead: they are blind to an exploded length, and high if both kinds of vectors
    share a direction that all items have.

    Parameters
    ----------
    users : (n_users, d)
    generated, direct : (n_items, d)
        Vectors of the same items.
    k : int
        Of ``shared``: how many items a user is shown; all if there are fewer.

    Raises
    ------
    InputError
        If the shapes do not fit, there are fewer than two items, or k is below 1.

    Examples
    --------
    >>> items = np.eye(3)
    >>> same = agreement(np.array([[1.0, 2.0, 3.0]]), 5 * items, items)
    >>> same.rank_correlation, same.cosine
    (array([1.]), array([1., 1., 1.]))
    """
    if generated.shape != direct.shape or users.shape[1:] != direct.shape[1:]:
        raise InputError(
            f"users {users.shape}, generated {generated.shape} and direct {direct.shape} vectors "
            "must be of one length, and the latter two of the same items"
        )
    if len(direct) < 2:
        raise InputError("with fewer than two items there is no ranking to agree on")
    # Exploded vectors overflow single precision when squared.
    users, generated, direct = (part.astype(np.float64) for part in (users, generated, direct))
    one, two = users @ generated.T, users @ direct.T
    return Agreement(
        _correlations(one, two),
        (_unit(generated) * _unit(direct)).sum(1),
        shared_first(one, two, min(k, len(direct))),
    )


def shared_first(one: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """Which share of the k items that a user is shown first is the same by two rankings?

    Parameters
    ----------
    one, other : (n_users, n_items)
        Scores; minus infinity for what is not to be shown. Ties go by item number.
    k : int

    Returns
    -------
    (n_users,) float64
        From 0 to 1. Lists drawn at random share k / n_items.

    Raises
    ------
    InputError
        If the shapes differ, or k is not from 1 to n_items.

    Examples
    --------
    >>> shared_first(np.array([[3, 2, 1, 0]]), np.array([[0, 2, 3, 1]]), 2)
    array([0.5])
    """
    if one.shape != other.shape:
        raise InputError(
            f"scores {one.shape} and {other.shape} must be of the same users and items"
        )
    if not 1 <= k <= one.shape[1]:
        raise InputError(f"k must be from 1 to {one.shape[1]}, the items that are scored, not {k}")
    first = [np.argsort(-part, axis=1, kind="stable")[:, :k] for part in (one, other)]
    shown = np.zeros(one.shape, bool)
    np.put_along_axis(shown, first[0], True, axis=1)
    return np.take_along_axis(shown, first[1], axis=1).mean(axis=1)


def _correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Spearman's, row by row."""
    ranks = [stats.rankdata(part, axis=1) for part in (one, other)]
    left, right = (part - part.mean(1, keepdims=True) for part in ranks)
    scale = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.divide((left * right).sum(1), scale, out=np.full(len(one), np.nan), where=scale > 0)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)
