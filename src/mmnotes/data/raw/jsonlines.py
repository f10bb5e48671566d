"""Files of one record a line, read in blocks: JSON, or the Python literals of 2014."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from mmnotes.data.raw.streams import opened
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed, Tolerance

MAX_LINE = 16 * 2**20  # bytes, far more than a review or an item has to say
_BLOCK = 2**20  # small enough that a block's parsed objects stay in the processor's cache

Parse = Callable[[bytes], Any]
Build = Callable[[Iterator[Any]], pa.RecordBatch]


def batches(
    file: Path,
    build: Build,
    what: str,
    tally: Tally,
    max_bad: int = 0,
    parse: Parse = orjson.loads,
) -> Iterator[pa.RecordBatch]:
    """What do the records of a file hold, block by block?

    Parameters
    ----------
    file : Path
        One record a line; empty lines are no records. Plain, gzip or bzip2.
    build : callable
        From an iterator over records, of whatever type a line says, to a batch of as many rows;
        raises Malformed. Whoever takes the fields that matter out of each record and lets go of it
        is a quarter faster than who lists the records first: they stay in the processor's cache.
    what : str
        What the tally calls the rows.
    parse : callable
        From a line to its record; raises Malformed, or orjson's own error.

    Raises
    ------
    InputError
        If the file cannot be read to its end, or more than ``max_bad`` lines are malformed.
    """
    tolerance = Tolerance(file, tally, max_bad)
    for first, lines in blocks(file):

        def made(start: int, stop: int, lines: list[bytes] = lines) -> pa.RecordBatch:
            return _built(lines[start:stop], parse, build)

        for batch in tolerance.batches(made, range(first, first + len(lines))):
            tally.read(what, batch.num_rows)
            yield batch


def blocks(file: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A file's lines, block by block, with the number of a block's first line, from 1.

    A line longer than MAX_LINE comes cut, one byte longer than that, so that memory stays bounded.
    """
    first, rest = 1, b""
    with opened(file) as stream:
        while chunk := stream.read(_BLOCK):
            block = rest + chunk
            *lines, rest = block.split(b"\n")
            if len(rest) > MAX_LINE:
                rest = rest[: MAX_LINE + 1]
            if lines:
                yield first, lines
                first += len(lines)
    if rest:
        yield first, [rest]


def _built(lines: Sequence[bytes], parse: Parse, build: Build) -> pa.RecordBatch:
    if max(map(len, lines)) > MAX_LINE:
        raise Malformed("the line is too long", f"more than {MAX_LINE} bytes")
    if not all(map(bytes.strip, lines)):
        lines = [line for line in lines if line.strip()]
    try:
        return build(map(parse, lines))
    except orjson.JSONDecodeError as error:
        raise Malformed("the line is no JSON", str(error)) from None
