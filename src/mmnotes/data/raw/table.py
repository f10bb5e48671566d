"""A user's own table of reviews or items: CSV, TSV or parquet, its columns by any clear name."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mmnotes.data.raw import cells, delimited
from mmnotes.data.raw.names import places
from mmnotes.data.raw.schemas import ITEMS, REVIEWS
from mmnotes.data.raw.streams import opened
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Tolerance
from mmnotes.errors import InputError

_ROWS = 16_384


def reviews(
    file: Path, tally: Tally, max_bad: int = 0, given: Mapping[str, str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Who reviewed what, how and when? Batches of schema REVIEWS; see :func:`source.reviews`.

    Ids are texts or whole numbers. Times are seconds since 1970 (UTC), or dates as parquet has
    them, or as ISO 8601 writes them; without a zone they are UTC.
    """
    return _batches(file, REVIEWS, "reviews", tally, max_bad, given)


def items(
    file: Path, tally: Tally, max_bad: int = 0, given: Mapping[str, str] | None = None
) -> Iterator[pa.RecordBatch]:
    """What is known of each item? Batches of schema ITEMS; see :func:`source.items`."""
    return _batches(file, ITEMS, "metadata rows", tally, max_bad, given)


def _batches(
    file: Path,
    schema: pa.Schema,
    what: str,
    tally: Tally,
    max_bad: int,
    given: Mapping[str, str] | None,
) -> Iterator[pa.RecordBatch]:
    with opened(file) as stream:
        read = _parquet if stream.read(4) == b"PAR1" else delimited.batches
    for batch in read(file, schema, tally, max_bad, given):
        tally.read(what, batch.num_rows)
        yield batch


def _parquet(
    file: Path, schema: pa.Schema, tally: Tally, max_bad: int, given: Mapping[str, str] | None
) -> Iterator[pa.RecordBatch]:
    tolerance = Tolerance(file, tally, max_bad, "row")
    first = 1
    for found in _row_groups(file, schema, given):

        def build(start: int, stop: int, found: dict[str, pa.Array] = found) -> pa.RecordBatch:
            cut = {name: column.slice(start, stop - start) for name, column in found.items()}
            return cells.typed(cut, stop - start, schema, tally)

        n = len(next(iter(found.values())))
        yield from tolerance.batches(build, range(first, first + n))
        first += n


def _row_groups(
    file: Path, schema: pa.Schema, given: Mapping[str, str] | None
) -> Iterator[dict[str, pa.Array]]:
    """Columns by field, some thousand rows at a time."""
    try:
        with pq.ParquetFile(file) as table:
            where = places(table.schema_arrow.names, schema, given, file)
            names = [table.schema_arrow.names[i] for i in where.values()]
            for batch in table.iter_batches(_ROWS, columns=names):
                yield {field: batch.column(name) for field, name in zip(where, names, strict=True)}
    except InputError:
        raise
    # In a broken file pyarrow stumbles anywhere in its parsers.
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise InputError(f"{file}: not a whole parquet file ({error}); write it again") from None
