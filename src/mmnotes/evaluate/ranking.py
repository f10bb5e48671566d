"""Ranking metrics on impression logs: one value for each group, and an explicit rule for ties.

Several by name in one pass, chance, and those that look at grades.
"""

from collections.abc import Sequence

import numpy as np

from mmnotes.evaluate.grouped import ranks_of_log
from mmnotes.evaluate.measures import gained, measure, measure_all, named
from mmnotes.evaluate.ranks import PerGroup


def rank_metrics(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    metrics: Sequence[str] = ("ndcg@10", "recall@20"),
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> dict[str, PerGroup]:
    """How well is each group ranked, by several metrics in one pass?

    Parameters
    ----------
    scores : (n_rows,) float
        Higher is better. Infinite scores are allowed, NaN is not.
    labels : (n_rows,) bool, int or float
        0 is not relevant, everything above is. Only DCG and NDCG look at how far above.
    groups : (n_rows,)
        The impression of each row, numbers or words, in any order.
    metrics : sequence of str
        ``ndcg``, ``dcg``, ``map`` and ``mrr``, of the whole list or with a k as in ``ndcg@10``;
        ``recall@k``, ``precision@k``, ``hit@k``; ``auc``. And what others call by the same names:
        ``ndcg-exp`` and ``dcg-exp`` have the gain 2 ** label - 1 in place of the label;
        ``ndcg-lattice@k`` is divided by the best order of the rows retrieved; ``map-trec@k`` by
        all relevant rows, where ``map@k`` is by the k that could be reached.
    ties : {"average", "best", "worst", "id"}
        The rule for rows of a group with equal scores. ``"average"`` is the exact expected value
        over their random orders; ``"best"`` and ``"worst"`` put the relevant rows first or last;
        ``"id"`` puts the smaller id first, and so depends on how the ids were given.
    ids : (n_rows,), optional
        For ``ties="id"``; the row number if not given.

    Returns
    -------
    dict from name to PerGroup
        Groups without a relevant row are left out, and counted; from AUC also those in which every
        row is relevant. DCG keeps all groups.

    Raises
    ------
    InputError
        Unequal lengths, no rows, NaN, negative labels, an unknown metric or tie rule.

    References
    ----------
    Järvelin and Kekäläinen (2002), https://doi.org/10.1145/582415.582418; ties by expected value:
    McSherry and Najork (2008), https://doi.org/10.1007/978-3-540-78646-7_38.

    Examples
    --------
    >>> values = rank_metrics([3, 2, 1], [0, 1, 0], [7, 7, 7], ("ndcg@10", "mrr", "auc"))
    >>> {name: round(float(value.values[0]), 4) for name, value in values.items()}
    {'ndcg@10': 0.6309, 'mrr': 0.5, 'auc': 0.5}
    """
    return measure_all(ranks_of_log(scores, labels, groups, ties, ids), metrics)


def chance(
    labels: np.ndarray, groups: np.ndarray, metrics: Sequence[str] = ("ndcg@10", "recall@20")
) -> dict[str, PerGroup]:
    """What does a scorer reach that says the same of every row?

    The chance line to draw beside every figure: the expected value over random orders. Arguments
    and errors as for :func:`rank_metrics`.

    Examples
    --------
    >>> chance([0, 1], [7, 7], ["ndcg@10"])["ndcg@10"].values.round(4)
    array([0.8155])
    """
    return measure_all(ranks_of_log(None, labels, groups), metrics)


def chance_ndcg(labels: np.ndarray, groups: np.ndarray, k: int = 10) -> PerGroup:
    """What NDCG@k does a scorer reach that says the same of every row?

    :func:`chance` of one metric. Arguments and errors as for :func:`ndcg_at_k`.

    Examples
    --------
    >>> chance_ndcg([0, 1], [7, 7]).values.round(4)
    array([0.8155])
    """
    return measure(ranks_of_log(None, labels, groups), named("ndcg", k))


def ndcg_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int | None = 10,
    ties: str = "average",
    gain: str = "linear",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """How close is each group's order to the best one, looking at its first k places?

    The gain of a row is its label, the discount of rank r is log2(r + 1), and the sum over the
    first k ranks is divided by the sum that the best order reaches.

    Parameters
    ----------
    scores, labels, groups, ties, ids
        As for :func:`rank_metrics`.
    k : int or None
        Ranks beyond k count nothing. A group may have fewer than k rows. None for all ranks.
    gain : {"linear", "exponential"}
        A row's label, or 2 ** label - 1.

    Returns
    -------
    PerGroup
        Groups without a relevant row are left out, and counted.

    Raises
    ------
    InputError
        As :func:`rank_metrics`; k below 1, an unknown gain.

    Examples
    --------
    >>> ndcg_at_k([3, 2, 1], [0, 1, 0], [7, 7, 7]).values.round(4)
    array([0.6309])
    """
    return one_metric(scores, labels, groups, gained("ndcg", gain), k, ties, ids)


def dcg_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int | None = 10,
    ties: str = "average",
    gain: str = "linear",
    ids: np.ndarray | None = None,
) -> PerGroup:
    """What does each group's order earn in its first k places, as it is?

    NDCG before its division. With labels of click / propensity it is, in expectation, what the
    order would earn if all had been looked at. Groups without a relevant row count 0 and are kept.
    Arguments and errors as for :func:`ndcg_at_k`.

    Examples
    --------
    >>> dcg_at_k([3, 2, 1, 1], [0, 4, 0, 0], [7, 7, 7, 8]).values.round(4)
    array([2.5237, 0.    ])
    """
    return one_metric(scores, labels, groups, gained("dcg", gain), k, ties, ids)


def one_metric(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    kind: str,
    k: int | None,
    ties: str,
    ids: np.ndarray | None,
) -> PerGroup:
    """The metric of this kind at k, or of the whole list where k is None."""
    name = named(kind, k)
    return rank_metrics(scores, labels, groups, (name,), ties, ids)[name]
