"""``mmnotes data prepare``, ``verify`` and ``describe``, as a user calls them."""

import json

import pytest

from mmnotes import data
from mmnotes.cli import main
from mmnotes.data.options import FOLDER_FORMATS

ROWS = ["customer_id,item,stars", *(f"u{u},i{i},{1 + i}" for u in range(4) for i in range(u + 1))]


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setenv("MMNOTES_DATA", str(tmp_path))
    file = tmp_path / "mine.csv"
    file.write_text("\n".join([*ROWS, ROWS[1]]) + "\n")
    return file


def prepare(table, *more):
    out = table.parent / "mine"
    given = ["--format", "table", "--reviews", str(table), "--out", str(out)]
    return main(["data", "prepare", *given, "--column", "user=customer_id", *more])


def test_from_files_to_numbers(table, capsys):
    assert prepare(table, "--k-core", "2", "--split", "random", "--seed", "4") == 0
    said = capsys.readouterr().out
    assert "11 reviews\n" in said
    assert (
        "1 a later review of the same item by the same user; the first: mine.csv user u0, item i0\n"
    ) in said
    assert "2 a user or item with fewer than 2 interactions, round 1; the first: mine.csv" in said
    assert "8 interactions.parquet\n" in said
    assert said.endswith(f"in {table.parent / 'mine'}\n")
    assert len(data.load("mine").interactions) == 8

    assert main(["data", "verify", "mine"]) == 0
    assert "as they were written: interactions.parquet, users.parquet, items.parquet" in (
        capsys.readouterr().out
    )
    assert main(["data", "describe", "mine"]) == 0
    assert "  rows: 8\n" in capsys.readouterr().out
    assert main(["data", "list"]) == 0
    assert capsys.readouterr().out.endswith(f"mine  your own\n  at hand: {table.parent / 'mine'}\n")
    told = table.parent / "told.json"
    assert main(["data", "describe", str(table.parent / "mine"), "--json", str(told)]) == 0
    assert json.loads(told.read_text())["interactions"]["rows"] == 8


def test_nothing_dropped_is_said(table, capsys):
    table.write_text("\n".join(ROWS) + "\n")
    assert prepare(table) == 0
    assert "\ndropped nothing\n" in capsys.readouterr().out


def test_what_is_there_is_not_replaced_unless_forced(table, capsys):
    assert prepare(table) == 0
    assert prepare(table) == 1
    assert "mine is there: name another folder, or replace it with --force" in (
        capsys.readouterr().err
    )
    assert prepare(table, "--force") == 0


def test_a_fault_is_found(table, capsys):
    prepare(table)
    (table.parent / "mine" / "items.parquet").write_bytes(b"PAR1")
    assert main(["data", "verify", "mine"]) == 1
    said = capsys.readouterr().out
    assert "fault: items.parquet: 4 bytes, but" in said
    assert "2 faults; prepare it again" in said


def test_a_bad_line_is_named_and_nothing_written(table, capsys):
    table.write_text("\n".join([*ROWS, "u1,,5"]) + "\n")
    assert prepare(table) == 1
    assert "mine.csv: line 12" in capsys.readouterr().err
    assert [path.name for path in table.parent.iterdir()] == ["mine.csv"]
    assert prepare(table, "--max-bad", "1") == 0


def test_a_set_that_was_not_fetched(table, capsys):
    assert main(["data", "prepare", "amazon-2023-all-beauty"]) == 1
    assert "mmnotes data fetch amazon-2023-all-beauty" in capsys.readouterr().err
    assert main(["data", "describe", "amazon-2023-all-beauty"]) == 1
    assert "is not at hand" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "give the NAME of a dataset, or the --format"),
        ("amazon-baby --format table", "--format does not go with amazon-baby"),
        ("amazon-baby --out x", "--out does not go with amazon-baby"),
        ("--format table --out x", "--format table needs --reviews"),
        ("--format table --reviews x", "--format table needs --out"),
        ("--format amazon-2018 --reviews x --out y --folder z", "--folder does not go with"),
        ("--format amazon-2018 --reviews x --out y --images z", "--images does not go with"),
        ("--format amazon-2018 --reviews x --out y --column user=z", "--column does not go with"),
        ("--format table --column user", "'user' is not FIELD=COLUMN"),
        *((f"--format {name} --out x", f"{name} needs --folder") for name in FOLDER_FORMATS),
        ("--format mmrec --folder x --out y --reviews z", "--reviews does not go with"),
        ("--format csv", "invalid choice: 'csv'"),
    ],
)
def test_misuse(given, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["data", "prepare", *given.split()])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
