"""What a cosine is worth: against random pairs, and against what neighbours should share."""

import numpy as np

from mmnotes.errors import InputError


def random_pair_cosines(
    values: np.ndarray, n_pairs: int = 2000, random_state: int = 0
) -> np.ndarray:
    """How alike are two items that have nothing to do with each other?

    The line that every neighbour's cosine must be read against.

    Parameters
    ----------
    values : (n_items, d) float
    n_pairs : int
        Pairs of different items, drawn at random.

    Returns
    -------
    (n_pairs,) float

    Raises
    ------
    InputError
        If there are fewer than two items with a vector that is not zero.
    """
    norms = np.linalg.norm(values, axis=1)
    rows = np.flatnonzero(norms > 0)
    if len(rows) < 2:
        raise InputError("random pairs need at least two items whose vector is not zero")
    rng = np.random.default_rng(random_state)
    one = rng.integers(0, len(rows), size=n_pairs)
    other = (one + rng.integers(1, len(rows), size=n_pairs)) % len(rows)
    one, other = rows[one], rows[other]
    return np.einsum("nd,nd->n", values[one], values[other]) / (norms[one] * norms[other])


def neighbor_agreement(index: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How often does an item share a label with its neighbours?

    Parameters
    ----------
    index : (n_items, k) int
        Row numbers of neighbours; an item whose row is negative has none.
    labels : (n_items,)

    Returns
    -------
    (n_items,) float
        NaN for an item without neighbours.
    """
    same = labels[index] == labels[:, None]
    return np.where((index >= 0).all(axis=1), same.mean(axis=1), np.nan)


def chance_agreement(labels: np.ndarray) -> float:
    """The probability that two different items share a label."""
    counts = np.unique(labels, return_counts=True)[1].astype(float)
    n = counts.sum()
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def neighbor_overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The share of each item's neighbours that two neighbour lists have in common.

    Parameters
    ----------
    one, other : (n_items, k) int
        Negative rows hold no neighbours.

    Returns
    -------
    (n_items,) float
        NaN where either list is empty.
    """
    if one.shape != other.shape:
        raise InputError(f"neighbour lists differ in shape: {one.shape} and {other.shape}")
    common = (one[:, :, None] == other[:, None, :]).any(axis=2).mean(axis=1)
    return np.where((one >= 0).all(axis=1) & (other >= 0).all(axis=1), common, np.nan)
