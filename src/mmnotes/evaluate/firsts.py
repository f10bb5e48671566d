"""What the first relevant row of a group earns, exact under ties."""

import numpy as np

from mmnotes.evaluate.ranks import Ranks

_BLOCK = 1_000_000  # places held at once; bounds memory at about 50 MB


def expected_at_first(ranks: Ranks, weights: np.ndarray) -> np.ndarray:
    """What does the first relevant row of each group earn, on average over the orders of ties?

    Only the run of equal scores in which the first relevant row stands matters. When r of its t
    rows are relevant, the place J of the first one is negative hypergeometric:
    P(J > j) = (t - r)(t - r - 1) … (t - r - j + 1) / (t (t - 1) … (t - j + 1)).

    Parameters
    ----------
    ranks : Ranks
    weights : (n_ranks,) float
        Of the ranks from 1; later ranks earn nothing. Reciprocal ranks give MRR, ones the hit rate.

    Returns
    -------
    (n_groups,) float64
        0 for a group without a relevant row.
    """
    first = np.flatnonzero((ranks.runs.before == 0) & (ranks.runs.place == 0))
    first = first[ranks.above[first] < len(weights)]
    columns = (ranks.above[first], ranks.tied[first], ranks.runs.length[first])
    runs, which = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    result = np.zeros(len(ranks.groups))
    result[ranks.group[first]] = _means(runs, weights)[which]
    return result


def _means(runs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean weight at the first relevant row of runs (above, tied, relevant), (n_runs,)."""
    above, tied, relevant = runs.T
    n_places = np.minimum(tied - relevant + 1, len(weights) - above)
    means = np.empty(len(runs))
    longest_first = np.argsort(-n_places, kind="stable")
    start = 0
    while start < len(runs):
        width = n_places[longest_first[start]]
        some = longest_first[start : start + max(1, _BLOCK // width)]
        means[some] = _block(runs[some], int(width), weights)
        start += len(some)
    return means


def _block(runs: np.ndarray, width: int, weights: np.ndarray) -> np.ndarray:
    above, tied, relevant = runs.T[:, :, None]
    place = np.arange(width)  # from 0, so `place` rows of the run stand before
    left = np.maximum(tied - place, 1)
    none_yet = np.cumprod(np.maximum(left - relevant, 0) / left, axis=1)
    here = relevant / left
    here[:, 1:] *= none_yet[:, :-1]
    earned = np.append(weights, 0.0)[np.minimum(above + place, len(weights))]
    return (here * earned).sum(axis=1)
