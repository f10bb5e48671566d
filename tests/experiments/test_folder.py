from pathlib import Path

from mmnotes.experiments.folder import VARIABLE, runs_folder


def test_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "runs"))
    assert runs_folder() == tmp_path / "runs"


def test_else_in_the_checkout(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert runs_folder() == Path(__file__).parents[2] / "build" / "runs"
