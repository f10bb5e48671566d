"""NDCG as LATTICE's code has it: to match a published figure, not to use."""

import numpy as np
from scipy.stats import hypergeom

from mmnotes.evaluate.ranks import Ranks
from mmnotes.evaluate.weights import discounts, first_sums, mean_weight

_SHORTEST = 20  # the code retrieves 20 items, even for k = 10


def lattice_ndcg(ranks: Ranks, k: int) -> np.ndarray:
    """How close is each group's order to the best order of what was *retrieved*?

    The sum of discounts is divided by what the retrieved list, of max(k, 20) rows, would reach if
    sorted, and not by what the relevant rows could: whoever finds 1 of 5 relevant rows and puts it
    first gets 1. The two agree for groups with one relevant row; otherwise this one is greater. A
    group of which nothing is retrieved counts 0. So in the code of LATTICE (Zhang et al. 2021,
    https://doi.org/10.1145/3474085.3475259), of MICRO and of those who started from NGCF's.

    The divisor is random only where ties straddle the end of the list; there the number of
    relevant rows among those retrieved is hypergeometric, and the expectation a sum over it.

    Parameters
    ----------
    ranks : Ranks
        Grades are not looked at.
    k : int

    Returns
    -------
    (n_groups,) float64
    """
    n_listed = max(k, _SHORTEST)
    weights = discounts(ranks, k)
    sums = first_sums(weights)
    listed = ranks.above + ranks.tied <= n_listed
    found = ranks.per_group(listed).astype(np.intp)
    reached = ranks.per_group(np.where(listed, mean_weight(weights, ranks), 0.0))
    values = _over_best(reached, found, sums)

    cut = np.flatnonzero(~listed & (ranks.above < n_listed) & (ranks.runs.place == 0))
    group, places = ranks.group[cut], n_listed - ranks.above[cut]
    tied, relevant = ranks.tied[cut], ranks.runs.length[cut]
    a_place = (sums[-1] - sums[np.minimum(ranks.above[cut], len(weights))]) / places
    values[group] = 0.0
    for more in range(int(np.minimum(places, relevant).max(initial=-1)) + 1):
        value = _over_best(reached[group] + more * a_place, found[group] + more, sums)
        values[group] += hypergeom.pmf(more, tied, relevant, places) * value
    return values


def _over_best(reached: np.ndarray, found: np.ndarray, sums: np.ndarray) -> np.ndarray:
    best = sums[np.minimum(found, len(sums) - 1)]
    return np.divide(reached, best, out=np.zeros(len(best)), where=best > 0)
