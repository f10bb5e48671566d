"""Many runs side by side."""

import json
import os
import sys

import joblib
import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.experiments import grid as module
from mmnotes.experiments.grid import RunsFailed, grid
from mmnotes.experiments.tasks import KnockOut, Task

SETTINGS = {"dim": 4, "epochs": 2, "batch_size": 256}


def tasks(model, n=2, **more):
    return [Task(model, seed, SETTINGS, device="cpu", **more) for seed in range(n)]


def same(one, other):
    return all(
        a.label == b.label
        and a.seed == b.seed
        and np.array_equal(
            a.per_user["test"]["ndcg@20"].values, b.per_user["test"]["ndcg@20"].values
        )
        for a, b in zip(one, other, strict=True)
    )


def test_runs_come_in_the_order_of_tasks(toy):
    wanted = [*tasks("FREEDOM", at_scoring=(KnockOut({"text": "mean"}),)), *tasks("BPR")]
    runs = grid(wanted, toy)
    assert [(run.label, run.seed) for run in runs] == [
        ("FREEDOM", 0),
        ("FREEDOM, text mean at scoring", 0),
        ("FREEDOM", 1),
        ("FREEDOM, text mean at scoring", 1),
        ("BPR", 0),
        ("BPR", 1),
    ]


def test_what_no_seed_changes_is_run_once(toy):
    mostpop = [Task("MostPop", seed) for seed in (4, 5, 6)]
    assert [run.seed for run in grid([*mostpop, *mostpop], toy)] == [4]
    cold = [Task("MostPop", seed, protocol="cold") for seed in (4, 5, 4)]
    assert [run.seed for run in grid(cold, toy)] == [4, 5]


def test_no_task_no_run(toy):
    assert grid([], toy) == []


def test_one_failure_leaves_the_others(toy, tmp_path):
    wanted = [*tasks("BPR"), *tasks("FREEDOM", 1, modalities=("sound",)), *tasks("LightGCN", 1)]
    with pytest.raises(RunsFailed) as failed:
        grid(wanted, toy, tmp_path)
    assert str(failed.value).startswith("FREEDOM, sound only, seed 0: there is no modality 'sound'")
    assert [run.model for run in failed.value.runs] == ["BPR", "BPR", "LightGCN"]
    assert len(list(tmp_path.glob("*.json"))) == 3


def test_a_fault_of_ours_comes_with_its_traceback(toy, monkeypatch):
    def breaks(*given):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(module, "run", breaks)
    with pytest.raises(RunsFailed, match="ZeroDivisionError: by nothing") as failed:
        grid(tasks("BPR", 1), toy)
    assert "Traceback" in str(failed.value)


@pytest.mark.slow
def test_side_by_side_as_one_by_one(toy, tmp_path):
    wanted = [*tasks("FREEDOM"), *tasks("LightGCN")]
    alone = grid(wanted, toy)
    together = grid(wanted, toy, tmp_path, jobs=2)
    assert same(alone, together)
    assert same(alone, grid(wanted, toy, tmp_path, jobs=2))
    records = [json.loads(file.read_text()) for file in tmp_path.glob("*.json")]
    assert {record["model"] for record in records} == {"FREEDOM", "LightGCN"}


def _killed(*given):
    os.kill(os.getpid(), 9)


@pytest.mark.slow
def test_a_killed_process_is_an_error_that_says_what_to_do():
    with pytest.raises(InputError, match="fewer jobs"), module._engine("loky", 2):
        joblib.Parallel()(joblib.delayed(_killed)() for _ in range(2))


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_clusters(toy, backend, package):
    pytest.importorskip(package)
    wanted = tasks("LightGCN")
    assert same(grid(wanted, toy), grid(wanted, toy, jobs=2, backend=backend))


@pytest.mark.parametrize(
    ("backend", "package", "wants"),
    [
        ("dask", "distributed", r"pip install 'dask\[distributed\]'"),
        ("ray", "ray.util.joblib", "pip install 'ray'"),
    ],
)
def test_clusters_that_are_not_installed(toy, backend, package, wants, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=wants):
        grid(tasks("BPR", 1), toy, backend=backend)


def test_misuse(toy):
    with pytest.raises(InputError, match="jobs must be at least 1"):
        grid(tasks("BPR", 1), toy, jobs=0)
    with pytest.raises(InputError, match="no backend 'slurm'; choose from loky, dask, ray"):
        grid(tasks("BPR", 1), toy, backend="slurm")


def test_bars_are_drawn_on_terminals_only(capsys):
    stream = module._NoTerminal(sys.stderr)
    print("a warning", file=stream)
    assert not stream.isatty()
    assert capsys.readouterr().err == "a warning\n"
