"""Columns of a user's own table, whatever their types, as those of a schema."""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mmnotes.data.raw import columns
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed

_EPOCH = pd.Timestamp(0, tz="UTC")


def typed(found: Mapping[str, pa.Array], n: int, schema: pa.Schema, tally: Tally) -> pa.RecordBatch:
    """A batch of this schema, (n rows), from the columns found; the others are null.

    Raises
    ------
    Malformed
        If a row has no user or no item, or a value of a wrong type or out of range.
    """
    made = []
    for field in schema:  # the price comes last, so that what it counts is counted once
        column = found.get(field.name)
        if column is None:
            made.append(pa.nulls(n, field.type))
        elif not field.nullable:
            made.append(_ids(column, field.name))
        elif field.name == "price":
            made.append(columns.prices(_plain(column).to_pylist(), tally))
        elif field.name == "timestamp":
            made.append(columns.times(_seconds(column, field.name), field.name))
        elif pa.types.is_floating(field.type):
            made.append(_numbers(column, field.name))
        else:
            made.append(_texts(column, field.name))
    return pa.record_batch(made, schema=schema)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _is_text(type: pa.DataType) -> bool:
    return pa.types.is_string(type) or pa.types.is_large_string(type)


def _is_number(type: pa.DataType) -> bool:
    return pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_decimal(type)


def _ids(column: pa.Array, field: str) -> pa.Array:
    column = _plain(column)
    if not (_is_text(column.type) or pa.types.is_integer(column.type)):
        raise Malformed(f"column {field!r} must hold texts or whole numbers, not {column.type}")
    texts = column.cast(pa.string())
    if texts.null_count or pc.any(pc.equal(texts, "")).as_py():
        raise Malformed(f"column {field!r} is empty")
    return texts


def _texts(column: pa.Array, field: str) -> pa.Array:
    column = _plain(column)
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if not _is_text(column.type):
        raise Malformed(f"column {field!r} must hold texts, not {column.type}")
    texts = column.cast(pa.string())
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _numbers(column: pa.Array, field: str) -> pa.Array:
    column = _plain(column)
    if _is_text(column.type):
        column = _texts(column, field)
    elif not (_is_number(column.type) or pa.types.is_null(column.type)):
        raise Malformed(f"column {field!r} must hold numbers, not {column.type}")
    try:
        return columns.finite(column.cast(pa.float64()), field)
    except pa.ArrowInvalid as error:
        raise Malformed(f"column {field!r} must hold numbers", str(error)[:80]) from None


def _seconds(column: pa.Array, field: str) -> pa.Array:
    column = _plain(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        exact = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        return pc.divide(exact.cast(pa.float64(), safe=False), 1e6)
    try:
        return _numbers(column, field)
    except Malformed:
        if not _is_text(column.type):
            raise
    return _dates(column, field)


def _dates(column: pa.Array, field: str) -> pa.Array:
    texts = _texts(column, field).to_pylist()
    try:
        dates = pd.to_datetime(texts, format="ISO8601", utc=True)
    except (ValueError, OverflowError) as error:
        raise Malformed(
            f"column {field!r} must hold seconds since 1970 or ISO 8601 dates", str(error)[:80]
        ) from None
    return pa.array((dates - _EPOCH) / pd.Timedelta(seconds=1), pa.float64(), from_pandas=True)
