"""Which items lie closest to which."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from tqdm import tqdm

from mmnotes.errors import InputError
from mmnotes.features.products import products
from mmnotes.features.shortlist import Shortlist, Units, first_of_each

_ROWS = 2048  # of a block: 2,048 × 2,048 rough cosines are 16 MB
_ENTRIES = 4_000_000  # of the matrix read at once where a pass needs no blocks
_LONGEST = 1e150  # lengths whose squares float64 still holds, and those of their inverses


def cosine_neighbors(
    values: np.ndarray,
    k: int,
    present: np.ndarray | None = None,
    *,
    itself: bool = False,
    device: str = "auto",
) -> tuple[np.ndarray, np.ndarray]:
    """Which ``k`` items point in the most similar direction?

    Exact: what is rounded on the way only decides which pairs are computed again in float64, and
    the bound of its error decides that none is missed. So the answer does not depend on
    ``device``, nor on whether torch is installed. Of items that are equally near, to twelve
    decimals of the cosine, the lower row number comes first. A row of zeros has no direction and
    counts as absent.

    Each pair of blocks is multiplied once, for both of its sides. Besides ``values``, which may be
    a memory map, memory holds three blocks of 2,048 rows and about two kilobytes an item; items
    with the same vector are computed once.

    Parameters
    ----------
    values : (n, d) float
        One row an item.
    k : int
        Neighbours of each item.
    present : (n,) bool, optional
        Rows that take part; by default all.
    itself : bool
        Count an item among its own neighbours, as published graphs do. It then comes first, or
        after the items with the same vector and a lower row number.
    device : str
        Where blocks are multiplied: ``"auto"`` (for large work a GPU, where torch sees one),
        ``"cpu"``, or another name that torch knows.

    Returns
    -------
    index : (n, k) int64
        Row numbers, the nearest first; -1 in absent rows.
    cosine : (n, k) float32
        Their cosines; NaN in absent rows.

    Raises
    ------
    InputError
        If a value is NaN or infinite, the lengths differ, fewer than ``k`` others are present, or
        the device cannot be had.
    """
    values = np.asarray(values)
    lengths = directions(values, present)
    rows = np.flatnonzero(lengths)
    check_k(k, len(rows), itself)
    keep = k if itself else k + 1
    first, kind = _distinct(values, rows)
    units = Units(values, rows[first], lengths[rows[first]])
    nearest = _search(units, keep, np.bincount(kind), device)
    near, cosines = _by_item(nearest, kind, keep)
    if not itself:
        near, cosines = _without_itself(near, cosines)
    index = np.full((len(values), k), -1, np.int64)
    cosine = np.full((len(values), k), np.nan, np.float32)
    index[rows], cosine[rows] = rows[near], cosines
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


def directions(values: np.ndarray, present: np.ndarray | None) -> np.ndarray:
    """How long is each row that takes part? (n,) float64; 0 where it does not, or is all zeros.

    Raises
    ------
    InputError
        If a value is NaN or infinite, or the lengths differ; the message names the first row.
    """
    if values.ndim != 2:
        raise InputError(f"values must be (n, d), not {values.shape}")
    if present is not None and present.shape != values.shape[:1]:
        raise InputError(f"values {values.shape} and present {present.shape} differ in length")
    lengths, bad = np.empty(len(values)), np.zeros(len(values), bool)
    for part in _portions(values):
        block = values[part].astype(np.float64)
        with np.errstate(over="ignore"):  # refused below
            lengths[part] = np.linalg.norm(block, axis=1)
        bad[part] = ~np.isfinite(block).all(axis=1)
        empty = ~block.any(axis=1)
        odd = ~bad[part] & ~empty & ((lengths[part] > _LONGEST) | (lengths[part] < 1 / _LONGEST))
        if odd.any():
            raise InputError(
                f"row {part.start + odd.argmax()} holds numbers too large or too small to have a "
                "direction in float64: scale the values"
            )
    if bad.any():
        raise InputError(f"{bad.sum()} rows hold NaN or infinity, the first is row {bad.argmax()}")
    return lengths if present is None else np.where(present, lengths, 0)


def check_k(k: int, n_present: int, itself: bool) -> None:
    """Refuse more neighbours than there are.

    Raises
    ------
    InputError
        If ``k`` is below one, or above the number of items that take part, itself counted or not.
    """
    most = n_present if itself else n_present - 1
    if not 1 <= k <= most:
        raise InputError(
            f"k={k} neighbours of {n_present} present items: choose k from 1 to {most}"
        )


def _portions(values: np.ndarray) -> Iterator[slice]:
    step = max(1, _ENTRIES // max(1, values.shape[1]))
    for start in range(0, len(values), step):
        yield slice(start, start + step)


def _distinct(values: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are the first of their kind, and which kind is each? (m,) and (n_rows,) int.

    Kinds are numbered as they first appear, so that the lower kind has the lower row.
    """
    digests = [
        hashlib.sha256(row).digest()
        for part in _portions(values)
        for row in np.ascontiguousarray(values[part])
    ]
    kind, _ = pd.factorize(np.array(digests, dtype=object)[rows])
    return np.unique(kind, return_index=True)[1], kind


def _search(
    units: Units, keep: int, copies: np.ndarray, device: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The nearest kinds of each kind, itself among them; see ``Shortlist.nearest``."""
    edges = np.linspace(0, len(units), -(-len(units) // _ROWS) + 1).astype(int)
    blocks = [slice(start, stop) for start, stop in pairwise(edges)]
    way = products(len(units), units.width, device)
    shortlist = Shortlist(units, keep, way.error(map(units.single, blocks)), copies)
    for block in blocks:
        own = units.single(block)
        shortlist.offer(block, block, way.multiply(own, own))
    # The bar shows after five seconds, and only at a terminal: never on a page.
    bar = tqdm(blocks, "comparing items", delay=5, leave=False, disable=None)
    for number, block in enumerate(bar):
        own = units.single(block)
        for other in blocks[number + 1 :]:
            shortlist.offer(block, other, way.multiply(own, units.single(other)))
    return shortlist.nearest()


def _by_item(
    nearest: tuple[np.ndarray, np.ndarray, np.ndarray], kind: np.ndarray, keep: int
) -> tuple[np.ndarray, np.ndarray]:
    """From neighbours among kinds to the ``keep`` nearest items of each item, itself among them."""
    one, other, cosine = nearest
    members = np.argsort(kind, kind="stable")  # by kind, then by number
    count = np.bincount(kind)
    start = np.cumsum(count) - count
    taken = np.minimum(count, keep)[other]  # no more of one kind can matter
    pair = np.repeat(np.arange(len(other)), taken)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(taken) - taken, taken)
    item = members[start[other[pair]] + place]
    order = np.lexsort((item, -cosine[pair], one[pair]))
    order = order[first_of_each(one[pair[order]], keep)]
    shape = len(count), keep
    return item[order].reshape(shape)[kind], cosine[pair[order]].reshape(shape)[kind]


def _without_itself(near: np.ndarray, cosine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave each item out of its own row, or else the last."""
    drop = near == np.arange(len(near))[:, None]
    drop[~drop.any(axis=1), -1] = True
    shape = len(near), near.shape[1] - 1
    return near[~drop].reshape(shape), cosine[~drop].reshape(shape)
