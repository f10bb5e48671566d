"""Ranking metrics by name, as functions of ranks, exact where ties are averaged."""

from collections.abc import Callable, Sequence

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.firsts import expected_at_first
from mmnotes.evaluate.lattice import lattice_ndcg
from mmnotes.evaluate.ranks import PerGroup, Ranks
from mmnotes.evaluate.weights import discounts, first_sums, mean_weight, reach

_Function = Callable[[Ranks, int], np.ndarray]


def measure(ranks: Ranks, name: str) -> PerGroup:
    """What is the metric of each group?

    Where several rows tie, the value is the expectation over their random orders, in closed form.
    A metric that adds over relevant rows needs each row's mean over its run of equal scores
    (McSherry and Najork 2008, https://doi.org/10.1007/978-3-540-78646-7_38); hit rate and
    reciprocal rank look at the first relevant row, whose place in the run is negative
    hypergeometric; average precision needs pairs of rows.

    Parameters
    ----------
    ranks : Ranks
    name : str
        One of :data:`MEASURES`, with ``@k`` where ranks beyond k shall count nothing.

    Returns
    -------
    PerGroup
        Groups without a relevant row are left out, and counted. ``dcg`` alone keeps them: it is
        not divided by what the group could reach, so 0 is its value there.

    Raises
    ------
    InputError
        An unknown name; a k that is missing, not wanted or below 1.

    Examples
    --------
    >>> one = np.array([1])  # one group of four rows, whose one relevant row is tied for first
    >>> ranks = Ranks(one, one * 4, one * 0, one * 1.0, above=one * 0, tied=one * 2)
    >>> measure(ranks, "mrr").values
    array([0.75])
    """
    kind, k = _parse(name)
    function = MEASURES[kind]
    longest = int(ranks.sizes.max(initial=1))
    values = function(ranks, longest if k is None else k)
    keep = ranks.n_relevant > 0
    if kind in ("dcg", "dcg-exp"):
        keep[:] = True
    if kind == "auc":
        keep &= ranks.n_relevant < ranks.sizes
    return PerGroup(ranks.groups[keep], values[keep], int((~keep).sum()))


def measure_all(ranks: Ranks, metrics: Sequence[str]) -> dict[str, PerGroup]:
    """Several metrics of the same ranks, by name."""
    check_metrics(metrics)
    return {name: measure(ranks, name) for name in metrics}


def check_metrics(metrics: Sequence[str]) -> None:
    """Refuse names that :func:`measure` would refuse, before anything is computed."""
    if isinstance(metrics, str):
        raise InputError(f"metrics must be a list of names, as in [{metrics!r}]")
    for name in metrics:
        _parse(name)


def _parse(name: str) -> tuple[str, int | None]:
    """``"ndcg@10"`` as ``("ndcg", 10)``."""
    kind, at, digits = str(name).partition("@")
    if kind not in MEASURES:
        raise InputError(
            f"there is no metric {name!r}; there are {', '.join(MEASURES)}, "
            "with a k as in 'ndcg@10'"
        )
    if not at and kind not in _NEED_K:
        return kind, None
    if kind in _NO_K:
        raise InputError(f"metric {name!r}: {kind} looks at the whole list and takes no k")
    if not (digits.isascii() and digits.isdigit()) or int(digits) < 1:
        raise InputError(f"metric {name!r} needs a whole number from 1 as its k, as in '{kind}@10'")
    return kind, int(digits)


def named(kind: str, k: int | None) -> str:
    """The name of a metric at k, checked: ``named("ndcg", 10)`` is ``"ndcg@10"``."""
    if k is None:
        return kind
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise InputError(f"k must be a whole number from 1, not {k!r}")
    return f"{kind}@{k}"


def gained(kind: str, gain: str) -> str:
    """``kind`` with linear gain (the label) or exponential gain (2 ** label - 1)."""
    if gain not in ("linear", "exponential"):
        raise InputError(f"gain must be 'linear' or 'exponential', not {gain!r}")
    return kind if gain == "linear" else f"{kind}-exp"


def _exponential(grade: np.ndarray) -> np.ndarray:
    if grade.max(initial=0) > 1000:
        raise InputError(
            f"labels: a grade of {grade.max():g} is beyond exponential gain, 2 ** label - 1; "
            "use grades up to 1000, or linear gain"
        )
    return np.exp2(grade) - 1


