import gzip
import tracemalloc

import pyarrow as pa
import pytest

from mmnotes.data.raw import jsonlines
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError


def build(records):
    return pa.record_batch([[record["x"] for record in records]], ["x"])


def read(file, max_bad=0, tally=None):
    batches = jsonlines.batches(file, build, "rows", tally or Tally(), max_bad)
    return [x for batch in batches for x in batch["x"].to_pylist()]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("block", [1, 7, 64, 2**20])
def test_lines_whatever_the_block(tmp_path, monkeypatch, block, end):
    monkeypatch.setattr(jsonlines, "_BLOCK", block)
    file = tmp_path / "a.json"
    lines = ["", '{"x": 1}', "  ", '{"x": 2}', "", "", '{"x": 3}']
    file.write_text((end or "\n").join(lines) + end, newline="")
    tally = Tally()
    assert read(file, tally=tally) == [1, 2, 3]
    assert tally == Tally({"rows": 3})


@pytest.mark.parametrize("block", [1, 7, 2**20])
def test_a_bad_line_is_named_by_its_number(tmp_path, monkeypatch, block):
    monkeypatch.setattr(jsonlines, "_BLOCK", block)
    file = tmp_path / "a.json"
    file.write_text('{"x": 1}\n\n{"x": 2}\n{"x": 3\n{"x": 4}\n')
    with pytest.raises(InputError, match=r"a\.json: line 4: the line is no JSON \(.*max_bad"):
        read(file)
    tally = Tally()
    assert read(file, max_bad=1, tally=tally) == [1, 2, 4]
    assert tally.dropped["the line is no JSON"].first == "a.json line 4"


@pytest.mark.parametrize("cap", [30, 100])
def test_a_line_too_long_is_one_bad_line(tmp_path, monkeypatch, cap):
    monkeypatch.setattr(jsonlines, "MAX_LINE", cap)
    monkeypatch.setattr(jsonlines, "_BLOCK", 16)
    file = tmp_path / "a.json"
    file.write_text('{"x": 1}\n{"x": "' + "a" * 1000 + '"}\n{"x": 2}\n')
    with pytest.raises(InputError, match=rf"line 2: the line is too long \(more than {cap} bytes"):
        read(file)
    assert read(file, max_bad=1) == [1, 2]


def test_memory_is_bounded_even_without_a_line_end(tmp_path):
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(b"[" * 2**26, 9) + gzip.compress(b"\n" + b"9" * 2**20, 0))
    tracemalloc.start()
    try:
        assert read(file, max_bad=10**9) == []
        assert tracemalloc.get_traced_memory()[1] < 4 * jsonlines.MAX_LINE
    finally:
        tracemalloc.stop()


def test_deep_nesting_is_a_bad_line(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(InputError, match="line 1: the line is no JSON"):
        read(file)


def test_a_fault_of_our_own_is_not_taken_for_theirs(tmp_path):
    file = tmp_path / "a.json"
    file.write_text("{}")
    with pytest.raises(KeyError):
        read(file, max_bad=9)


def test_an_empty_file_has_no_rows(tmp_path):
    file = tmp_path / "a.json"
    file.touch()
    assert read(file) == []
