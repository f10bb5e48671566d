"""Tables of anything, as CSV and as parquet: rows, or a clear no."""

import csv
import io
import math

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.files import read_table
from mmnotes.data.raw.source import ITEMS, REVIEWS, Tally, items, reviews

CELLS = st.text(max_size=8) | st.sampled_from(
    [
        *("", "a", "5", "-5", "1e999", "nan", "inf", "1400000000", "1400000000000", "$5", "true"),
        *("2014-07-01", "9999-12-31", "0000-00-00", "2014-07-01T12:00:00+09:00", "24:00", "1_0"),
        *("\0", '"', "'", "\n", "\r", ",", ";", "\ud800", "é", "٣", "=1+1"),
        *("x" * 200_000, "9" * 400),
    ]
)
HEADERS = [*REVIEWS.names, *ITEMS.names, "asin", "user_id", "other", ""]
TYPES = [pa.string(), pa.large_string(), pa.binary(), pa.int8(), pa.int64(), pa.uint64()]
TYPES += [pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.date32(), pa.date64()]
TYPES += [pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "Asia/Tokyo"), pa.time32("s")]
TYPES += [pa.decimal128(9, 2), pa.null(), pa.list_(pa.string()), pa.struct([("a", pa.int64())])]
TYPES += [pa.dictionary(pa.int8(), pa.string()), pa.duration("s"), pa.map_(pa.string(), pa.int8())]


def check(outcome, file, reader, columns, max_bad):
    tally = Tally()
    table, refusal = outcome(lambda: list(reader("table", file, tally, max_bad)))
    if table is None:
        assert str(file) in refusal
        return
    for batch in table:
        assert batch.schema.equals(columns)
        for field in columns:
            values = batch.column(field.name).to_pylist()
            assert field.nullable or all(values)
            assert all(math.isfinite(v) for v in values if isinstance(v, float))
    n = sum(batch.num_rows for batch in table)
    assert sum(tally.counts.get(what, 0) for what in ("reviews", "metadata rows")) == n
    assert sum(drop.n for drop in tally.dropped.values()) <= max_bad


READERS = st.sampled_from([(reviews, REVIEWS), (items, ITEMS)])


@given(
    READERS,
    st.lists(st.sampled_from(HEADERS), max_size=4, unique=True),
    st.lists(st.lists(CELLS, max_size=5), max_size=5),
    st.sampled_from(",;\t|"),
    st.integers(0, 3),
)
@settings(deadline=None)
def test_rows_of_anything(outcome, hostile, reader, header, rows, delimiter, max_bad):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, escapechar="\\")
    writer.writerows([["user", "item", *header], *rows])
    hostile.write_bytes(stream.getvalue().encode("utf-8", "surrogatepass"))
    check(outcome, hostile, *reader, max_bad)


@given(READERS, st.lists(CELLS, max_size=12), st.integers(0, 10**9))
@settings(deadline=None)
def test_lines_of_anything(outcome, hostile, reader, cells, max_bad):
    text = "user,item,rating,timestamp,price\n" + "".join(cells)
    hostile.write_bytes(text.encode("utf-8", "surrogatepass"))
    check(outcome, hostile, *reader, max_bad)


@given(READERS, st.binary(max_size=80))
@settings(deadline=None)
def test_bytes(outcome, hostile, reader, content):
    hostile.write_bytes(content)
    check(outcome, hostile, *reader, 0)


def column(type):
    """Two values of any type: the least ones, or none."""
    if pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_dictionary(type):
        return pa.array(["a", ""]).cast(type)
    if pa.types.is_binary(type):
        return pa.array([b"a", b"\xff"], type)
    if pa.types.is_floating(type):
        return pa.array([math.nan, 3.0], type)
    if pa.types.is_nested(type) or pa.types.is_null(type):
        return pa.nulls(2, type)
    return pa.array([0, 2]).cast(pa.int32()).cast(type) if _castable(type) else pa.nulls(2, type)


def _castable(type):
    try:
        pa.array([0], pa.int32()).cast(type)
    except pa.ArrowException:
        return False
    return True


@st.composite
def parquets(draw):
    """A table whose columns are of any type."""
    names = draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=6, unique=True))
    kinds = [draw(st.sampled_from(TYPES)) for _ in names]
    table = pa.table([column(kind) for kind in kinds], names)
    if draw(st.booleans()) and "user" not in names and "item" not in names:
        table = table.append_column("user", pa.array(["u", "v"]))
        table = table.append_column("item", pa.array([1, 2]))
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


@given(READERS, parquets(), st.integers(0, 3))
@settings(deadline=None)
def test_columns_of_any_type(outcome, hostile, reader, content, max_bad):
    hostile.write_bytes(content)
    check(outcome, hostile, *reader, max_bad)


@given(READERS, parquets(), st.data())
@settings(deadline=None)
def test_a_mangled_parquet_file(outcome, hostile, reader, content, data):
    content = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = start + data.draw(st.integers(0, 6))
        content[start:stop] = data.draw(st.binary(max_size=6))
    hostile.write_bytes(content)
    check(outcome, hostile, *reader, 0)
    table, refusal = outcome(read_table, hostile, ["user", "item"])
    if table is None:
        assert refusal.startswith(str(hostile))
    else:
        assert {"user", "item"} <= set(table.columns)