def _dcg(ranks: Ranks, gain: np.ndarray, k: int) -> np.ndarray:
    return ranks.per_group(gain * mean_weight(discounts(ranks, k), ranks))


def _ndcg(ranks: Ranks, gain: np.ndarray, k: int) -> np.ndarray:
    weights = discounts(ranks, k)
    if len(gain) and (gain == gain[0]).all():  # clicks: the best sum depends on their number alone
        ideal = gain[0] * first_sums(weights)[np.minimum(ranks.n_relevant, len(weights))]
    else:
        order = np.lexsort((-gain, ranks.group))
        first = np.cumsum(ranks.n_relevant) - ranks.n_relevant
        place = np.arange(len(order)) - first[ranks.group[order]]
        earned = np.append(weights, 0.0)[np.minimum(place, len(weights))]
        ideal = np.bincount(ranks.group[order], gain[order] * earned, len(ranks.groups))
    return _divide(_dcg(ranks, gain, k), ideal)


def _hits(ranks: Ranks, k: int) -> np.ndarray:
    return ranks.per_group(mean_weight(np.ones(reach(ranks, k)), ranks))


def _recall(ranks: Ranks, k: int) -> np.ndarray:
    return _divide(_hits(ranks, k), ranks.n_relevant)


def _precision(ranks: Ranks, k: int) -> np.ndarray:
    return _hits(ranks, k) / k


def _summed_precision(ranks: Ranks, k: int) -> np.ndarray:
    """Expected precision at the ranks up to k of relevant rows, summed over them.

    A relevant row on place j of its run has, on average, (j - 1) (r - 1) / (t - 1) of the run's
    r relevant rows before it among the t tied ones, besides the relevant rows of greater scores.
    """
    run = ranks.runs
    inverse = mean_weight(1 / np.arange(1, reach(ranks, k) + 1), ranks)  # mean of 1 / rank
    share = mean_weight(np.ones(reach(ranks, k)), ranks)  # of the run's ranks up to k
    others = (run.length - 1) / np.maximum(ranks.tied - 1, 1)
    return ranks.per_group(
        (run.before + 1) * inverse + others * (share - (ranks.above + 1) * inverse)
    )


def _average_precision(ranks: Ranks, k: int) -> np.ndarray:
    return _divide(_summed_precision(ranks, k), np.minimum(ranks.n_relevant, k))


def _trec_average_precision(ranks: Ranks, k: int) -> np.ndarray:
    return _divide(_summed_precision(ranks, k), ranks.n_relevant)


def _reciprocal_rank(ranks: Ranks, k: int) -> np.ndarray:
    return expected_at_first(ranks, 1 / np.arange(1, reach(ranks, k) + 1))


def _hit_rate(ranks: Ranks, k: int) -> np.ndarray:
    return expected_at_first(ranks, np.ones(reach(ranks, k)))


def _auc(ranks: Ranks, _: int) -> np.ndarray:
    run = ranks.runs
    wrong = (ranks.above - run.before) + (ranks.tied - run.length) / 2
    pairs = ranks.n_relevant * (ranks.sizes - ranks.n_relevant)
    return 1 - _divide(ranks.per_group(wrong), pairs)


def _divide(sums: np.ndarray, by: np.ndarray) -> np.ndarray:
    """The quotient, 0 for groups that have nothing to divide by; they are left out later."""
    return np.divide(sums, by, out=np.zeros(len(sums)), where=by > 0)


MEASURES: dict[str, _Function] = {
    "ndcg": lambda ranks, k: _ndcg(ranks, ranks.grade, k),
    "ndcg-exp": lambda ranks, k: _ndcg(ranks, _exponential(ranks.grade), k),
    "ndcg-lattice": lattice_ndcg,
    "dcg": lambda ranks, k: _dcg(ranks, ranks.grade, k),
    "dcg-exp": lambda ranks, k: _dcg(ranks, _exponential(ranks.grade), k),
    "recall": _recall,
    "precision": _precision,
    "map": _average_precision,
    "map-trec": _trec_average_precision,
    "mrr": _reciprocal_rank,
    "hit": _hit_rate,
    "auc": _auc,
}
_NEED_K = ("ndcg-lattice", "recall", "precision", "map-trec", "hit")
_NO_K = ("auc",)
