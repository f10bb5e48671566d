"""A notebook where Colab would open it: no checkout, no extras, another Python.

Colab is imitated: a fresh environment, the newest Python at hand (``COLAB_PYTHON`` names another),
and git told that the repository's address means this checkout. What is tried is the last commit.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Runs the cells as Colab's kernel does, in one namespace, and stops at the first that fails.
RUNNER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
for number, source in enumerate(json.load(open(sys.argv[1])), start=1):
    result = shell.run_cell(source)
    if not result.success:
        sys.exit(f"code cell {number} failed: {result.error_before_exec or result.error_in_exec!r}")
"""


def code_cells(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run(command, folder, **more):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MMNOTES_DATA")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**environment, **more},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def here_is_github():
    """git is told where the repository's address leads."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True)
    if head.returncode:
        pytest.skip("nothing is committed here, so there is nothing that Colab could fetch")
    url = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": url,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@pytest.fixture
def bare(tmp_path):
    """The Python of an environment in which nothing is installed but pip."""
    python = os.environ.get("COLAB_PYTHON") or shutil.which("python3.13") or sys.executable
    run([python, "-m", "venv", tmp_path / "colab"], tmp_path)
    return tmp_path / "colab" / "bin" / "python"


def test_first_cell(bare, here_is_github, tmp_path):
    """The first cell brings the library with its claims, and nothing that Colab has already."""
    for notebook in NOTEBOOKS:
        assert code_cells(notebook)[0] == code_cells(NOTEBOOKS[0])[0], notebook.name
    first = tmp_path / "first.py"
    first.write_text(code_cells(NOTEBOOKS[0])[0])
    run([bare, first], tmp_path, **here_is_github)
    report = (
        "import importlib.metadata as m, mmnotes, pathlib; "
        "print(*sorted(d.name for d in m.distributions())); "
        "print((pathlib.Path(mmnotes.__file__).parent / '_book' / 'claims.toml').is_file())"
    )
    installed, has_claims = run([bare, "-c", report], tmp_path).splitlines()
    assert set(installed.split()) - {"pip", "setuptools", "wheel"} == {"mmnotes"}
    assert has_claims == "True"
    again = run([bare, first], tmp_path)  # it is a no-op where the library is there: no git, no pip
    assert again == ""


def test_a_whole_notebook(bare, here_is_github, tmp_path):
    """The first chapter runs to its end on the core dependencies alone, torch left out."""
    core = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    wanted = [line for line in core if not line.startswith("torch")]
    constraints = ["-c", ROOT / "constraints.txt"]
    run([bare, "-m", "pip", "install", "-q", *constraints, *wanted, "ipython"], tmp_path)
    runner, cells = tmp_path / "runner.py", tmp_path / "cells.json"
    runner.write_text(RUNNER)
    cells.write_text(json.dumps(code_cells(NOTEBOOKS[0])))
    run([bare, runner, cells], tmp_path, MPLBACKEND="agg", **here_is_github)
