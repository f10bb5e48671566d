"""The command line in a planted checkout."""

import json
from dataclasses import replace

import joblib
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mmnotes.book import pipeline, runner
from mmnotes.book.keeping import keep, keep_figures
from mmnotes.cli import main
from mmnotes.errors import InputError
from mmnotes.report import results


@pytest.fixture(autouse=True)
def sequential():
    with joblib.parallel_config(backend="sequential"):
        yield


@pytest.fixture
def both(planted, make, monkeypatch):
    """The runs of the planted notebook, without a kernel."""
    runs = [make.run(), make.run(null=True)]
    monkeypatch.setattr(pipeline, "both_runs", lambda *given: runs)
    return runs


def test_lint_a_clean_notebook(planted, capsys):
    assert main(["lint"]) == 0
    assert capsys.readouterr().out == "nothing to mend in 1 notebook\n"


def test_lint_says_file_cell_and_remedy(planted, make, capsys):
    nb = make.chapter()
    nb.metadata["kernelspec"]["name"] = "other"
    nb.cells[7].execution_count = 2
    planted.put("01_one", nb)
    assert main(["lint", "notebooks/01_one.ipynb"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "mmnotes lint:"
    assert said[1].startswith("notebooks/01_one.ipynb: the kernel is 'other'; set metadata")
    assert said[2].startswith("notebooks/01_one.ipynb: cell 8: an execution count")


def test_the_colab_cell(planted, make, capsys):
    assert main(["lint", "--colab-cell"]) == 0
    assert capsys.readouterr().out.rstrip("\n") == make.chapter().cells[1].source


def test_an_unknown_notebook_is_misuse(planted, capsys):
    assert main(["run", "nine"]) == 2
    assert capsys.readouterr().err == "mmnotes run: no notebook 'nine'; there are 01_one\n"


def test_run_and_its_json(planted, capsys):
    file = planted.root / "runs.json"
    command = ["run", "01", "--null", "--json", str(file), "-p", "seed=3", "-p", "device=cpu"]
    assert main(command) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("01_one (null run): ran in ")
    assert line.endswith("build/executed/fast/null/01_one.ipynb")
    (done,) = json.loads(file.read_text())
    given = {"mode": "fast", "seed": 3, "n_seeds": 5, "null": True, "device": "cpu"}
    assert done["parameters"] == given
    assert (done["notebook"], done["mode"], done["null"]) == ("01_one", "fast", True)
    assert (done["reused"], done["real"]) == (False, [])
    assert done["values"]["gain"]["value"] == 0.0
    assert (planted.root / done["path"]).is_file()
    assert main([*command[:3], "--json", "-", *command[-4:]]) == 0
    assert json.loads(capsys.readouterr().out)[0]["reused"] is True


def test_a_failing_notebook_is_one_line(planted, make, capsys):
    nb = make.chapter()
    nb.cells[7].source = "int('x')"
    planted.put("01_one", nb)
    assert main(["run"]) == 1
    said = capsys.readouterr().err
    assert "mmnotes run: notebooks/01_one.ipynb: cell 8 `int('x')` raised ValueError" in said
    assert "Traceback" not in said


_HTML = '<img class="a" alt="one &quot;half&quot; is 0.5" src="data:image/svg+xml;base64,PHN2Zy8+">'
LEAD = new_output("display_data", {"text/html": _HTML}, metadata={"mmnotes": {"lead": True}})

REAL = {
    "dataset": "amazon-apparel",
    "source": "run",
    "payload": {"n_items": 16018, "gain": 0.1},
    "provenance": {**dict.fromkeys(results.PROVENANCE, "x"), "date": "2026-11-21"},
}


def test_keep_what_real_data_gave(planted, make, monkeypatch, capsys):
    done = make.run(null=True, real=[REAL, {**REAL, "source": "kept", "dataset": "other"}])
    monkeypatch.setattr(runner, "run", lambda *given, **more: [done])
    assert main(["run", "--null", "--keep", "--json", "-"]) == 0
    told = capsys.readouterr()
    assert told.err == "kept: book/results/01_one.json\n"
    (kept,) = results.read("01_one", planted.results)
    assert (kept.dataset, kept.mode, kept.null) == ("amazon-apparel", "fast", True)
    assert kept.values == {"n_items": 16018, "gain": 0.1}
    assert json.loads(told.out)[0]["real"][0]["counts"] == {"n_items": 16018}


@pytest.mark.parametrize("null", [False, True])
def test_keep_what_a_full_run_recorded_of_its_data(planted, make, null):
    values = {"gain": make.entry(1.0, data="amazon-apparel"), "lead": make.entry(1.0)}
    done = make.run(null=null, real=[REAL], **values)
    done = replace(done, parameters={**done.parameters, "mode": "full"})
    keep(planted, [done])
    (kept,) = results.read("01_one", planted.results)
    assert kept.records == ({} if null else {"gain": values["gain"]})


@pytest.mark.parametrize("changed", [{"seed": 7}, {"n_seeds": 1}])
def test_only_a_run_with_the_seeds_of_every_page_is_kept(planted, make, changed):
    done = make.run(real=[REAL])
    other = replace(done, parameters={**done.parameters, **changed})
    with pytest.raises(InputError, match=f"^{next(iter(changed))}="):
        keep(planted, [done, other])
    assert results.read("01_one", planted.results) == []


@pytest.mark.parametrize("changed", ["seed=7", "n_seeds=1"])
def test_other_seeds_are_refused_before_anything_runs(planted, monkeypatch, capsys, changed):
    ran = []
    monkeypatch.setattr(runner, "run", lambda *given, **more: ran.append(given))
    assert main(["run", "--keep", "-p", changed]) == 1
    assert f"{changed}: results are kept of" in capsys.readouterr().err
    assert ran == []


def test_keep_the_leading_figure(planted, make, tmp_path):
    page = new_markdown_cell("# One"), new_code_cell("", outputs=[LEAD])
    path = tmp_path / "done.ipynb"
    nbformat.write(new_notebook(cells=list(page)), path)
    runs = [replace(make.run(null=null), path=path) for null in (False, True)]
    full = replace(runs[0], parameters={**runs[0].parameters, "mode": "full"})
    assert keep_figures(planted, [full]) == []  # or the README would show it
    (written,) = keep_figures(planted, runs)
    assert written == planted.book / "images" / "01_one.svg"
    assert written.read_bytes() == b"<svg/>"
    assert written.with_suffix(".txt").read_text("utf-8") == 'one "half" is 0.5\n'


def test_nothing_to_keep(planted, make, monkeypatch, capsys):
    monkeypatch.setattr(runner, "run", lambda *given, **more: [make.run()])
    assert main(["run", "--keep"]) == 1
    assert "nothing to keep: no notebook computed anything on real data" in capsys.readouterr().err


def test_claims(both, capsys):
    assert main(["claims"]) == 0
    assert capsys.readouterr().out == (
        "01.gain  holds  (simulated)\n  The gain is above zero.\n"
        "  gain = 1.0 [0.5, 1.5]; null 0.0 [-0.5, 0.5]\n  gain.low > 0: True; null False\n"
    )


def test_claims_beside_a_kept_full_run(planted, make, both, capsys):
    planted.write("book/claims.toml", make.claim(full="fails"))
    records = {"gain": make.entry(0.2, data="amazon-apparel")}
    kept = results.Kept("amazon-apparel", "full", False, {}, REAL["provenance"], records)
    results.write("01_one", [kept], planted.results)
    assert main(["claims"]) == 0
    assert capsys.readouterr().out.endswith("  kept full run: fails, 0.2 [-0.3, 0.7]\n")


def test_claims_as_json(both, capsys):
    assert main(["claims", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["id"], line["status"]) == ("01.gain", "holds")


def test_a_broken_claim_is_listed_and_fails(planted, make, both, capsys):
    planted.write("book/claims.toml", make.claim(expression="gain.low < 0"))
    assert main(["claims"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("01.gain  broken")
    assert "mmnotes claims: claim 01.gain of 01_one is false" in told.err


def test_a_broken_ledger_is_named(planted, capsys):
    planted.write("book/claims.toml", "[[claim]]\nid = '01.x'\n")
    assert main(["lint"]) == 1
    assert "claim 01.x: field 'notebook' is missing" in capsys.readouterr().err


def test_build_tells_where_the_book_is_and_how_long_it_took(planted, make, monkeypatch, capsys):
    runs = [make.run(), make.run(null=True)]
    built = pipeline.Built(planted.html / "index.html", runs, [])
    monkeypatch.setattr(pipeline, "build", lambda checkout, plan, say: built)
    assert main(["build", "--jobs", "2", "--mode", "full"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "notebook               as is            null run",
        "01_one                23.4 s              20.4 s",
        "the book: build/html/index.html",
    ]


def test_a_fault_of_ours_keeps_its_traceback(planted, monkeypatch):
    def fault(*given, **more):
        raise RuntimeError("ours")

    monkeypatch.setattr(pipeline, "build", fault)
    with pytest.raises(RuntimeError, match="ours"):
        main(["build"])


def test_stopped_by_hand(planted, monkeypatch, capsys):
    def stop(*given, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", stop)
    assert main(["run"]) == 130
    assert "stopped" in capsys.readouterr().err


@pytest.mark.slow
def test_the_whole_way_with_a_real_page(planted, make, monkeypatch):
    """The page of ``mmnotes.report``, kept results, two processes, Sphinx."""
    monkeypatch.setenv("MMNOTES_DATA", str(planted.root / "src"))  # a folder without datasets
    nb = make.chapter()
    nb.cells[4].source = (
        "from mmnotes.evaluate.estimate import Estimate\n"
        "from mmnotes.report import Page, figure\n\n"
        'page = Page("01_one", mode=mode, seed=seed, n_seeds=n_seeds, null=null, device=device)'
    )
    nb.cells[5].source = "real = page.real('amazon-apparel', lambda data: {'n_items': len(data)})"
    nb.cells[7].source = (
        "gain = Estimate(0.0 if null else 1.0, -0.5 if null else 0.5, 1.5)\n"
        "gain = page.record('gain', gain)\npage.record('n_items', real['n_items'], real.dataset)"
    )
    nb.cells[9].source = (
        "fig, ax = figure()\nax.plot(page.seeds)\n"
        "page.show(fig, title='Up', alt=f'Up to {gain.value:.1f}', lead=True)"
    )
    nb.cells[13].source = "page.takeaway(f'It is {gain:.1f}.', 'It may not be.', 'Who knows.')"
    nb.metadata["mmnotes"]["data"] = ["amazon-apparel"]
    planted.put("01_one", nb)
    planted.write("book/claims.toml", make.claim(expression="gain.low > 0 and n_items > 9"))
    kept = [
        results.Kept("amazon-apparel", "fast", null, {"n_items": 16018}, REAL["provenance"])
        for null in (False, True)
    ]
    results.write("01_one", kept, planted.results)
    with joblib.parallel_config(backend="loky"):
        assert main(["build", "--jobs", "2"]) == 0
    page = (planted.html / "notebooks" / "01_one.html").read_text()
    assert "Kept results" in page
    assert page.count('alt="Up to 1.0"') == 2  # on the first screen, and in its place
    staged = nbformat.read(planted.staged / "01_one.ipynb", as_version=4)
    assert " on " in staged.cells[2].source
    assert main(["build"]) == 0  # all at hand
