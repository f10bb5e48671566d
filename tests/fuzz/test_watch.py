"""The watch over hostile input sees what it is there to see."""

import ast
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "deed",
    [
        lambda folder: eval("1 + 1"),
        lambda folder: exec("x = 1"),
        lambda folder: os.system("true"),
        lambda folder: subprocess.run([sys.executable, "--version"], check=True),
        lambda folder: pickle.loads(pickle.dumps(Path("x"))),
        lambda folder: (folder / "new").write_text("x"),
        lambda folder: (folder / "new").mkdir(),
        lambda folder: (folder / "new").symlink_to(folder),
    ],
)
def test_it_sees_what_is_done(watch, tmp_path, deed):
    with pytest.raises(AssertionError), watch.over():
        deed(tmp_path)


def test_it_lets_reading_pass(watch):
    with watch.over():
        assert ast.literal_eval("{'a': 1}") == {"a": 1}
        assert Path(__file__).read_text()


def test_a_warning_is_an_error(watch):
    with pytest.raises(UserWarning), watch.over():
        warnings.warn("look", stacklevel=1)


def test_what_reading_raises_is_passed_on(outcome):
    with pytest.raises(ZeroDivisionError):
        outcome(lambda: 1 / 0)
