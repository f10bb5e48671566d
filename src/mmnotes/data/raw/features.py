"""Item vectors in ``.npy`` files, as published beside a split: looked at block by block."""

from pathlib import Path

import numpy as np

from mmnotes.data.files import open_vectors
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_BLOCK_BYTES = 2**24


def read_features(file: Path, n_items: int, tally: Tally) -> np.ndarray:
    """The vectors in this file, one finite row an item.

    Parameters
    ----------
    file : Path
        An ``.npy`` file; a pickle in it is never loaded.
    n_items : int
        Rows that there must be.
    tally : Tally
        Counts the rows, and those that are zero: vectors that say nothing.

    Returns
    -------
    (n_items, d) float32 or float16
        Memory-mapped, so that a large file need not fit into memory; float64 becomes float32 in
        memory, as half of it is what the published vectors hold.

    Raises
    ------
    InputError
        If the file is broken or a pickle, has another number of rows, holds other than
        floating-point numbers, or NaN or infinity, also where float32 cannot hold a number.
    """
    values = open_vectors(file, n_items, f"there are {n_items} items", mmap_mode="r")
    kept = values
    if values.dtype.itemsize > 4 or not values.dtype.isnative:
        kept = np.empty(values.shape, np.float32)
    step = max(1, _BLOCK_BYTES // max(1, values.shape[1] * values.dtype.itemsize))
    zero = 0
    for start in range(0, n_items, step):
        block = values[start : start + step]
        if kept is not values:
            with np.errstate(over="ignore"):  # refused below, with the row
                block = kept[start : start + step] = block.astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if len(bad):
            raise InputError(f"{file}: row {start + bad[0]} holds NaN or infinity; fetch it again")
        zero += int(np.count_nonzero(~block.any(axis=1)))
    tally.read(f"zero rows of {file.name}", zero)
    return kept
