import numpy as np
import pytest

from mmnotes.data.raw.published_tables import column_names, read_columns
from mmnotes.errors import InputError

pytest.importorskip("pyarrow")


@pytest.fixture
def table(tmp_path):
    def of(content):
        file = tmp_path / "a.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return of


def test_columns_by_name_and_kind(table):
    file = table('id,extra,score,name\n7,x,0.1,"a"\n-1,y,2,\n')
    found = read_columns(
        file,
        {"name": "string", "id": "int64"},
        optional={"score": "float64", "absent": "int64"},
    )
    assert list(found) == ["name", "id", "score"]
    assert found["id"].dtype == np.int64
    assert found.loc[2].tolist() == ['"a"', 7, 0.1]
    assert found.loc[3].tolist() == ["", -1, 2.0]


def test_without_names(table):
    found = read_columns(
        table("B1\t0\nB2\t1\n"), {"id": "string", "n": "int64"}, "\t", header=False
    )
    assert found.loc[1].tolist() == ["B1", 0]


def test_no_rows(table):
    assert read_columns(table("a,b\n"), {"a": "int64"}).empty


def test_names(table):
    assert column_names(table("\ufeffa,b\r\n1,2\n")) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", r"columns \['n', 'x'\] are missing"),
        ("n,y\n1,2\n", r"columns \['x'\] are missing; there is n, y"),
        ("n,n,x\n1,2,3\n", "line 1: a column name comes twice"),
        ("n,x\n1,2\n3\n", "Row #3: Expected 2 columns, got 1"),
        ("n,x\n1,2\n3,4,5\n", "Row #3: Expected 2 columns, got 3"),
        ("n,x\n1,2\n\n3,4\n", "Row #3: CSV conversion error"),
        ("n,x\n1,2\n1.0,2\n", "Row #3: CSV conversion error to int64: invalid value '1.0'"),
        ("n,x\n1,2\n,2\n", "Row #3: CSV conversion error to int64: invalid value ''"),
        ("n,x\n1,2\n9223372036854775808,2\n", "invalid value '9223372036854775808'"),
        ("n,x\n1,2\n1,os.system()\n", "Row #3: CSV conversion error to double"),
        ("n,x\n1,2\n1,nan\n1,inf\n", "line 3 has no finite number in column 'x', and 2 in all"),
        (b"n,\xff\n1,2\n", "not text in UTF-8"),
        (b"\x80\x04N.", r"not text in UTF-8|are missing"),
    ],
)
def test_refused(table, content, fault):
    with pytest.raises(InputError, match=rf"a\.csv: .*{fault}"):
        read_columns(table(content), {"n": "int64", "x": "float64"})


def test_text_that_is_no_utf8(table):
    with pytest.raises(InputError, match="Row #2: CSV conversion error to string"):
        read_columns(table(b"n\n\xff\n"), {"n": "string"})


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_columns(tmp_path / "a.csv", {"n": "int64"})
