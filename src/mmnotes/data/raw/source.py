"""Raw reviews and metadata of any format, in one shape."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from mmnotes.data.raw import amazon_items, amazon_reviews, table
from mmnotes.data.raw.schemas import ITEMS, REVIEWS
from mmnotes.data.raw.tally import Dropped, Tally
from mmnotes.errors import InputError

FORMATS = ("amazon-2014", "amazon-2018", "amazon-2023", "table")

__all__ = ["FORMATS", "ITEMS", "REVIEWS", "Dropped", "Tally", "items", "reviews"]


def reviews(
    format: str,
    file: Path,
    tally: Tally,
    max_bad: int = 0,
    columns: Mapping[str, str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Who reviewed what, how and when: the rows of a raw file, batch by batch.

    Parameters
    ----------
    format : one of FORMATS
    file : Path
        Plain or compressed (gzip, bzip2).
    tally : Tally
        Counts the rows read, and those dropped and why, as the batches are taken.
    max_bad : int
        How many malformed rows to drop before the next is an error.
    columns : mapping, optional
        For a table: which of its columns holds "user", "item", "rating" and "timestamp". A name
        that is not given is guessed.

    Yields
    ------
    batch : RecordBatch of schema REVIEWS
        In the order of the file. Memory is bounded by a batch.

    Raises
    ------
    InputError
        If the file is no such file, broken or truncated, or a row is malformed: no user or item, a
        wrong type, a number that is not finite, too long or nested too deep. It names the file and
        the line.
    """
    if format == "table":
        return table.reviews(file, tally, max_bad, columns)
    _named(format, columns)
    return amazon_reviews.reviews(format, file, tally, max_bad)


def items(
    format: str,
    file: Path,
    tally: Tally,
    max_bad: int = 0,
    columns: Mapping[str, str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """What is known of each item: the metadata rows of a raw file, batch by batch.

    An item may come more than once, as it does in the files. Parameters, memory and errors are
    those of :func:`reviews`.

    Yields
    ------
    batch : RecordBatch of schema ITEMS
    """
    if format == "table":
        return table.items(file, tally, max_bad, columns)
    _named(format, columns)
    return amazon_items.items(format, file, tally, max_bad)


def _named(format: str, columns: Mapping[str, str] | None) -> None:
    if format not in FORMATS:
        raise InputError(f"unknown format {format!r}: choose one of {', '.join(FORMATS)}")
    if columns:
        raise InputError(f"format {format!r} has its own field names: columns are for a table")
