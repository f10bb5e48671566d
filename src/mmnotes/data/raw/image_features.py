"""Image vectors as published with Amazon 2014: records of an ASIN and 4,096 numbers.

The last hidden layer of a convolutional network (Caffe's reference model), by McAuley and others,
2015, https://doi.org/10.1145/2766462.2767755. The format is described at
https://cseweb.ucsd.edu/~jmcauley/datasets/amazon/links.html
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmnotes.data.raw.streams import opened
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed, Tolerance
from mmnotes.errors import InputError

WIDTH = 4096
_RECORD = np.dtype([("asin", "S10"), ("vector", "<f4", (WIDTH,))])
_ROWS = 512  # 8 MiB a block
_ALLOWED = np.zeros(256, bool)  # of a byte of an ASIN
_ALLOWED[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] = True


def vectors(file: Path, tally: Tally, max_bad: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Which item has which image vector, block by block? Memory is bounded by a block.

    Parameters
    ----------
    file : Path
        Records of a 10-byte ASIN and 4,096 little-endian float32, nothing between them; plain,
        gzip or bzip2.
    tally : Tally
        Counts the vectors, and the records dropped: a repeated ASIN (the first one stays), and
        what ``max_bad`` allows.
    max_bad : int
        How many records with NaN, infinity or no ASIN to drop before the next is an error.

    Yields
    ------
    asins : (n,) of str
    vectors : (n, 4096) float32, finite

    Raises
    ------
    InputError
        If the file cannot be read, ends within a record, or holds more bad records than allowed.
    """
    tolerance = Tolerance(file, tally, max_bad, "record")
    seen: set[bytes] = set()
    first = 1
    with opened(file) as stream:
        while block := stream.read(_ROWS * _RECORD.itemsize):
            n, beyond = divmod(len(block), _RECORD.itemsize)
            if beyond:
                raise InputError(
                    f"{file}: ends within record {first + n}; a record is {_RECORD.itemsize} "
                    "bytes: truncated, or no file of image features; fetch it again"
                )
            records = np.frombuffer(block, _RECORD)
            kept = records[_usable(records, tolerance, first, seen)]
            first += n
            tally.read("image vectors", len(kept))
            if len(kept):
                yield kept["asin"].astype("U10").astype(object), kept["vector"].astype("f4")


def _usable(records: np.ndarray, tolerance: Tolerance, first: int, seen: set[bytes]) -> np.ndarray:
    """Which records to keep, (n,) bool; the others are counted, or too many."""
    # As bytes and not as the field: NumPy takes trailing zero bytes off a text.
    letters = records.view(np.uint8).reshape(len(records), -1)[:, : _RECORD["asin"].itemsize]
    finite = np.logical_and.reduce(np.isfinite(records["vector"]), axis=1)
    named = np.logical_and.reduce(_ALLOWED[letters], axis=1)
    usable = np.ones(len(records), bool)
    for i, asin in enumerate(records["asin"].tolist()):
        if not (named[i] and finite[i]):
            fault = "NaN or infinity in the vector" if named[i] else "no ASIN"
            tolerance.drop(first + i, Malformed(fault))
        elif asin in seen:
            where = f"{tolerance.file.name} {tolerance.row} {first + i}"
            tolerance.tally.drop("image vector of an ASIN that had one", where)
        else:
            seen.add(asin)
            continue
        usable[i] = False
    return usable
