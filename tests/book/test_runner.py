"""Runs of real kernels, at about two seconds each: few, and one after the other in this process."""

import sys

import joblib
import nbformat
import pytest

from mmnotes.book import execution, reuse
from mmnotes.book.execution import execute
from mmnotes.book.failure import BudgetSpent, NotebookFailed
from mmnotes.book.parameters import parameters
from mmnotes.book.runner import Plan, budget, run
from mmnotes.book.runs import Task, read_run, run_key
from mmnotes.errors import InputError
from mmnotes.report import results


@pytest.fixture(autouse=True)
def sequential():
    with joblib.parallel_config(backend="sequential"):
        yield


def task(planted, **changed):
    """The task of the planted notebook as is."""
    source = planted.notebooks / "01_one.ipynb"
    fields = {
        "source": source,
        "output": planted.executed(source, "fast", False),
        "book": planted.book,
        "shown": "notebooks/01_one.ipynb",
        "parameters": parameters(),
        "datasets": (),
        "key": "k",
    }
    return Task(**{**fields, **changed})


def failure(planted, nb, **changed):
    """The message of a run that fails."""
    planted.put("01_one", nb)
    result = execute(task(planted, **changed))
    assert isinstance(result, NotebookFailed)
    return str(result)


def test_a_run_is_recorded_and_used_again(planted, capsys):
    (first,) = run(planted, planted.chapters(), Plan({}))
    assert first.path == planted.build / "executed" / "fast" / "asis" / "01_one.ipynb"
    assert first.records.values["gain"]["value"] == 1.0
    assert not first.reused
    assert "01_one: " in capsys.readouterr().err

    (again,) = run(planted, planted.chapters(), Plan({}))
    assert again.reused
    assert (again.seconds, again.date, again.records) == (first.seconds, first.date, first.records)
    assert [path.name for path in first.path.parent.iterdir()] == ["01_one.ipynb"]


def test_the_kernel_is_this_interpreter_with_few_threads(planted, make, monkeypatch):
    monkeypatch.setenv("MMNOTES_DATA", "some/data")
    nb = make.chapter()
    nb.cells[9].source = (
        "import os, sys\nassert os.environ['OMP_NUM_THREADS'] == '3'\n"
        "assert os.environ['MMNOTES_DATA'].endswith('/check out {x}/some/data')\n"
        "assert os.environ['MMNOTES_BOOK'].endswith('/check out {x}/book')\n"
        "assert os.getcwd().endswith('/notebooks')\nprint(sys.executable)"
    )
    planted.put("01_one", nb)
    done = execute(task(planted, threads=3))
    assert not isinstance(done, NotebookFailed), done
    printed = nbformat.read(done.path, as_version=4).cells[10].outputs[0].text
    assert printed.strip() == sys.executable


def test_a_failing_cell_is_named_and_its_copy_kept_aside(planted, make):
    nb = make.chapter()
    nb.cells[7].source = "\n# divide\nshare = 1 / 0"
    to_do = task(planted, parameters=parameters(null=True))
    to_do.output.parent.mkdir(parents=True)
    to_do.output.write_text("an older copy")
    said = failure(planted, nb, parameters=to_do.parameters, output=to_do.output)
    assert said == (
        "notebooks/01_one.ipynb (null run): cell 8 `# divide` raised "
        "ZeroDivisionError: division by zero"
    )
    assert not to_do.output.exists()
    assert to_do.failed.name == "01_one.failed.ipynb"
    assert to_do.failed.is_file()


def test_parameters_that_did_not_arrive(planted, make):
    nb = make.chapter()
    nb.cells[4].source = nb.cells[4].source.replace("seed=seed", "seed=0")
    said = failure(planted, nb, parameters=parameters(seed=7))
    assert said.startswith("notebooks/01_one.ipynb: was given seed=7 but says that it ran with")


def test_data_that_the_metadata_do_not_name(planted, make):
    nb = make.chapter()
    nb.cells[7].source += '\nrecords["real"].append({"dataset": "amazon-apparel"})'
    said = failure(planted, nb)
    assert "01_one.ipynb: shows results on 'amazon-apparel', which its metadata do not" in said


def test_a_dead_kernel(planted, make):
    nb = make.chapter()
    nb.cells[7].source = "import os\nos._exit(9)"
    assert "cell 8 `import os` lost its kernel" in failure(planted, nb)


@pytest.mark.slow
def test_the_budget_is_that_of_the_whole_notebook(planted, make):
    nb = make.chapter()
    nb.cells[7].source = "import time\ntime.sleep(60)"
    said = failure(planted, nb, budget=4)
    assert "cell 8 `import time` ran out of the 4 s that the whole notebook has" in said


