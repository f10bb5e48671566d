"""Which items lie closest to which."""

import numpy as np

from mmnotes.errors import InputError

_BLOCK_ENTRIES = 4_000_000  # similarities held at once: 16 MB
_DECIMALS = 12  # cosines are equal if they agree to as many: the rest is rounding
_TIE = 1e-5  # float32 products may be off by this much; candidates that close are computed again


def cosine_neighbors(
    values: np.ndarray, k: int, present: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Which ``k`` items point in the most similar direction?

    Exact, in blocks of rows, so that memory grows with n and not with n². An item is not its own
    neighbour. Of items that are equally near, to twelve decimals of the cosine, the lower row
    number comes first. A row of zeros has no direction and counts as absent.

    Parameters
    ----------
    values : (n, d) float
        One row an item.
    k : int
        Neighbours of each item.
    present : (n,) bool, optional
        Rows that take part; by default all.

    Returns
    -------
    index : (n, k) int64
        Row numbers, the nearest first; -1 in absent rows.
    cosine : (n, k) float32
        Their cosines; NaN in absent rows.

    Raises
    ------
    InputError
        If a value is NaN or infinite, the lengths differ, or fewer than ``k`` others are present.
    """
    values = np.asarray(values)
    present = _taking_part(values, present)
    rows = np.flatnonzero(present)
    if not 1 <= k < len(rows):
        raise InputError(
            f"k={k} neighbours of {len(rows)} present items: choose k from 1 to {len(rows) - 1}"
        )
    units = values[rows].astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    index = np.full((len(values), k), -1, np.int64)
    cosine = np.full((len(values), k), np.nan, np.float32)
    singles = units.astype(np.float32)
    step = max(1, _BLOCK_ENTRIES // len(rows))
    for start in range(0, len(rows), step):
        block = np.arange(start, min(start + step, len(rows)))
        near, cosines = _nearest(units, singles, block, k)
        index[rows[block]] = rows[near]
        cosine[rows[block]] = cosines
    return index, cosine


def centred(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Subtract what all present items share, their mean; absent rows stay zero.

    Parameters
    ----------
    values : (n, d) float
    present : (n,) bool

    Returns
    -------
    (n, d) of the same type

    Raises
    ------
    InputError
        If the lengths differ, or no item is present.
    """
    if present.shape != values.shape[:1]:
        raise InputError(f"values {values.shape} and present {present.shape} differ in length")
    if not present.any():
        raise InputError("no item is present, so there is no mean to subtract")
    mean = values[present].mean(axis=0, dtype=np.float64).astype(values.dtype)
    return np.where(present[:, None], values - mean, values.dtype.type(0))


def _taking_part(values: np.ndarray, present: np.ndarray | None) -> np.ndarray:
    if values.ndim != 2:
        raise InputError(f"values must be (n, d), not {values.shape}")
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise InputError(f"{len(bad)} rows hold NaN or infinity, the first is row {bad[0]}")
    directed = (values != 0).any(axis=1)
    if present is None:
        return directed
    if present.shape != values.shape[:1]:
        raise InputError(f"values {values.shape} and present {present.shape} differ in length")
    return directed & present


def _nearest(
    units: np.ndarray, singles: np.ndarray, block: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of a block of rows: candidates in float32, then decided in float64."""
    rough = singles[block] @ singles.T  # (b, n)
    rough[np.arange(len(block)), block] = -np.inf
    threshold = np.partition(rough, -k, axis=1)[:, -k] - np.float32(_TIE)
    # One flat search is several times faster than np.nonzero of two dimensions.
    row, candidate = np.divmod(np.flatnonzero(rough >= threshold[:, None]), rough.shape[1])
    exact = np.round(_products(units, block[row], candidate), _DECIMALS)
    order = np.lexsort((candidate, -exact, row))
    starts = np.searchsorted(row, np.arange(len(block)))
    chosen = order[starts[:, None] + np.arange(k)]
    return candidate[chosen], exact[chosen]


def _products(units: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Dot products of pairs of rows, a bounded number at a time."""
    out = np.empty(len(left))
    step = max(1, _BLOCK_ENTRIES // units.shape[1])
    for start in range(0, len(left), step):
        part = slice(start, start + step)
        out[part] = np.einsum("ij,ij->i", units[left[part]], units[right[part]])
    return out
