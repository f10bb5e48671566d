import tomllib
from dataclasses import replace

import pytest

from mmnotes.data.record import FILE, Drop, RawSource, Record, StoredFile, read_record, write_record
from mmnotes.errors import InputError

RECORD = Record(
    name="cards",
    about='gifts "and" cards\nof paper',
    format="amazon-2018",
    prepared_with="0.1",
    date="2026-01-31",
    licence="l",
    citation="c",
    options={"k_core": 5, "split": "random"},
    counts={"reviews": 3, "none at all": 0},
    dropped=(Drop("no user", 2, "f line 3"),),
    sources=(RawSource("r.gz", 12, "ab", "https://x.org/r.gz"),),
    files=(
        StoredFile("items.parquet", 10, "cd", 2, ("item", "asin")),
        StoredFile("v.npy", 10, "ef", 2),
        StoredFile("g.npz", 10, "01"),
    ),
    embeddings={"image": {"file": "v.npy", "model": "m"}},
    graphs={"image": {"file": "g.npz", "k": 10}},
)


def test_what_is_written_is_read(tmp_path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    document = tomllib.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert document["source"][0]["url"] == "https://x.org/r.gz"
    assert document["file"][2] == {"name": "g.npz", "bytes": 10, "sha256": "01"}


def test_unknown_fields_are_left_out(tmp_path):
    write_record(tmp_path, Record(name="bare"))
    assert (tmp_path / FILE).read_text() == 'name = "bare"\nreader = "folder"\n'
    assert read_record(tmp_path) == Record(name="bare")


def test_a_folder_without_one_is_as_the_registry_says(tmp_path):
    folder = tmp_path / "amazon-baby"
    folder.mkdir()
    record = read_record(folder)
    assert (record.name, record.reader, record.prepared_with) == ("amazon-baby", "folder", "")
    assert record.embeddings == {"minilm": {"file": "text_minilm.npy"}}
    assert all(stored.sha256 == "" for stored in record.files)


@pytest.mark.parametrize("name", ["elsewhere", "amazon-2014-baby"])
def test_a_folder_that_nobody_knows(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"{name} has no dataset.toml"):
        read_record(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", r"dataset\.toml: .*; prepare the dataset again"),
        ("", "field 'name' is missing"),
        ("name = 3", "field 'name' cannot be 3"),
        ('name = "a"\nprice = 3', "field 'price' is unknown"),
        ('name = "a"\nfiles = []', r"field 'files' is unknown: write \[\[file\]\] tables"),
        ('name = "a"\nfile = ["x"]', r"write files as \[\[file\]\] tables"),
        ('name = "a"\ndropped = 3', r"write dropped as \[\[dropped\]\] tables"),
        ('name = "a"\n[[dropped]]\nwhy = "w"', "dropped: field 'n' is missing"),
        ('name = "a"\n[[source]]\nfile = "f"\nbytes = 1', "source: field 'sha256' is missing"),
        ('name = "a"\n[[file]]\nname = "../x"', "'../x': give a plain file name"),
        ('name = "a"\n[[file]]\nname = "/etc/passwd"', "give a plain file name"),
        ('name = "a"\n[[file]]\nname = "a\\\\b"', "give a plain file name"),
        ('name = "a"\n[[file]]\nname = ".."', "give a plain file name"),
        ('name = "a"\n[[file]]\nname = "x"\ncolumns = [1]', "'columns' must be a list of names"),
        ('name = "a"\n[embeddings]\nx = 3', r"embeddings\.x: field 'file' must name"),
        ('name = "a"\n[embeddings.x]\nfile = "x.npy"', r"embeddings\.x: field 'file' must name"),
        (
            'name = "a"\n[[file]]\nname = "x.npy"\n[graphs.x]\nfile = "x.npy"',
            r"graphs\.x: field 'file' .* end with \.npz",
        ),
    ],
)
def test_records_that_cannot_be(tmp_path, text, said):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=said):
        read_record(tmp_path)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / FILE).write_bytes(b'name = "\xff"')
    with pytest.raises(InputError, match=r"dataset\.toml: 'utf-8'"):
        read_record(tmp_path)


def test_an_old_record_stays_if_the_new_one_cannot_be_written(tmp_path):
    write_record(tmp_path, RECORD)
    with pytest.raises(TypeError):
        write_record(tmp_path, replace(RECORD, options={"k_core": object()}))
    assert read_record(tmp_path) == RECORD
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
