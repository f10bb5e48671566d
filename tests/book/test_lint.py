import json

import nbformat
import pytest

from mmnotes.book.finding import LintFailed
from mmnotes.book.lint import lint, lint_executed, require_clean


def findings(planted, nb):
    """The findings of a changed notebook, as text."""
    return [str(found) for found in lint(planted, [planted.put("01_one", nb)])]


def test_the_planted_notebook_keeps_the_rules(planted, make):
    assert findings(planted, make.chapter()) == []


def change_source(cell, old, new):
    def change(nb, make):
        assert old in nb.cells[cell - 1].source
        nb.cells[cell - 1].source = nb.cells[cell - 1].source.replace(old, new)

    return change


def change_tags(cell, *tags):
    def change(nb, make):
        nb.cells[cell - 1].metadata["tags"] = list(tags)

    return change


def wrong_kernel(nb, make):
    nb.metadata["kernelspec"]["name"] = "conda-env-py"


def committed_output(nb, make):
    nb.cells[7].outputs = [nbformat.v4.new_output("stream", text="3")]


def committed_count(nb, make):
    nb.cells[7].execution_count = 4


def committed_metadata(nb, make):
    nb.metadata["papermill"] = {}
    nb.cells[7].metadata["papermill"] = {}


def no_parameters(nb, make):
    del nb.cells[2]


def two_parameters(nb, make):
    nb.cells.insert(3, make.code("mode = 'fast'", "parameters"))


def many_cells(nb, make):
    nb.cells[3:3] = [make.text("x") for _ in range(9)]


def no_last_cell(nb, make):
    nb.cells.pop()


def open_solution(nb, make):
    nb.cells[15].metadata["tags"] = []


def no_solution(nb, make):
    del nb.cells[15]


def swapped(nb, make):
    nb.cells[8], nb.cells[10] = nb.cells[10], nb.cells[8]


def long_cell(nb, make):
    nb.cells[7].source = "\n".join(f"x{i} = {i}" for i in range(16))


def long_function(nb, make):
    nb.cells[7].source = "def long():\n" + "\n".join(f"    x = {i}" for i in range(12))


def late_takeaway(nb, make):
    nb.cells[13], nb.cells[14] = nb.cells[14], nb.cells[13]


