"""Lines of reviews and metadata, broken at random or written to do harm: rows, or a clear no."""

import gzip
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.raw import literals
from mmnotes.data.raw.source import ITEMS, REVIEWS, Tally, items, reviews
from mmnotes.data.raw.tolerance import Malformed

FORMATS = st.sampled_from(["amazon-2014", "amazon-2018", "amazon-2023"])
REVIEW = {
    "amazon-2014": {"reviewerID": "U", "asin": "I", "overall": 5.0, "unixReviewTime": 1400000000},
    "amazon-2023": {"user_id": "U", "parent_asin": "I", "rating": 5.0, "timestamp": 1588687728923},
}
REVIEW["amazon-2018"] = REVIEW["amazon-2014"]
ITEM = {
    "amazon-2014": {"asin": "I", "categories": [["A", "B"]], "imUrl": "h", "price": 1.5},
    "amazon-2018": {"asin": "I", "title": "a", "category": ["A"], "imageURL": ["h"], "price": "$"},
    "amazon-2023": {"parent_asin": "I", "images": [{"large": "h", "variant": "MAIN"}]},
}

TEXTS = st.text(max_size=20) | st.sampled_from(["", "\0", "\ud800", "\udfff", "\U0010ffff", "None"])
NUMBERS = (
    st.integers() | st.floats() | st.sampled_from([2**63, -(2**63), 2**64, 10**400, 1e308, -0.0])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def changed(draw, whole):
    """A record with some of its fields gone, or holding anything."""
    record = dict(whole)
    for field in draw(st.lists(st.sampled_from(list(whole)), max_size=3)):
        record[field] = draw(VALUES)
    for field in draw(st.lists(st.sampled_from(list(whole)), max_size=1)):
        record.pop(field)
    return record


@st.composite
def mangled(draw, lines):
    """A line with a few bytes cut, doubled, or put in."""
    line = bytearray(draw(lines))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(line)))
        stop = start + draw(st.integers(0, 6))
        line[start:stop] = draw(st.binary(max_size=4) | st.sampled_from(FRAGMENTS))
    return bytes(line)


FRAGMENTS = [b"[" * 5000, b"{'a':" * 3000, b"-" * 5000, b"9" * 5000, b"\xed\xa0\x80", b"\\ud800"]
FRAGMENTS += [b"__import__('os').system('true')", b"1e999", b"NaN", b"\r\n", b"\0", b"'''", b"\\N{"]
FRAGMENTS += [b"lambda: 0", b"(" * 300, b"not " * 3000, b"1if 1else", b"\\777", b"\\d", b"f'{1}'"]


def texts(record):
    """A record as JSON, surrogates and all."""
    return json.dumps(record).encode()


def literal(record):
    return repr(record).encode("utf-8", "surrogatepass")


def check(table, columns):
    for batch in table:
        assert batch.schema.equals(columns)
        assert batch.num_rows
        for field in columns:
            values = batch.column(field.name).to_pylist()
            assert field.nullable or all(values)
            assert all(math.isfinite(v) for v in values if isinstance(v, float))
            assert "" not in values


def read(outcome, file, lines, reader, format, columns, max_bad):
    """Every line is read, or dropped and counted; or the first one too many is named."""
    content = b"\n".join(lines)
    file.write_bytes(content)
    tally = Tally()
    table, refusal = outcome(lambda: list(reader(format, file, tally, max_bad)))
    if table is None:
        assert refusal.startswith(f"{file}: line ") or content.startswith((b"BZh", b"\x1f\x8b"))
        return
    check(table, columns)
    dropped = sum(drop.n for drop in tally.dropped.values())
    assert dropped <= max_bad
    n_lines = sum(bool(line.strip()) for line in content.split(b"\n"))
    assert sum(batch.num_rows for batch in table) + dropped == n_lines


@given(FORMATS, st.data(), st.integers(0, 3))
@settings(deadline=None)
def test_reviews_of_anything(outcome, hostile, format, data, max_bad):
    records = changed(REVIEW[format]) | VALUES
    lines = data.draw(st.lists(records.map(texts), max_size=5))
    read(outcome, hostile, lines, reviews, format, REVIEWS, max_bad)


@given(FORMATS, st.data(), st.integers(0, 3))
@settings(deadline=None)
def test_mangled_reviews(outcome, hostile, format, data, max_bad):
    whole = st.just(texts(REVIEW[format]))
    lines = data.draw(st.lists(whole | mangled(whole), max_size=5))
    read(outcome, hostile, lines, reviews, format, REVIEWS, max_bad)


