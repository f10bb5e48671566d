"""The whole way on a planted checkout: what fails, fails the build and leaves no page."""

import joblib
import nbformat
import pytest

from mmnotes.book import pipeline
from mmnotes.book.failure import NotebookFailed
from mmnotes.book.finding import LintFailed
from mmnotes.book.ledger import ClaimsBroken
from mmnotes.book.pipeline import build
from mmnotes.book.runner import Plan
from mmnotes.book.sphinx import SphinxFailed
from mmnotes.errors import InputError


@pytest.fixture(autouse=True)
def sequential():
    with joblib.parallel_config(backend="sequential"):
        yield


@pytest.fixture
def published(planted):
    """A checkout with the pages of an earlier build."""
    planted.write("build/html/index.html", "an older book")
    planted.write("build/html/notebooks/01_one.html", "an older page")
    planted.write("book/notebooks/01_one.ipynb", "an older copy")
    planted.write("book/_generated/scoreboard.md", "an older scoreboard")
    return planted


def fails(planted, error, message):
    """The build fails with this message, and no page of any age is left."""
    with pytest.raises(error, match=message):
        build(planted, Plan({}), say=lambda line: None)
    for left in (planted.html, planted.staged, planted.generated):
        assert not left.exists()


@pytest.fixture
def no_sphinx(monkeypatch):
    """Rendering takes seconds and is tested by itself."""
    monkeypatch.setattr(pipeline, "render", lambda checkout: checkout.html / "index.html")


def test_the_steps_are_told(planted, no_sphinx):
    said = []
    built = build(planted, Plan({}), said.append)
    assert [line for line in said if not line.startswith("  ")] == [
        "lint: 1 notebook …",
        "run: each notebook as is, and with its effect switched off …",
        "claims: true as is, false in the null run …",
        "render: Sphinx, warnings are errors …",
    ]
    assert [run.null for run in built.runs] == [False, True]
    assert [outcome.status for outcome in built.outcomes] == ["holds"]
    assert "holds" in planted.scoreboard.read_text()
    assert nbformat.read(planted.staged / "01_one.ipynb", as_version=4).cells[1].outputs


def test_a_rule_broken(published, make):
    nb = make.chapter()
    nb.cells[7].execution_count = 3
    published.put("01_one", nb)
    fails(published, LintFailed, r"notebooks/01_one\.ipynb: cell 8: an execution count")


def test_a_failing_cell(published, make):
    nb = make.chapter()
    nb.cells[7].source = "raise KeyError('gain')"
    published.put("01_one", nb)
    fails(published, NotebookFailed, r"01_one\.ipynb: cell 8 `raise KeyError.* raised KeyError")


@pytest.fixture
def ran(planted, make, monkeypatch):
    """The runs of the planted notebook, without a kernel; its copy is the notebook itself."""
    path = planted.notebooks / "01_one.ipynb"
    runs = [make.run(path=path), make.run(path=path, null=True)]
    monkeypatch.setattr(pipeline, "both_runs", lambda *given: runs)


def test_a_turned_sign(published, make, ran):
    published.write("book/claims.toml", make.claim(expression="gain.low < 0"))
    fails(published, ClaimsBroken, r"claim 01\.gain of 01_one is false: `gain\.low < 0` with gain")


def test_a_claim_of_no_notebook(published, make, ran):
    published.write("book/claims.toml", make.claim() + make.claim("07_leak"))
    fails(published, InputError, "claim 07.gain: there is no notebook '07_leak'")


def test_a_picture_without_alt_text(published, make, ran, monkeypatch):
    monkeypatch.setattr(pipeline, "lint", lambda *given: [])  # the output is in the notebook itself
    nb = make.chapter()
    picture = {"text/html": '<img src="data:,">'}
    nb.cells[9].outputs = [nbformat.v4.new_output("display_data", picture)]
    published.put("01_one", nb)
    fails(published, LintFailed, r"01_one\.ipynb: cell 10: a picture without alt text")


def test_a_warning_of_sphinx(published, ran, monkeypatch):
    def warn(checkout):
        assert checkout.scoreboard.is_file()
        raise SphinxFailed("book/index.md:3: WARNING: no such page")

    monkeypatch.setattr(pipeline, "render", warn)
    fails(published, SphinxFailed, r"book/index\.md:3: WARNING")


def test_an_interrupt(published, monkeypatch):
    def interrupt(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "both_runs", interrupt)
    fails(published, KeyboardInterrupt, None)
