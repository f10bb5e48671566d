"""A whole miniature checkout, planted into a temporary folder."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mmnotes.book.checkout import Checkout
from mmnotes.book.colab import install_cell
from mmnotes.book.parameters import parameters
from mmnotes.book.records import Records
from mmnotes.book.runs import Run

URL = "https://github.com/nobody/nothing"
SENTENCE = "The gain is above zero."

PAGE = """\
from types import SimpleNamespace

from IPython.display import display

given = dict(mode=mode, seed=seed, n_seeds=n_seeds, null=null, device=device)
records = {"notebook": "NAME", "parameters": given, "values": {}, "real": []}


def record(name, value):
    entry = dict(value=value, low=value - 0.5, high=value + 0.5, n_users=9, n_seeds=n_seeds)
    records["values"][name] = {**entry, "unit": "", "data": "simulated", "source": "run"}"""
CHECK = """\
def check():
    data = {"application/vnd.mmnotes.records+json": records, "text/plain": "records"}
    display(data, raw=True)


page = SimpleNamespace(check=check)"""
FIGURE = """\
html = '<figure><img alt="One bar at 1." src="data:,"></figure>'
bundle = {"text/html": html, "text/plain": "One bar at 1."}
display(bundle, raw=True, metadata={"mmnotes": {"lead": True}})"""
PARAMETERS = 'mode = "fast"\nseed = 0\nn_seeds = 5\nnull = False\ndevice = "auto"'

CONFIG = f"""\
title: Planted
author: nobody
only_build_toc_files: true
exclude_patterns: [_generated]
repository: {{url: {URL}, branch: main}}
execute: {{execute_notebooks: "off"}}
launch_buttons: {{colab_url: "https://colab.research.google.com"}}
parse: {{myst_enable_extensions: [dollarmath]}}
sphinx:
  extra_extensions: [mmnotes.book.extension]
  config: {{mathjax_path: mathjax/tex-svg.js}}
"""


def code(source, *tags):
    """A code cell with tags."""
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def chapter(name="01_one"):
    """A notebook that keeps all rules, and records ``gain``: 1 as is, 0 in the null run."""
    text = new_markdown_cell
    cells = [
        text(f"# One thing\n\n**{SENTENCE}**"),
        code(install_cell(URL), "remove-cell"),
        code(PARAMETERS, "parameters"),
        text("## Predict\n\nWhat will NDCG@10 be?"),
        code(PAGE.replace("NAME", name)),
        code(CHECK),
        text("## Break it"),
        code('record("gain", 0.0 if null else 1.0)'),
        text("## Detect it"),
        code(FIGURE),
        text("## Fix it"),
        text("## On real data"),
        text("## Takeaway"),
        code("print(f\"It is {records['values']['gain']['value']:.1f}.\")", "takeaway"),
        text("## Exercises"),
        code("seed + 1", "hide-cell"),
        code("page.check()", "remove-input"),
    ]
    nb = new_notebook(cells=cells)
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nb.metadata["mmnotes"] = {"data": []}
    return nb


def claim(name="01_one", **changed):
    """A claim of the planted notebook, as a table of the ledger."""
    fields = {
        "id": f"{name[:2]}.gain",
        "notebook": name,
        "sentence": SENTENCE,
        "expression": "gain.low > 0",
        "shows": "gain",
        "data": "simulated",
        "null": "the gain",
        "verdict": "holds",
        **changed,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
    return "\n".join(["[[claim]]", *lines, ""])


class Planted(Checkout):
    """A checkout whose files a test can change."""

    def put(self, name, nb):
        """Write a notebook; returns its path."""
        path = self.notebooks / f"{name}.ipynb"
        nbformat.write(nb, path)
        return path

    def write(self, where, text):
        """Write a text file."""
        path = self.root / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A checkout with one notebook, one claim and a book of three pages."""
    monkeypatch.delenv("MMNOTES_DATA", raising=False)
    checkout = Planted(tmp_path / "check out {x}")  # names that careless code trips over
    for folder in (checkout.notebooks, checkout.book, checkout.root / "src"):
        folder.mkdir(parents=True)
    checkout.write("_config.yml", CONFIG)
    checkout.write("constraints.txt", "numpy==2.0.0\n")
    checkout.write("src/mmnotes/__init__.py", "")
    checkout.write("book/claims.toml", claim())
    files = "chapters: [{file: notebooks/01_one}, {file: scoreboard}]"
    checkout.write("book/_toc.yml", f"format: jb-book\nroot: index\n{files}\n")
    checkout.write("book/index.md", "# Front\n\nSee [the chapter](notebooks/01_one.ipynb).\n")
    include = "```{include} _generated/scoreboard.md\n```\n"
    checkout.write("book/scoreboard.md", f"# Scoreboard\n\n{include}")
    checkout.put("01_one", chapter())
    monkeypatch.chdir(checkout.root)
    return checkout


def entry(value, **changed):
    """A recorded value with an interval of half a unit each way."""
    fields = {"value": value, "low": value - 0.5, "high": value + 0.5, "n_users": 9, "n_seeds": 5}
    return {**fields, "unit": "", "data": "simulated", "source": "run", **changed}


def run(name="01_one", null=False, path="x.ipynb", real=(), **values):
    """A run that recorded these values; without any, the planted ``gain``."""
    given = parameters(null=null)
    values = values or {"gain": entry(0.0 if null else 1.0)}
    records = Records(name, given, values, list(real), "1 thread of a Turing machine")
    return Run(name, Path(path), given, 20.4 if null else 23.4, "2026-11-21", records)


@pytest.fixture
def make():
    """What tests build notebooks and ledgers from."""
    return _Make


class _Make:
    chapter = staticmethod(chapter)
    claim = staticmethod(claim)
    code = staticmethod(code)
    text = staticmethod(new_markdown_cell)
    entry = staticmethod(entry)
    run = staticmethod(run)