WRONG = {
    "wrong kernel": (wrong_kernel, 0, "the kernel is 'conda-env-py'"),
    "committed output": (committed_output, 8, "an output is committed; strip it"),
    "committed count": (committed_count, 8, "an execution count is committed"),
    "committed metadata": (committed_metadata, 8, "metadata of a run is committed (papermill)"),
    "missing parameters cell": (no_parameters, 0, "0 cells are tagged 'parameters'"),
    "two parameters cells": (two_parameters, 0, "2 cells are tagged 'parameters'"),
    "misspelt parameter": (
        change_source(3, "n_seeds", "n_seed"), 3, "unknown parameter 'n_seed'",
    ),
    "missing parameter": (change_source(3, "n_seeds = 5\n", ""), 3, "'n_seeds' is missing"),
    "annotated parameter": (
        change_source(3, "seed = 0", "seed: int = 0"), 3, "`seed: int = 0` is not a plain",
    ),
    "computed parameter": (
        change_source(3, "seed = 0", "seed = 1 - 1"), 3, "`seed = 1 - 1` is not a plain",
    ),
    "other default": (change_source(3, "= False", "= True"), 3, "null = True; the default is"),
    "default of another type": (change_source(3, "= False", "= 0"), 3, "null = 0; the default is"),
    "unknown tag": (change_tags(16, "hide-cel"), 16, "unknown tag 'hide-cel'"),
    "many cells": (many_cells, 0, "26 cells; keep to 25"),
    "long cell": (long_cell, 8, "16 lines of code; keep to 15"),
    "long function": (long_function, 8, "long has 13 lines; above 12"),
    "no title": (change_source(1, "# One", "One"), 1, "does not begin with a title"),
    "other claim": (change_source(1, "above", "below"), 1, "its first claim is not in the first"),
    "changed Colab cell": (change_source(2, "--quiet", "--pre"), 2, "is not the Colab cell"),
    "visible Colab cell": (change_tags(2), 2, "would show in the book; tag it 'remove-cell'"),
    "missing section": (change_source(9, "Detect", "Find"), 0, "no section `## Detect it`"),
    "section out of order": (swapped, 11, "`## Detect it` comes after `## Fix it`"),
    "no check": (no_last_cell, 16, "the last cell does not check the claims"),
    "visible check": (change_tags(17), 17, "would show in the book; tag it 'remove-input'"),
    "no takeaway": (change_tags(14), 0, "0 cells are tagged 'takeaway'"),
    "takeaway elsewhere": (late_takeaway, 15, "the takeaway is not below its heading"),
    "open solution": (open_solution, 16, "a solution lies open; tag it 'hide-cell'"),
    "no solution": (no_solution, 15, "exercises without a solution"),
    "magic": (change_source(8, "record(", "%time record("), 8, "not plain Python"),
    "MyST role": (change_source(4, "What", "{ref}`x` What"), 4, "MyST syntax `{ref}`x``"),
    "typed number in the text": (
        change_source(4, "NDCG@10", "0.42"), 4, "typed number 0.42 in the text; compute it",
    ),
    "typed number in the takeaway": (
        change_source(14, "It is", "Of 9, it is"), 14, "typed number 9 in the takeaway",
    ),
    "typed number in a figure's title": (
        change_source(8, 'record("gain"', 'page.show(fig, title="Up 3", alt="a")\nrecord("gain"'),
        8, "typed number 3 in what the page prints",
    ),
    "figure without alt text": (
        change_source(8, "record(", 'page.show(fig, title="Up")\nrecord('),
        8, "`page.show` without alt text; give alt=",
    ),
    "figure with empty alt text": (
        change_source(8, "record(", 'page.show(fig, title="Up", alt=" ")\nrecord('),
        8, "`page.show` without alt text",
    ),
    "pyplot's show": (change_source(8, "record(", "plt.show()\nrecord("), 8, "`plt.show` shows"),
    "Markdown image without alt text": (
        change_source(4, "What", "![](x.png) What"), 4, "image x.png without alt text",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_breaks_a_rule_is_named_with_file_and_cell(planted, make, wrong):
    change, cell, what = WRONG[wrong]
    nb = make.chapter()
    change(nb, make)
    where = f"notebooks/01_one.ipynb: cell {cell}: " if cell else "notebooks/01_one.ipynb: "
    said = findings(planted, nb)
    assert any(line.startswith(where) and what in line for line in said), said


def test_the_claim_itself_may_hold_a_number(planted, make):
    planted.write("book/claims.toml", make.claim(sentence="A cosine of 0.9 is nothing."))
    nb = make.chapter()
    nb.cells[0].source = "# One\n\n**A cosine of 0.9\nis nothing.**"
    assert findings(planted, nb) == []
    nb.cells[0].source += "\n\nNor is 0.8."
    (found,) = findings(planted, nb)
    assert "cell 1: typed number 0.8" in found


def test_blank_lines_do_not_count(planted, make):
    nb = make.chapter()
    nb.cells[7].source = "\n\n".join(f"x{i} = {i}" for i in range(15))
    assert findings(planted, nb) == []


def test_a_notebook_without_claim(planted, make):
    planted.write("book/claims.toml", "")
    assert "has no claim in the ledger" in findings(planted, make.chapter())[0]


@pytest.mark.parametrize(
    "text", ["{", "[]", json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": [{}]})]
)
def test_a_damaged_file(planted, text):
    path = planted.write("notebooks/01_one.ipynb", text)
    (found,) = lint(planted, [path])
    assert str(found).startswith("notebooks/01_one.ipynb: not a notebook of format 4")


def test_a_missing_file(planted):
    (found,) = lint(planted, [planted.notebooks / "02_two.ipynb"])
    assert str(found) == "notebooks/02_two.ipynb: no such file; correct the name"


def test_clean_or_raise(planted, make):
    nb = make.chapter()
    wrong_kernel(nb, make)
    committed_count(nb, make)
    require_clean([])
    with pytest.raises(LintFailed) as raised:
        require_clean(lint(planted, [planted.put("01_one", nb)]))
    assert len(raised.value.findings) == 2
    assert str(raised.value).count("\n") == 1


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"image/png": "iVBORw0KGgo="}, r"cell 8: a picture without alt text \(image/png\)"),
        ({"text/html": "<p><img src='x.png'></p>"}, r"cell 8: .*without alt text \(x\.png\)"),
        ({"text/html": '<img alt=" " src="y">'}, r"cell 8: .*without alt text \(y\)"),
    ],
)
def test_pictures_of_a_run_need_alt_text(planted, make, data, what):
    nb = make.chapter()
    nb.cells[7].outputs = [nbformat.v4.new_output("display_data", data)]
    # papermill adds a cell; numbers stay those of the tracked notebook
    nb.cells.insert(3, make.code("mode = 'fast'", "injected-parameters"))
    (found,) = lint_executed(planted.put("01_one", nb), "notebooks/01_one.ipynb")
    with pytest.raises(LintFailed, match=what):
        require_clean([found])


def test_what_page_show_displays_is_fine(planted, make):
    nb = make.chapter()
    html = '<figure><img alt="A &gt; B by 3" src="data:image/svg+xml;base64,AA"></figure>'
    nb.cells[7].outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    assert lint_executed(planted.put("01_one", nb), "01_one.ipynb") == []


def test_an_error_among_the_outputs(planted, make):
    nb = make.chapter()
    nb.cells[7].outputs = [nbformat.v4.new_output("error", ename="KeyError", evalue="x")]
    assert "an error: KeyError" in str(lint_executed(planted.put("01_one", nb), "x")[0])