def test_what_is_left_of_a_budget(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(execution.time, "monotonic", lambda: now[0])
    left = execution._what_is_left(10)
    assert left(None) == 10
    now[0] = 109.5
    assert left(None) == 1  # never 0, which would mean no limit
    now[0] = 110.0
    with pytest.raises(BudgetSpent):
        left(None)
    assert execution._what_is_left(None)(None) is None


@pytest.mark.parametrize("seconds", [0, -1, "60", True])
def test_a_budget_is_a_positive_number(planted, make, seconds):
    nb = make.chapter()
    nb.metadata["mmnotes"]["budget_seconds"] = seconds
    with pytest.raises(InputError, match="budget_seconds must be a number above zero"):
        budget(planted.put("01_one", nb), "notebooks/01_one.ipynb")


def test_all_that_fail_are_named(planted, make):
    for name in ("01_one", "02_two"):
        nb = make.chapter(name)
        nb.cells[4].source = f"raise RuntimeError('{name} is\\nwrong')"
        planted.put(name, nb)
    with pytest.raises(NotebookFailed) as raised:
        run(planted, planted.chapters(), Plan({}))
    first, second = str(raised.value).splitlines()
    assert first.endswith("raised RuntimeError: 01_one is")
    assert second.startswith("notebooks/02_two.ipynb: cell 5 `raise RuntimeError(")


def test_a_misspelt_parameter_stops_all_before_any_runs(planted, make):
    nb = make.chapter("02_two")
    nb.cells[2].source = nb.cells[2].source.replace("n_seeds", "n_seed")
    planted.put("02_two", nb)
    with pytest.raises(InputError, match=r"02_two\.ipynb: the parameters cell lacks n_seeds"):
        run(planted, planted.chapters(), Plan({}))
    assert not planted.build.exists()


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"threads": 0}])
def test_jobs_and_threads_are_positive(wrong):
    with pytest.raises(InputError, match="at least 1, not 0"):
        Plan({}, **wrong)


def test_side_by_side_as_is_and_null(planted):
    with joblib.parallel_config(backend="loky"):
        runs = run(planted, planted.chapters(), Plan({}, jobs=2), nulls=(False, True))
    assert [(r.null, r.records.values["gain"]["value"]) for r in runs] == [(False, 1), (True, 0)]


def test_files_that_no_run_wrote(planted):
    notebook = planted.notebooks / "01_one.ipynb"
    assert run_key(notebook) is None
    assert run_key(planted.write("build/x.ipynb", "{ half")) is None
    assert run_key(planted.root / "absent.ipynb") is None
    with pytest.raises(InputError, match="not an executed copy"):
        read_run(notebook)


def key_of(planted, **changed):
    notebook = planted.notebooks / "01_one.ipynb"
    return reuse.key(planted, notebook, parameters(**changed), 1)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("src/mmnotes/new.py", "x = 1"),
        ("constraints.txt", "numpy==2.1.0"),
    ],
)
def test_a_changed_file_changes_the_key(planted, where, text):
    before = key_of(planted)
    assert key_of(planted) == before
    planted.write(where, text)
    assert key_of(planted) != before


def test_what_else_changes_the_key(planted, make):
    before = key_of(planted)
    assert key_of(planted, seed=1) != before
    planted.write("book/claims.toml", make.claim() + make.claim("02_two"))
    assert key_of(planted) == before  # another notebook's claim
    planted.write("book/claims.toml", make.claim(expression="gain.low > 1"))
    assert key_of(planted) != before
    planted.write("book/claims.toml", make.claim())
    nb = make.chapter()
    nb.metadata["mmnotes"]["data"] = ["amazon-apparel"]
    planted.put("01_one", nb)
    assert key_of(planted) != before


def test_data_that_arrive_or_change_change_the_key(planted, make, monkeypatch):
    nb = make.chapter()
    nb.metadata["mmnotes"]["data"] = ["amazon-apparel"]
    planted.put("01_one", nb)
    keys = {key_of(planted)}
    file = planted.write("data/amazon-apparel/items.parquet", "a")
    monkeypatch.setenv("MMNOTES_DATA", str(planted.root / "data"))
    keys.add(key_of(planted))
    file.write_text("b")
    keys.add(key_of(planted))
    assert len(keys) == 3


def test_kept_results_matter_only_where_the_page_reads_them(planted, monkeypatch):
    def keep(mode, null, gain):
        origin = dict.fromkeys(results.PROVENANCE, "x")
        new = results.Kept("amazon-apparel", mode, null, {"gain": gain}, origin)
        results.keep("01_one", [new], planted.results)
        return key_of(planted)

    keys = [key_of(planted), keep("fast", False, 1), keep("fast", False, 2)]
    assert len(set(keys)) == 3
    assert keep("fast", True, 1) == keys[-1]  # read by the null run alone
    planted.write("data/amazon-apparel/items.parquet", "a")
    monkeypatch.setenv("MMNOTES_DATA", str(planted.root / "data"))
    at_hand, in_full = key_of(planted), key_of(planted, mode="full")
    assert keep("fast", False, 3) == at_hand  # what was computed here is not read back
    assert keep("full", False, 1) != at_hand
    assert key_of(planted, mode="full") == in_full
