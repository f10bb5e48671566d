"""Real builds of a tiny book, at a few seconds each."""

import nbformat
import pytest

from mmnotes.book import sphinx
from mmnotes.book.sphinx import SphinxFailed, discard, render
from mmnotes.book.staging import staged_copy


@pytest.fixture
def staged(planted, make):
    """A checkout whose notebook and scoreboard are staged."""
    nb = make.chapter()
    nb.cells[9].outputs = [
        nbformat.v4.new_output("display_data", {"text/html": '<img alt="Two" src="data:,">'})
    ]
    nb.cells[3].source += "\n\n$$ x = 1 $$"
    nb.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    lead = {"mmnotes": {"lead": True}}
    nb.cells[9].outputs[0].metadata.update(lead)
    planted.staged.mkdir()
    nbformat.write(staged_copy(nb, "*Ran.*"), planted.staged / "01_one.ipynb")
    planted.write("book/_generated/scoreboard.md", "{doc}`One </notebooks/01_one>`\n")
    return planted


def old_book(planted):
    """A page of an earlier build."""
    return planted.write("build/html/index.html", "an older book")


@pytest.mark.slow  # `mmnotes build` runs it on the book itself
def test_a_book(staged):
    old_book(staged)
    assert render(staged) == staged.html / "index.html"
    page = (staged.html / "notebooks" / "01_one.html").read_text()
    assert "colab.research.google.com/github/nobody/nothing/blob/main/notebooks/01_one" in page
    assert "cdn" not in page
    assert page.count('<img alt="Two"') == 2  # on the first screen, and in its place
    assert page.index('<img alt="Two"') < page.index("<em>Ran.</em>") < page.index("<h2>Predict<")
    assert page.count("const THEBE_JS_URL") == 1
    assert page.count("mathjax/tex-svg.js") == 1
    assert [p.name for p in (staged.html / "_static" / "mathjax").iterdir()] == ["tex-svg.js"]
    assert "importlib.invalidate_caches" not in page
    assert "an older book" not in (staged.html / "index.html").read_text()
    assert not list(staged.build.glob(".html-*"))


def test_all_that_is_wrong_is_named_and_no_page_comes(staged, make):
    old_book(staged)
    staged.write("book/index.md", "# Front\n\n[gone](gone.md)\n\n{ref}`nowhere`\n")
    nb = nbformat.read(staged.staged / "01_one.ipynb", as_version=4)
    nb.cells[5].source += "\n\nSee [there](02_two.ipynb)."
    picture = nbformat.v4.new_output("display_data", {"text/html": '<img src="data:,x">'})
    nb.cells[11].outputs = [picture]
    nbformat.write(nb, staged.staged / "01_one.ipynb")
    with pytest.raises(SphinxFailed) as raised:
        render(staged)
    said = str(raised.value)
    assert "book/index.md:3: WARNING" in said
    assert "gone.md" in said
    assert "nowhere" in said
    assert "book/notebooks/01_one.ipynb" in said
    assert "02_two.ipynb" in said
    assert "picture data:,x has no alt text" in said
    assert said.splitlines()[-1] == "the whole log is build/sphinx.log"
    assert str(staged.root) not in said
    assert (staged.html / "index.html").read_text() == "an older book"
    discard(staged)
    assert not staged.html.exists()
    assert not staged.staged.exists()
    assert not staged.generated.exists()


def rendered(pages, code=0, log=""):
    """A stand-in for jupyter-book that writes these pages."""

    def jupyter_book(checkout, output, log_file):
        for page in pages:
            path = output / "_build" / "html" / page
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a page")
        log_file.write_text(log)
        return code

    return jupyter_book


def test_a_notebook_that_the_table_of_contents_forgets(staged, monkeypatch):
    monkeypatch.setattr(sphinx, "_jupyter_book", rendered(["index.html"]))
    with pytest.raises(SphinxFailed, match=r"_toc\.yml does not list notebooks/01_one"):
        render(staged)
    assert not staged.html.exists()


@pytest.mark.parametrize(("pages", "code"), [(["index.html", "notebooks/01_one.html"], 1), ([], 0)])
def test_no_page_is_kept_of_a_build_that_failed(staged, monkeypatch, pages, code):
    log = "building\n\x1b[31mbroken\x1b[0m\n"
    monkeypatch.setattr(sphinx, "_jupyter_book", rendered(pages, code, log))
    with pytest.raises(SphinxFailed, match=r"^broken\nthe whole log is build/sphinx\.log$"):
        render(staged)
    assert not staged.html.exists()
