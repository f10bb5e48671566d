"""Ranking metrics on impression logs: one value for each group, and an explicit rule for ties."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError

TIES = ("average", "best", "worst", "order")

_Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class PerGroup:
    """One value for each group that holds a relevant row.

    Parameters
    ----------
    groups : (n_groups,)
        The ids, ascending.
    values : (n_groups,) float64
        The metric, between 0 and 1.
    n_left_out : int
        Groups without a relevant row. No order of them is better than another, so they have no
        value; they are counted here and not averaged in as zeros.
    """

    groups: np.ndarray
    values: np.ndarray
    n_left_out: int = 0

    def __len__(self) -> int:
        return len(self.values)


def ndcg_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    ties: str = "average",
) -> PerGroup:
    """How close is each group's order to the best one, looking at its first k places?

    The gain of a row is its label, the discount of rank r is log2(r + 1), and the sum over the
    first k ranks is divided by the sum that the best order reaches.

    Parameters
    ----------
    scores : (n_rows,) float
        Higher is better. Infinite scores are allowed, NaN is not.
    labels : (n_rows,) bool, int or float
        0 is not relevant; grades above 0 are used as they are (linear gain).
    groups : (n_rows,)
        The impression of each row, in any order.
    k : int
        Ranks beyond k count nothing. A group may have fewer than k rows.
    ties : {"average", "best", "worst", "order"}
        The rule for rows of a group with equal scores. ``"average"`` is the exact expected value
        over their random orders; ``"best"`` and ``"worst"`` put the relevant rows first or last;
        ``"order"`` keeps the order of the rows, and so depends on how the log was written.

    Returns
    -------
    PerGroup
        Groups without a relevant row are left out, and counted.

    Raises
    ------
    InputError
        Unequal lengths, no rows, NaN, negative labels, k below 1, an unknown tie rule.

    References
    ----------
    Järvelin and Kekäläinen (2002), https://doi.org/10.1145/582415.582418; ties by expected value:
    McSherry and Najork (2008), https://doi.org/10.1007/978-3-540-78646-7_38.

    Examples
    --------
    >>> ndcg_at_k([3, 2, 1], [0, 1, 0], [7, 7, 7]).values.round(4)
    array([0.6309])
    """

    def measure(ranked: np.ndarray, labels: np.ndarray) -> np.ndarray:
        top = min(k, labels.shape[1])
        discounts = 1 / np.log2(np.arange(2, top + 2))
        ideal = -np.sort(-labels, axis=1)[:, :top]
        return (ranked[:, :top] @ discounts) / (ideal @ discounts)

    return _by_group(scores, labels, groups, k, ties, measure)


def recall_at_k(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int = 10,
    ties: str = "average",
) -> PerGroup:
    """Which share of a group's relevant rows lies among its first k?

    Divided by all relevant rows of the group, so a group with more than k of them cannot reach 1.
    Every label above 0 is relevant. Parameters, tie rules and errors as for :func:`ndcg_at_k`.

    Returns
    -------
    PerGroup
        Groups without a relevant row are left out, and counted.

    Examples
    --------
    >>> recall_at_k([3, 2, 1], [0, 1, 1], [7, 7, 7], k=2).values
    array([0.5])
    """

    def measure(ranked: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return ranked[:, :k].sum(axis=1) / labels.sum(axis=1)

    return _by_group(scores, np.asarray(labels) > 0, groups, k, ties, measure, check=labels)


def chance_ndcg(labels: np.ndarray, groups: np.ndarray, k: int = 10) -> PerGroup:
    """What NDCG@k does a scorer reach that says the same of every row?

    The chance line to draw beside every figure: the expected value over random orders. Arguments
    and errors as for :func:`ndcg_at_k`.

    Examples
    --------
    >>> chance_ndcg([0, 1], [7, 7]).values.round(4)
    array([0.8155])
    """
    return ndcg_at_k(np.zeros(np.shape(labels)), labels, groups, k)


def _by_group(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    k: int,
    ties: str,
    measure: _Measure,
    check: np.ndarray | None = None,
) -> PerGroup:
    """Apply a measure of (ranked labels, labels), both (m, length), to every group."""
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k must be a whole number from 1, not {k!r}")
    if ties not in TIES:
        raise InputError(f"ties must be one of {', '.join(TIES)}, not {ties!r}")
    scores, labels, groups = _rows(scores, labels if check is None else check, groups)
    if check is not None:
        labels = (labels > 0).astype(np.float64)
    order, names, starts, sizes = _split(groups)
    if order is not None:
        scores, labels = scores[order], labels[order]
    relevant = np.add.reduceat(labels, starts) > 0
    values = np.zeros(len(names))
    for which, rows in _same_size(starts, sizes, relevant):
        ranked = _ranked(scores[rows], labels[rows], ties)
        values[which] = measure(ranked, labels[rows])
    return PerGroup(names[relevant], values[relevant], int((~relevant).sum()))


def _rows(
    scores: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check the three columns and give them as float, float64 and ids."""
    scores, labels, groups = np.asarray(scores), np.asarray(labels), np.asarray(groups)
    lengths = {"scores": scores.shape, "labels": labels.shape, "groups": groups.shape}
    if scores.ndim != 1 or len(set(lengths.values())) != 1:
        raise InputError(f"scores, labels and groups must be (n_rows,) each, not {lengths}")
    if not len(scores):
        raise InputError("there is no row to rank: the test set is empty")
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    labels = labels.astype(np.float64)
    _refuse(np.isnan(scores), "scores", "is NaN: give every row a score")
    _refuse(~(np.isfinite(labels) & (labels >= 0)), "labels", "must be a number from 0 up")
    if groups.dtype.kind == "f":
        _refuse(np.isnan(groups), "groups", "is NaN: give every row the id of its group")
    return scores, labels, groups


