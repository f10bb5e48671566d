from dataclasses import replace

import pandas as pd
import pytest

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.preparing.writer import write_dataset
from mmnotes.data.raw.tally import Tally
from mmnotes.data.record import Record, read_record, write_record
from mmnotes.data.verify import verify
from mmnotes.errors import InputError


@pytest.fixture
def folder(tmp_path):
    tables = {
        "interactions": pd.DataFrame({"user": [0, 1], "item": [1, 0]}),
        "items": pd.DataFrame({"item": [0, 1], "id": ["a", "b"]}),
    }
    write_dataset(tmp_path / "small", Parts(tables, Tally()), Record(name="small"))
    return tmp_path / "small"


def test_all_is_well(folder):
    found = verify(folder)
    assert found.same == ("interactions.parquet", "items.parquet")
    assert found.unknown == found.faults == ()


def test_one_byte_more(folder):
    with (folder / "items.parquet").open("ab") as stream:
        stream.write(b"x")
    found = verify(folder)
    assert found.same == ("interactions.parquet",)
    assert "items.parquet: " in found.faults[0]
    assert "bytes, but" in found.faults[0]


def test_one_bit_flipped(folder):
    file = folder / "interactions.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert verify(folder).faults[0] == (
        "interactions.parquet: changed since it was written (sha256 differs)"
    )


def test_a_missing_and_a_strange_file(folder):
    (folder / "items.parquet").unlink()
    (folder / "extra.txt").touch()
    faults = verify(folder).faults
    assert faults[:2] == ("items.parquet: missing", "extra.txt: not recorded in dataset.toml")
    assert "lacks items.parquet" in faults[2]


def test_the_right_bytes_that_cannot_be_read(folder):
    """Whole as they were written, but no dataset: the record is not believed without reading."""
    record = read_record(folder)
    write_record(folder, replace(record, options={"first_user": 1}))
    (fault,) = verify(folder).faults
    assert "out of 1" in fault


def test_a_folder_without_a_record(tmp_path):
    folder = tmp_path / "amazon-grocery"
    folder.mkdir()
    pd.DataFrame({"user": [1], "item": [1], "timestamp": [0]}).to_parquet(
        folder / "interactions.parquet"
    )
    pd.DataFrame({"item": [1]}).to_parquet(folder / "items.parquet")
    found = verify(folder)
    assert found.unknown == ("interactions.parquet", "items.parquet")
    assert found.same == found.faults == ()


def test_no_dataset_at_all(tmp_path):
    with pytest.raises(InputError, match=r"has no dataset\.toml"):
        verify(tmp_path)
