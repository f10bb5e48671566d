"""The files around the library say what is so."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from mmnotes.report.claims import read_ledger
from mmnotes.report.style import HUES

ROOT = Path(__file__).resolve().parents[1]
# Far above what it takes (a few hundredths), far below what importing torch or pandas takes.
IMPORT_SECONDS = 0.5
CORE = {
    "filelock",
    "joblib",
    "matplotlib",
    "numpy",
    "pandas",
    "pillow",
    "scikit-learn",
    "scipy",
    "seaborn",
    "threadpoolctl",
    "torch",
    "tqdm",
}
EXTRAS = {"book", "data", "serving", "bench", "test", "dev"}


def read(name):
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def project():
    return tomllib.loads(read("pyproject.toml"))["project"]


def name_of(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower()


def required(project, extras):
    """Names of what these extras need, with the extras that they name in turn."""
    names = {name_of(line) for line in project["dependencies"]}
    for extra in extras:
        for line in project["optional-dependencies"][extra]:
            inner = re.fullmatch(r"mmnotes\[(.*)\]", line)
            names |= required(project, inner[1].split(",")) if inner else {name_of(line)}
    return names


def pins():
    """``{package: [versions]}`` of the constraints; some have one version for each Python."""
    found = {}
    for line in read("constraints.txt").splitlines():
        if line and not line.startswith("#"):
            package, version = line.split(";")[0].strip().split("==")
            found.setdefault(package, []).append(version)
    return found


def test_core_needs_only_what_colab_has(project):
    assert {name_of(line) for line in project["dependencies"]} == CORE
    assert all("==" not in line and "<" not in line for line in project["dependencies"])


def test_extras(project):
    assert set(project["optional-dependencies"]) == EXTRAS


def test_every_requirement_is_pinned(project):
    missing = required(project, EXTRAS) - set(pins())
    assert not missing


def test_constraints_fit_any_machine():
    """No registry, no local build, no GPU library that only some machines can install."""
    text = read("constraints.txt")
    assert "://" not in text
    assert not re.search(r"^-|==\S*\+", text, re.M)
    assert not [name for name in pins() if re.match(r"nvidia-|cuda-|triton$", name)]
    assert pins()["jupyter-book"][0].startswith("1.")


def test_environment_is_the_project(project):
    """conda gets the same Python, the same extras and the same pins as ``make``."""
    environment = yaml.safe_load(read("environment.yml"))
    python, pip, from_pip = environment["dependencies"]
    assert python.split(",")[0] == f"python{project['requires-python']}"
    assert pip == "pip"
    constraint, package = from_pip["pip"]
    assert constraint == "-c constraints.txt"
    extras = re.fullmatch(r"-e \.\[(.*)\]", package)[1].split(",")
    assert required(project, extras) == required(project, ["book", "test"])


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "book/how-to-run.md"])
def test_commands_in_prose_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(page), re.M))
    assert named, f"{page} names no command"
    assert named <= targets


def test_help_names_every_target():
    phony = re.search(r"^\.PHONY: (.*)", read("Makefile"), re.M)[1].split()
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {f"make {target}" for target in phony if target != "help"} <= set(
        re.findall(r"^make [a-z-]+", shown.stdout, re.M)
    )


def test_an_old_python_is_refused(tmp_path):
    """``make`` says what is wrong before it makes anything."""
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.18\nexit 1\n')
    old.chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text(read(name))
    told = subprocess.run(
        ["make", "test", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode != 0
    assert "needs Python 3.11 or later" in told.stderr
    assert "Python 3.9.18" in told.stderr
    assert not (tmp_path / ".venv").exists()


def test_example_in_contributing_is_a_claim(tmp_path):
    example = re.search(r"```toml\n(.*?)```", read("CONTRIBUTING.md"), re.S)[1]
    ledger = tmp_path / "claims.toml"
    ledger.write_text(example)
    (claim,) = read_ledger(ledger)
    fields = re.findall(r"^\| `(\w+)` \|", read("CONTRIBUTING.md"), re.M)
    assert set(fields) == set(vars(claim))


def test_one_address(project):
    """Whatever names the repository agrees with ``_config.yml``."""
    url = yaml.safe_load(read("_config.yml"))["repository"]["url"]
    assert project["urls"]["Repository"] == url
    assert f"git clone {url}\n" in read("book/how-to-run.md")


def test_pages_and_figures_share_their_hues():
    style = read("book/_static/custom.css").lower()
    shown = dict(re.findall(r"--mmnotes-(\w+): (#[0-9a-f]{6});", style))
    assert shown == {name: hue.lower() for name, hue in HUES.items()}


def test_readme_shows_a_figure_of_the_book():
    first = read("README.md").splitlines()[0]
    alt, path = re.fullmatch(r"!\[(.+)\]\((.+)\)", first).groups()
    numbers = re.findall(r"\d+\.\d+", alt)
    assert numbers, "its alt text says no number"
    computed = read(str(Path(path).with_suffix(".txt")))
    drifted = [number for number in numbers if number not in computed]
    assert not drifted, f"README says {drifted}, but the page computed: {computed}"
    assert (ROOT / path).is_file()


def test_readme_example_runs():
    pytest.importorskip("torch")
    told = in_new_python(re.search(r"```python\n(.*?)```", read("README.md"), re.S)[1])
    assert re.search(r"recall@20 0\.\d+ \(chance 0\.0400\) over 300 users", told)
    assert "better" in told.splitlines()[-1]


def in_new_python(code):
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return answer.stdout.strip()


def test_import_is_quick():
    code = (
        "import time; start = time.perf_counter(); import mmnotes; "
        "print(time.perf_counter() - start)"
    )
    assert min(float(in_new_python(code)) for _ in range(3)) < IMPORT_SECONDS


def test_import_without_torch():
    """torch, and what renders the book, load when something needs them: no room does, in turn."""
    late = ["torch", "papermill", "nbformat", "nbclient", "sphinx", "jupyter_book"]
    rooms = ["", ".data", ".features", ".fusion", ".recommenders", ".evaluate", ".experiments"]
    rooms += [".report", ".bench", ".book", ".cli"]
    code = (
        "import importlib, sys\n"
        f"for room in {rooms}:\n"
        "    importlib.import_module(f'mmnotes{room}')\n"
        f"    print([(room, name) for name in {late} if name in sys.modules])"
    )
    assert set(in_new_python(code).splitlines()) == {"[]"}