def _refuse(bad: np.ndarray, column: str, what: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"{column}: row {row} {what} ({int(bad.sum())} rows in all)")


def _split(
    groups: np.ndarray,
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
    """The order that brings groups together (None if they are), ids, starts and sizes."""
    order = None
    if not (groups[1:] >= groups[:-1]).all():
        order = np.argsort(groups, kind="stable")
        groups = groups[order]
    starts = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
    return order, groups[starts], starts, np.diff(starts, append=len(groups))


def _same_size(
    starts: np.ndarray, sizes: np.ndarray, keep: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Groups of one size at a time: their numbers (m,) and their rows (m, size).

    So each group is a matrix row without padding, whatever the spread of sizes: there are at most
    sqrt(2 n_rows) sizes.
    """
    kept = np.flatnonzero(keep)
    by_size = kept[np.argsort(sizes[kept], kind="stable")]
    cuts = np.flatnonzero(np.diff(sizes[by_size])) + 1
    for which in np.split(by_size, cuts) if len(by_size) else ():
        yield which, starts[which][:, None] + np.arange(sizes[which[0]])


def _ranked(scores: np.ndarray, labels: np.ndarray, ties: str) -> np.ndarray:
    """Labels in the order of the scores, all (m, size): expected labels where ties are averaged."""
    if ties in ("best", "worst"):
        first = np.argsort(-labels if ties == "best" else labels, axis=1, kind="stable")
        scores, labels = (np.take_along_axis(a, first, axis=1) for a in (scores, labels))
    order = np.argsort(-scores, axis=1, kind="stable")
    labels = np.take_along_axis(labels, order, axis=1)
    return labels if ties != "average" else _tied(np.take_along_axis(scores, order, axis=1), labels)


def _tied(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Each label replaced by the mean over its run of equal scores.

    A random order of the run puts every label at every place of it equally often, and a metric
    that adds over places sees only that mean.
    """
    changes = np.ones(scores.shape, dtype=bool)
    np.not_equal(scores[:, 1:], scores[:, :-1], out=changes[:, 1:])
    if changes.all():
        return labels
    starts = np.flatnonzero(changes)
    lengths = np.diff(starts, append=changes.size)
    means = np.add.reduceat(labels.ravel(), starts) / lengths
    return np.repeat(means, lengths).reshape(labels.shape)
