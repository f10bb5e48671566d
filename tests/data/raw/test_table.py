import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.raw import delimited
from mmnotes.data.raw.source import ITEMS, REVIEWS, Tally, items, reviews
from mmnotes.errors import InputError

FRAME = pd.DataFrame(
    {
        "customer_id": ["u1", "u2", "ü\n3"],
        "Product ID": [7, 8, 9],
        "stars": [5.0, None, 1.5],
        "when": [1404172800, 1404172801.5, None],
    }
)
NAMES = {"timestamp": "when"}
ROWS = [
    ("u1", "7", 5.0, 1404172800.0),
    ("u2", "8", None, 1404172801.5),
    ("ü\n3", "9", 1.5, None),
]


def read(file, tally=None, max_bad=0, reader=reviews, columns=None):
    schema = REVIEWS if reader is reviews else ITEMS
    batches = list(reader("table", file, tally or Tally(), max_bad, columns))
    assert all(batch.schema.equals(schema) for batch in batches)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_file(tmp_path, delimiter, encoding):
    file = tmp_path / "a.txt"
    FRAME.to_csv(file, index=False, sep=delimiter, encoding=encoding)
    tally = Tally()
    assert read(file, tally, columns=NAMES) == ROWS
    assert tally == Tally({"reviews": 3})


def test_a_csv_file_in_gzip(tmp_path):
    FRAME.to_csv(tmp_path / "a.csv.gz", index=False)
    assert read(tmp_path / "a.csv.gz", columns=NAMES) == ROWS
    whole = (tmp_path / "a.csv.gz").read_bytes()
    (tmp_path / "a.csv.gz").write_bytes(whole[:-9])
    with pytest.raises(InputError, match=r"a\.csv\.gz: not a whole file"):
        read(tmp_path / "a.csv.gz", columns=NAMES)


@pytest.mark.parametrize("kind", ["string", "category", "object"])
def test_a_parquet_file(tmp_path, kind):
    frame = FRAME.astype({"customer_id": kind, "Product ID": "int32", "stars": "float32"})
    frame.to_parquet(tmp_path / "a.parquet")
    tally = Tally()
    assert read(tmp_path / "a.parquet", tally, columns=NAMES) == ROWS
    assert tally == Tally({"reviews": 3})


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_dates_in_parquet_are_seconds(tmp_path, unit, zone):
    when = pd.to_datetime([1404172800, 1], unit="s").as_unit(unit)
    frame = pd.DataFrame({"user": [1, 2], "item": [1, 2], "date": when.tz_localize("UTC")})
    frame["date"] = frame["date"].dt.tz_convert(zone)
    frame.to_parquet(tmp_path / "a.parquet")
    assert [row[3] for row in read(tmp_path / "a.parquet")] == [1404172800.0, 1.0]


def test_dates_in_csv_are_seconds(tmp_path):
    times = ["2014-07-01", "2014-07-01 00:00:00.5", "2014-07-01T09:00:00+09:00", "1404172800", ""]
    lines = [f"u,i,{time}\n" for time in times]
    (tmp_path / "a.csv").write_text("user,item,time\n" + "".join(lines))
    found = [row[3] for row in read(tmp_path / "a.csv")]
    assert found == [1404172800.0, 1404172800.5, 1404172800.0, 1404172800.0, None]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False) | st.none(),
        ),
        max_size=8,
    )
)
@settings(deadline=None)
def test_what_pandas_writes_is_read_back(tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("table") / "a.csv"
    pd.DataFrame(rows, columns=["user", "item", "rating"]).to_csv(
        file, index=False, lineterminator="\r\n"
    )
    expected = [(user, str(item), rating, None) for user, item, rating in rows]
    assert read(file) == expected


def csv(tmp_path, *lines):
    file = tmp_path / "a.csv"
    file.write_bytes(b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines))
    return file


HEADER = "user,item,rating,timestamp"
BAD = [
    ("u,i,5", "the row has more or fewer cells than the header (3, not 4)"),
    ("u,i,5,1,1", "the row has more or fewer cells than the header (5, not 4)"),
    (",i,5,1", "column 'user' is empty"),
    ("u,,5,1", "column 'item' is empty"),
    ("u,i,five,1", "column 'rating' must hold numbers"),
    ("u,i,inf,1", "field 'rating' is not a finite number"),
    ("u,i,nan,1", "field 'rating' is not a finite number"),
    ("u,i,5,1404172800000", "field 'timestamp' is no time between 1970 and 2242"),
    ("u,i,5,yesterday", "column 'timestamp' must hold seconds since 1970 or ISO 8601 dates"),
    ("u,i,5,1914-07-01", "field 'timestamp' is no time between 1970 and 2242"),
    ("\udcff,i,5,1", "field 'user' is no UTF-8 text"),
    ("x" * 200_000 + ",i,5,1", "the line is no CSV (field larger than field limit"),
]


