"""Tables as lines of text: comma, tab, semicolon or bar between the cells."""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import pyarrow as pa

from mmnotes.data.raw import cells, columns
from mmnotes.data.raw.names import places
from mmnotes.data.raw.streams import opened
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed, Tolerance
from mmnotes.errors import InputError

_MAX_LINE = 2**20  # characters; the csv module itself refuses a cell of more than 131,072
_ROWS = 16_384
_DELIMITERS = ",\t;|"

Row = list[str]
Numbered = tuple[int, Row]


def batches(
    file: Path, schema: pa.Schema, tally: Tally, max_bad: int, given: Mapping[str, str] | None
) -> Iterator[pa.RecordBatch]:
    """What do the rows of a CSV file hold? Batches of a schema; see :func:`source.reviews`.

    The csv module and not a faster reader: it knows the line of each row, so that an error can
    name it, and no row, however malformed, ends the reading of the others.
    """
    tolerance = Tolerance(file, tally, max_bad)
    with opened(file) as stream:
        # A byte that is no UTF-8 becomes a lone surrogate, which the row's check refuses.
        text = io.TextIOWrapper(
            cast(BinaryIO, stream), "utf-8-sig", errors="surrogateescape", newline=""
        )
        lines = _lines(text, file)
        head = next(lines, "")
        delimiter = max(_DELIMITERS, key=head.count)
        header = _header(head, delimiter, file)
        where = places(header, schema, given, file)
        rows = _rows(csv.reader(lines, delimiter=delimiter), tolerance)
        while block := list(islice(rows, _ROWS)):

            def build(start: int, stop: int, block: list[Numbered] = block) -> pa.RecordBatch:
                found = _columns(block[start:stop], len(header), where)
                return cells.typed(found, stop - start, schema, tally)

            yield from tolerance.batches(build, [number for number, _ in block])


def _lines(text: TextIO, file: Path) -> Iterator[str]:
    """The file's lines, none of them endless."""
    number = 1
    while line := text.readline(_MAX_LINE + 1):
        if len(line) > _MAX_LINE:
            raise InputError(
                f"{file}: line {number} is longer than {_MAX_LINE} characters; is it a table?"
            )
        yield line
        number += 1


def _header(head: str, delimiter: str, file: Path) -> Row:
    try:
        return next(csv.reader([head], delimiter=delimiter), [])
    except csv.Error as error:
        raise InputError(f"{file}: line 1 names no columns ({error}); is it a table?") from None


def _rows(reader: Any, tolerance: Tolerance) -> Iterator[Numbered]:
    """Rows that are not empty, each with the number of the line that it ends on."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            tolerance.drop(reader.line_num + 1, Malformed("the line is no CSV", str(error)))
            continue
        if row is None:
            return
        if row:
            yield reader.line_num + 1, row  # one more, for the header


def _columns(rows: list[Numbered], width: int, where: Mapping[str, int]) -> dict[str, pa.Array]:
    if {len(row) for _, row in rows} != {width}:
        there = f"{len(rows[0][1])}, not {width}" if len(rows) == 1 else ""
        raise Malformed("the row has more or fewer cells than the header", there)
    return {name: columns.strings([row[i] for _, row in rows], name) for name, i in where.items()}
