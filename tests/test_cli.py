"""The command line outside any checkout: usage, and what it costs to start."""

import subprocess
import sys

import pytest

from mmnotes import __version__
from mmnotes.cli import main


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"mmnotes {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["bake"],
        ["run", "--mode", "slow"],
        ["run", "--jobs", "0"],
        ["build", "--threads", "two"],
        ["run", "-p", "n_sed=3"],
        ["run", "-p", "seed=three"],
        ["run", "-p", "seed"],
        ["run", "-p", "null=true"],
        ["data"],
    ],
)
def test_misuse_exits_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: mmnotes" in capsys.readouterr().err


def test_a_misspelt_parameter_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["run", "-p", "n_sed=3"])
    assert "no parameter 'n_sed'; notebooks take mode, seed" in capsys.readouterr().err


def test_outside_of_a_checkout(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mmnotes.book.checkout.__file__", str(tmp_path / "checkout.py"))
    assert main(["lint"]) == 1
    assert "clone the repository" in capsys.readouterr().err


def test_data_list(tmp_path, monkeypatch, capsys):
    (tmp_path / "amazon-apparel").mkdir()
    monkeypatch.setenv("MMNOTES_DATA", str(tmp_path))
    assert main(["data", "list"]) == 0
    assert f"  at hand: {tmp_path}/amazon-apparel\n" in capsys.readouterr().out
    (tmp_path / "amazon-apparel").rmdir()
    assert main(["data", "list"]) == 0
    assert "  not at hand, looked for: " in capsys.readouterr().out


def test_a_wrong_data_folder_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MMNOTES_DATA", str(tmp_path / "absent"))
    assert main(["data", "list"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("mmnotes data: MMNOTES_DATA is ")
    assert said.count("\n") == 1


def test_help_needs_none_of_the_heavy_packages():
    program = (
        "import sys; from mmnotes.cli import _parser; _parser().format_help(); "
        "heavy = {'torch', 'pandas', 'papermill', 'joblib', 'sphinx'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