@pytest.mark.parametrize(("line", "fault"), BAD, ids=[fault[:30] for _, fault in BAD])
def test_a_bad_row_is_an_error_or_dropped_and_counted(tmp_path, line, fault):
    file = csv(tmp_path, HEADER, "u,i,5,1", "", '"u\nv",i,5,1', line, "u,j,5,1")
    with pytest.raises(InputError) as error:
        read(file)
    assert str(error.value).startswith(f"{file}: line 6: {fault}")
    tally = Tally()
    assert len(read(file, tally, max_bad=1)) == 3
    ((why, dropped),) = tally.dropped.items()
    assert fault.startswith(why)
    assert (dropped.n, dropped.first) == (1, "a.csv line 6")


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        (pa.array([1.0, 2.0]), "row 1: column 'user' must hold texts or whole numbers, not double"),
        (pa.array(["a", None]), "row 2: column 'user' is empty"),
        (pa.array([["a"], ["b"]]), "row 1: column 'user' must hold texts or whole numbers, not li"),
    ],
)
def test_a_bad_column_of_parquet(tmp_path, column, fault):
    pq.write_table(pa.table({"user": column, "item": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=rf"a\.parquet: {fault}"):
        read(tmp_path / "a.parquet")


def test_nan_in_parquet_is_no_rating(tmp_path):
    table = pa.table({"user": ["a", "b"], "item": [1, 2], "rating": pa.array([5.0, np.nan])})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="row 2: field 'rating' is not a finite number"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_truncated_parquet_file(tmp_path, share):
    FRAME.to_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"a\.parquet: not a whole parquet file"):
        read(tmp_path / "a.parquet", columns=NAMES)


@pytest.mark.parametrize(
    "header", ["User_ID,ASIN", "reviewerID,asin", "uid,iid", "customer,product"]
)
def test_clear_names_are_guessed(tmp_path, header):
    assert read(csv(tmp_path, header, "u,i")) == [("u", "i", None, None)]


def test_a_given_name_goes_before_a_guess(tmp_path):
    file = csv(tmp_path, "user,asin,parent_asin", "u,i,p")
    with pytest.raises(InputError, match="columns 'asin', 'parent_asin' could each be the item"):
        read(file)
    assert read(file, columns={"item": "parent_asin"}) == [("u", "p", None, None)]


@pytest.mark.parametrize(
    ("header", "columns", "fault"),
    [
        ("user,thing", None, r"no column 'item'; there is 'user', 'thing': name it with columns"),
        ("user,item", {"user": "who"}, r"no column 'who'; there is 'user', 'item'"),
        ("user,item", {"rating": "r"}, r"no column 'r'"),
        ("user,item", {"colour": "c"}, r"no such column can be named: colour; choose from user"),
        ("user,item,user", None, r"columns 'user', 'user' could each be the user"),
        ("", None, r"no column 'user'"),
        ("<!DOCTYPE html>", None, r"no column 'user'; there is '<!DOCTYPE html>'"),
    ],
)
def test_columns_that_are_not_there(tmp_path, header, columns, fault):
    with pytest.raises(InputError, match=fault):
        read(csv(tmp_path, header, "u,i,1"), columns=columns)


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_MAX_LINE", 50)
    with pytest.raises(InputError, match=r"a\.csv: line 2 is longer than 50 characters"):
        read(csv(tmp_path, "user,item", "u" * 60 + ",i"), max_bad=9)


def test_items_of_a_table(tmp_path):
    frame = pd.DataFrame(
        {
            "item_id": ["a", "b"],
            "title": ["A", None],
            "store": ["S", "T"],
            "price": ["$5.00", "from 5"],
            "Image URL": ["http://a", ""],
        }
    )
    expected = [
        ("a", "A", None, "S", None, "http://a", 5.0),
        ("b", None, None, "T", None, None, None),
    ]
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        tally = Tally()
        assert read(tmp_path / name, tally, reader=items) == expected
        assert tally.counts == {
            "metadata rows": 2,
            "prices that are no single amount, left empty": 1,
        }


def test_many_rows_come_in_order(tmp_path):
    n = 50_000
    frame = pd.DataFrame({"user": np.arange(n) % 7, "item": np.arange(n)})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet", row_group_size=7_001)
    for name in ("a.csv", "a.parquet"):
        tally = Tally()
        batches = list(reviews("table", tmp_path / name, tally))
        assert max(batch.num_rows for batch in batches) < n / 2
        found = np.concatenate([batch["item"].cast(pa.int64()).to_numpy() for batch in batches])
        np.testing.assert_array_equal(found, np.arange(n))
        assert tally == Tally({"reviews": n})
    (tmp_path / "a.csv").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert sum(b.num_rows for b in reviews("table", tmp_path / "a.csv", Tally())) == n