@given(FORMATS, st.data(), st.integers(0, 3))
@settings(deadline=None)
def test_metadata_of_anything(outcome, hostile, format, data, max_bad):
    line = literal if format == "amazon-2014" else texts
    records = changed(ITEM[format]) | VALUES
    lines = data.draw(st.lists(records.map(line), max_size=5))
    read(outcome, hostile, lines, items, format, ITEMS, max_bad)


@given(FORMATS, st.data(), st.integers(0, 3))
@settings(deadline=None)
def test_mangled_metadata(outcome, hostile, format, data, max_bad):
    line = literal if format == "amazon-2014" else texts
    whole = st.just(line(ITEM[format]))
    lines = data.draw(st.lists(whole | mangled(whole), max_size=5))
    read(outcome, hostile, lines, items, format, ITEMS, max_bad)


@given(st.lists(st.binary(max_size=60), max_size=4), FORMATS, st.sampled_from([items, reviews]))
@settings(deadline=None)
def test_bytes(outcome, hostile, lines, format, reader):
    columns = REVIEWS if reader is reviews else ITEMS
    read(outcome, hostile, lines, reader, format, columns, 10**9)


@given(st.binary(max_size=30), st.integers(0, 200), st.integers(0, 9))
@settings(deadline=None)
def test_a_mangled_gzip(outcome, hostile, put, at, gone):
    """What is read is what was written, or it is an error: a checksum stands behind it."""
    line = texts(REVIEW["amazon-2014"])
    whole = gzip.compress(line, mtime=0)
    at = min(at, len(whole))
    hostile.write_bytes(whole[:at] + put + whole[at + gone :])
    table, refusal = outcome(lambda: list(reviews("amazon-2014", hostile, Tally())))
    if table is None:
        assert refusal.startswith(str(hostile))
    else:
        check(table, REVIEWS)


def parsed(line):
    try:
        return literals.parse(line)
    except Malformed:
        return None


PIECES = st.sampled_from(
    [
        *"[]{}(),:'\"\\-+~10.ej_xubfra \n\r\t\0\fé\ud800#@",
        *("True", "None", "not ", "lambda:", "await ", "yield ", "if ", " else ", "in ", "..."),
        *("'a'", "u'é'", "'''", "1.5", "\\x41", "\\u00e9", "\\N{DIGIT ONE}", "\\777", "{'a':1}"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(deadline=None)
def test_a_literal(watch, text):
    with watch.over():
        value = parsed(text.encode("utf-8", "surrogatepass"))
    assert isinstance(value, str | int | float | list | tuple | dict | set | None)


BROODS = [("-", 1), ("not ", 1), ("[", 0), ("{0:", 0), ("(", 0), ("[" * 9 + "]" * 9, 0), ("9", 1)]
BROODS += [
    ("'a'", 1),
    ("'a' ", 1),
    ("\\", 0),
    ("lambda:", 1),
    ("1 if 1 else ", 1),
    ("1+", 1),
    ("é", 0),
]


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        (start, piece, "1" * n + end)
        for piece, n in BROODS
        for start, end in [("", ""), ("['", "']")]
    ],
)
def test_a_literal_without_end(watch, start, piece, end):
    """What has brought the parsers of Python and of others down."""
    with watch.over():
        value = parsed((start + piece * 100_000 + end).encode())
    assert value is None or len(value) == 1


@pytest.mark.parametrize("piece", ["1,", "'a',", "[],", "{},", "-1.5e-3,"])
def test_a_long_list_is_read(watch, piece):
    with watch.over():
        value = parsed(f"[{piece * 20_000}]".encode())
    assert len(value) == 20_000


@given(VALUES)
@settings(deadline=None)
def test_what_python_prints_is_read_back(value):
    line = literal(value)
    back = parsed(line)
    # A number of any length and NaN are no literals of ours; bytes that are no UTF-8 neither.
    if back is not None:
        assert repr(back) == repr(value)


@given(st.dictionaries(st.text(max_size=9), st.text() | st.integers(-999, 999), max_size=5))
@settings(deadline=None)
def test_what_metadata_print_is_read_back(record):
    assert parsed(literal(record)) == record


@pytest.mark.parametrize("format", ["amazon-2014", "amazon-2018"])
def test_code_in_a_line_is_not_run(outcome, hostile, format):
    canary = hostile.with_name("canary")
    hostile.write_text(f"{{'asin': open({str(canary)!r}, 'w').write('x')}}")
    table, refusal = outcome(lambda: list(items(format, hostile, Tally())))
    assert table is None
    assert "line 1: the line is no" in refusal
    assert not canary.exists()
