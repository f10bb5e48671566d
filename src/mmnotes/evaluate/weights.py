"""What a rank is worth, and what a row earns whose rank is one of several."""

import numpy as np

from mmnotes.evaluate.ranks import Ranks


def reach(ranks: Ranks, k: int) -> int:
    """k, or the size of the largest group where k goes beyond it."""
    return min(k, int(ranks.sizes.max(initial=1)))


def discounts(ranks: Ranks, k: int) -> np.ndarray:
    """The weight 1 / log2(rank + 1) of the ranks from 1 that k reaches, (n_ranks,).

    Järvelin and Kekäläinen (2002), https://doi.org/10.1145/582415.582418, with the base 2 that
    everybody takes.
    """
    return 1 / np.log2(np.arange(2, reach(ranks, k) + 2))


def first_sums(weights: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, … n weights, (n + 1,)."""
    return np.append(0.0, np.cumsum(weights))


def mean_weight(weights: np.ndarray, ranks: Ranks) -> np.ndarray:
    """What does each relevant row earn, on average over the orders of its ties?

    Parameters
    ----------
    weights : (n_ranks,) float
        Of the ranks from 1; later ranks earn nothing.
    ranks : Ranks

    Returns
    -------
    (n_relevant,) float64
        The mean of the weights of the ranks ``above + 1`` to ``above + tied``.
    """
    n_ranks = len(weights)
    first = np.minimum(ranks.above, n_ranks)
    earned = np.append(weights, 0.0)[first]
    several = np.flatnonzero(ranks.tied > 1)  # else the weight itself, to its last digit
    if len(several):
        tied, start = ranks.tied[several], first[several]
        sums = first_sums(weights)
        end = np.minimum(ranks.above[several] + tied, n_ranks)
        earned[several] = (sums[end] - sums[start]) / tied
    return earned
