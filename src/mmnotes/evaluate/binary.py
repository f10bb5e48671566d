"""Ranking metrics that ask of a row only whether it is relevant: whether its label is above 0."""

import numpy as np

from mmnotes.evaluate.ranking import one_metric
from mmnotes.evaluate.ranks import PerGroup


def recall_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """Which share of a group's relevant rows lies among its first k?

    Divided by all relevant rows of the group, so a group with more than k of them cannot reach 1.
    Arguments and errors as for ``ndcg_at_k``.

    Examples
    --------
    >>> recall_at_k([3, 2, 1], [0, 1, 1], [7, 7, 7], k=2).values
    array([0.5])
    """
    return one_metric(scores, labels, groups, "recall", k, ties, ids)


def precision_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """Which share of the first k places do relevant rows take?

    Divided by k, also where the group has fewer rows. Arguments and errors as for
    ``ndcg_at_k``.

    Examples
    --------
    >>> precision_at_k([3, 2, 1], [0, 1, 1], [7, 7, 7], k=2).values
    array([0.5])
    """
    return one_metric(scores, labels, groups, "precision", k, ties, ids)


def average_precision_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int | None = None,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """How precise is the list where its relevant rows stand?

    The precision at the rank of each relevant row, summed over those among the first k, divided by
    the smaller of k and their number in the group. Arguments and errors as for ``ndcg_at_k``.

    Examples
    --------
    >>> average_precision_at_k([3, 2, 1], [0, 1, 1], [7, 7, 7]).values.round(4)
    array([0.5833])
    """
    return one_metric(scores, labels, groups, "map", k, ties, ids)


def reciprocal_rank_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int | None = None,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """How early does the first relevant row come: 1 / its rank, or 0 beyond rank k?

    Arguments and errors as for ``ndcg_at_k``.

    Examples
    --------
    >>> reciprocal_rank_at_k([3, 2, 1], [0, 1, 1], [7, 7, 7]).values
    array([0.5])
    """
    return one_metric(scores, labels, groups, "mrr", k, ties, ids)


def hit_rate_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """Is a relevant row among the first k, or how probably, where scores tie?

    Arguments and errors as for ``ndcg_at_k``.

    Examples
    --------
    >>> hit_rate_at_k([1, 1, 1], [0, 1, 0], [7, 7, 7], k=2).values.round(4)
    array([0.6667])
    """
    return one_metric(scores, labels, groups, "hit", k, ties, ids)


def auc(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """How often does a relevant row score more than one that is not, within a group?

    Groups without either kind are left out. Arguments and errors as for ``rank_metrics``.

    Examples
    --------
    >>> auc([3, 2, 1], [0, 1, 0], [7, 7, 7]).values
    array([0.5])
    """
    return one_metric(scores, labels, groups, "auc", None, ties, ids)
