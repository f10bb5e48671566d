"""Ranks from a log: which rows of each group score more than its relevant ones."""

from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.ranks import Ranks, check_ties, inverse

_SCAN = 2048  # comparisons beyond which sorting a group is cheaper; fits the int16 counters
_CHUNK = 16_384  # relevant rows scanned at once, so that what is touched stays in the cache


def ranks_of_log(
    scores: np.ndarray | None,
    labels: np.ndarray,
    groups: np.ndarray,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> Ranks:
    """Where do the relevant rows of a log stand in their groups?

    Two ways to count, and the cheaper one for each group: compare every relevant row with the rows
    of its group, place by place for all groups together; or sort the group.

    Parameters
    ----------
    scores : (n_rows,) number, or None
        Higher is better. Infinite scores are allowed, NaN is not. None for a scorer that says the
        same of every row.
    labels : (n_rows,) bool, int or float
        Above 0 is relevant.
    groups : (n_rows,)
        The group of each row, numbers or words, in any order.
    ties : {"average", "best", "worst", "id"}
    ids : (n_rows,), optional
        For ``ties="id"``: of rows with equal scores, the one with the smaller id comes first, and
        of equal ids the earlier row. The row number if not given.

    Raises
    ------
    InputError
        Unequal lengths, no rows, NaN, negative labels, groups that lost digits as floats, an
        unknown tie rule, ids without ``ties="id"``.
    """
    check_ties(ties)
    labels, groups = np.asarray(labels), np.asarray(groups)
    scores = np.broadcast_to(0.0, labels.shape) if scores is None else np.asarray(scores)
    _check_lengths(scores=scores, labels=labels, groups=groups)
    scores = _checked_scores(scores)
    relevant = _checked_labels(labels)
    _check_groups(groups)
    ids = _tie_ids(ids, ties, len(groups))
    try:
        log, names = _split(groups)
    except TypeError as error:
        raise InputError(f"groups must be all numbers or all words: {error}") from error
    if log.order is not None:
        scores, relevant = scores[log.order], relevant[log.order]
        ids = None if ids is None else ids[log.order]
    rows = np.flatnonzero(relevant)
    code = np.searchsorted(log.starts, rows, side="right") - 1
    above, tied = _count(scores, ids, rows, code, log)
    grade = labels[rows if log.order is None else log.order[rows]].astype(np.float64)
    by_name = np.argsort(names, kind="stable")
    group = inverse(by_name)[code]
    ranks = Ranks(names[by_name], log.sizes[by_name], group, grade, above, tied)
    return ranks if ties == "id" else ranks.resolved(ties)


@dataclass(frozen=True)
class _Split:
    """Groups as stretches of rows: the order that makes them so (None if they are), and where."""

    order: np.ndarray | None
    starts: np.ndarray
    sizes: np.ndarray


def _split(groups: np.ndarray) -> tuple[_Split, np.ndarray]:
    """The stretches of rows of one group, and their ids."""
    starts = _starts(groups)
    names, order = groups[starts], None
    ascending = bool((names[1:] > names[:-1]).all())
    if not ascending and len(np.unique(names)) < len(names):  # rows of a group lie apart
        order = np.argsort(groups, kind="stable")
        groups = groups[order]
        starts = _starts(groups)
        names = groups[starts]
    return _Split(order, starts, np.diff(starts, append=len(groups))), names


def _starts(groups: np.ndarray) -> np.ndarray:
    changes = np.ones(len(groups), dtype=bool)
    np.not_equal(groups[1:], groups[:-1], out=changes[1:])
    return np.flatnonzero(changes)


def _count(
    scores: np.ndarray, ids: np.ndarray | None, rows: np.ndarray, code: np.ndarray, log: _Split
) -> tuple[np.ndarray, np.ndarray]:
    """Rows above and tied with each relevant row, (n_relevant,) int each.

    With ids, a tied row with a smaller id counts as above, and nothing is tied but the row itself.
    """
    comparisons = np.bincount(code, minlength=len(log.sizes)) * log.sizes
    above, tied = np.empty(len(rows), np.intp), np.empty(len(rows), np.intp)
    few = comparisons[code] <= _SCAN
    some = np.flatnonzero(few)
    above[some], tied[some] = _scanned(scores, ids, rows[some], code[some], log)
    rest = np.flatnonzero(~few)
    cuts = np.flatnonzero(np.diff(code[rest])) + 1
    for one in np.split(rest, cuts) if len(rest) else ():
        start = log.starts[code[one[0]]]
        whole = slice(start, start + log.sizes[code[one[0]]])
        own_ids = None if ids is None else ids[whole]
        above[one], tied[one] = _sorted(scores[whole], own_ids, rows[one] - start)
    return above, tied


def _scanned(
    scores: np.ndarray, ids: np.ndarray | None, rows: np.ndarray, code: np.ndarray, log: _Split
) -> tuple[np.ndarray, np.ndarray]:
    """Compare relevant rows with one place of their groups after the other."""
    # Longest groups first, so that those that have a place at all are the first ones of a chunk.
    order = np.argsort(log.sizes[code].astype(np.uint16), kind="stable")[::-1]
    rows, size, start = rows[order], log.sizes[code[order]], log.starts[code[order]]
    above, tied = np.zeros(len(rows), np.int16), np.zeros(len(rows), np.int16)
    for first in range(0, len(rows), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        row, begin, up, level = rows[chunk], start[chunk], above[chunk], tied[chunk]
        own = scores[row]
        places = np.arange(size[first])
        alive = len(row) - np.searchsorted(size[chunk][::-1], places, side="right")
        for place, n in zip(places.tolist(), alive.tolist(), strict=True):
            other = begin[:n] + place
            score = scores[other]
            up[:n] += score > own[:n]
            same = score == own[:n]
            if ids is None:
                level[:n] += same
            else:
                up[:n] += same & (ids[other] < ids[row[:n]])
    back = inverse(order)
    return above[back], np.ones_like(above) if ids is not None else tied[back]


def _sorted(
    scores: np.ndarray, ids: np.ndarray | None, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Look the relevant rows of one group up among its sorted scores."""
    in_order, own = np.sort(scores), scores[rows]
    below = np.searchsorted(in_order, own, side="left")
    up_to = np.searchsorted(in_order, own, side="right")
    above, tied = len(scores) - up_to, up_to - below
    if ids is None:
        return above, tied
    place = inverse(np.lexsort((ids, scores)))
    return above + place[rows] - below, np.ones_like(tied)


def _checked_scores(scores: np.ndarray) -> np.ndarray:
    scores = _numbers(scores, "scores")
    refuse(np.isnan(scores), "scores", "is NaN: give every row a score")
    return scores


def _checked_labels(labels: np.ndarray) -> np.ndarray:
    """Which rows are relevant, (n_rows,) bool."""
    if labels.dtype.kind == "b":
        return labels
    labels = _numbers(labels, "labels")
    if labels.dtype.kind != "u":
        refuse(~(np.isfinite(labels) & (labels >= 0)), "labels", "must be a number from 0 up")
    return labels > 0


def _numbers(column: np.ndarray, name: str) -> np.ndarray:
    """A column of numbers as it is; of objects, such as a table with gaps holds, as float64."""
    if column.dtype.kind in "biuf":
        return column
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers: {error}") from error


def _check_groups(groups: np.ndarray) -> None:
    if groups.dtype.kind != "f":
        return
    refuse(np.isnan(groups), "groups", "is NaN: give every row the id of its group")
    limit = 2 / np.finfo(groups.dtype).eps
    refuse(
        np.abs(groups) >= limit,
        "groups",
        f"is a {groups.dtype} from {limit:.0f} up, where neighbouring ids become one: give whole "
        "numbers or words",
    )


def _tie_ids(ids: np.ndarray | None, ties: str, n_rows: int) -> np.ndarray | None:
    """Whose turn comes first among equals, (n_rows,) int, or None where no id decides."""
    if ties != "id":
        if ids is not None:
            raise InputError(f"ids decide ties only under ties='id', not under {ties!r}")
        return None
    if ids is None:
        return np.arange(n_rows)
    ids = np.asarray(ids)
    if ids.shape != (n_rows,):
        raise InputError(f"ids must be ({n_rows},), one for each row, not {ids.shape}")
    return inverse(np.argsort(ids, kind="stable"))


def _check_lengths(**columns: np.ndarray) -> None:
    shapes = {name: column.shape for name, column in columns.items()}
    if columns["labels"].ndim != 1 or len(set(shapes.values())) != 1:
        raise InputError(f"scores, labels and groups must be (n_rows,) each, not {shapes}")
    if not len(columns["labels"]):
        raise InputError("there is no row to rank: the test set is empty")


def refuse(bad: np.ndarray, column: str, what: str) -> None:
    """Raise an error that names the first bad row of a column and counts them all."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"{column}: row {row} {what} ({int(bad.sum())} rows in all)")
