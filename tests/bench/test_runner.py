"""Fresh processes, in turn: what is counted, and what becomes of those that cannot be run."""

import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from mmnotes.bench import GROUPS, bench, runner
from mmnotes.bench.child import RESULT
from mmnotes.bench.forks import Forks
from mmnotes.bench.works import OURS
from mmnotes.errors import InputError
from mmnotes.memory import peak

HERE = str(Path(__file__).parent)


@pytest.fixture(scope="module", autouse=True)
def toys():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        patch.setenv("PYTHONPATH", HERE, prepend=":")
        yield
        sys.modules.pop("toy_works", None)


@pytest.fixture(scope="module")
def rows(toys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "REPEATS", 2)
        return {row.implementation: row for row in runner.run_work("toy_works", 0, quick=False)}


def test_rows_are_in_order_and_can_be_written(rows):
    assert next(iter(rows)) == OURS
    assert {row.work for row in rows.values()} == {"a sum of 1,000"}
    written = json.loads(json.dumps([asdict(row) for row in rows.values()], allow_nan=False))
    needed = {"work", "implementation", "seconds", "cpu_seconds", "peak_mib", "value"}
    assert all(needed <= row.keys() for row in written)


def test_cpu_time_is_not_the_clock_on_the_wall(rows):
    assert rows[OURS].cpu_seconds == pytest.approx(0.25, rel=0.1)
    assert rows[OURS].seconds >= 0.24
    assert rows["asleep"].seconds >= 0.09
    assert rows["asleep"].cpu_seconds < 0.05
    assert rows["asleep"].ratio == pytest.approx(
        rows["asleep"].cpu_seconds / rows[OURS].cpu_seconds
    )


def test_each_is_run_as_often_as_it_says(rows):
    assert {row.n_runs for row in rows.values() if row.seconds is not None} == {2}
    assert runner.REPEATS == 3


@pytest.mark.skipif(peak() is None, reason="this system does not tell a process its peak memory")
def test_memory_is_what_the_work_takes(rows):
    assert rows["greedy"].peak_mib == pytest.approx(125, abs=5)
    assert rows["asleep"].peak_mib < 5
    assert rows["greedy"].process_mib > rows["greedy"].peak_mib + 5


def test_what_is_done_before_takes_memory_and_no_time(rows):
    assert rows["prepared"].cpu_seconds < 0.05
    assert rows["prepared"].note == ""
    if rows["prepared"].peak_mib is not None:
        assert rows["prepared"].peak_mib == pytest.approx(125, abs=5)


def test_differences_are_explained_or_said_to_be_unexplained(rows):
    assert rows["asleep"].note == ""
    assert rows["greedy"].note == "wants memory"
    assert rows["off by one"].note == "sum 499501, ours 499500: counts from one"
    assert rows["off by two"].note == "sum 499502, ours 499500: unexplained"


def test_a_bound_has_a_time_and_no_value(rows):
    assert rows["a part"].value is None
    assert rows["a part"].seconds is not None
    assert rows["a part"].note == ""


@pytest.mark.parametrize(
    ("who", "note"),
    [
        ("absent", "not installed: pip install it"),
        ("broken package", "failed: ModuleNotFoundError: No module named 'numpy.no_such_part'"),
        ("raises", "failed: TypeError: no such thing"),
        ("gives nan", "failed: ValueError: its values are {'sum': nan}"),
        ("dies", "failed: ended with code 3: out of luck"),
    ],
)
def test_who_cannot_be_run_is_a_row_with_the_reason(rows, who, note):
    assert rows[who].note == note
    assert rows[who].seconds is rows[who].value is rows[who].ratio is None


def test_each_run_is_a_process_with_one_thread():
    ours, another = runner.run_work("toy_works", 1, quick=True)
    assert (ours.values["told"], another.values["told"]) == (0, 7)
    assert ours.values["threads"] == another.values["threads"] == ours.threads == 1
    assert ours.values["pid"] != another.values["pid"]
    assert ours.n_runs == another.n_runs == 1


def test_peers_are_timed_even_if_ours_fails():
    ours, asleep = runner.run_work("toy_works", 2, quick=True)
    assert ours.note == "failed: TypeError: no such thing"
    assert asleep.seconds is not None
    assert asleep.ratio is None


def test_files_are_written_for_all():
    ours, another = runner.run_work("toy_works", 3)
    assert ours.values == another.values == {"sum": 499500.0}
    assert (ours.size, ours.unit) == (1000, "numbers")


def test_time_of_a_process_that_lives_on_counts():
    ours, another = runner.run_work("toy_works", 3, quick=True)
    assert ours.cpu_seconds < 0.1
    assert another.cpu_seconds > 0.28


def test_what_takes_long_is_not_run_again(monkeypatch):
    monkeypatch.setattr(runner, "_ENOUGH_SECONDS", 0.0)
    assert {row.n_runs for row in runner.run_work("toy_works", 1)} == {1}


def test_what_does_not_end_is_stopped(monkeypatch):
    monkeypatch.setattr(runner, "_TOO_LONG_SECONDS", 0.01)
    assert runner.run_work("toy_works", 1, quick=True)[0].note == "failed: stopped after 0 s"


def test_no_result_of_another_run_is_taken(tmp_path):
    (tmp_path / RESULT).write_text("{}")
    assert "ended with code" in runner._run(["no_such_module", "0", "0"], tmp_path, {})


forks = pytest.mark.skipif(sys.platform != "linux", reason="quick runs are forks on Linux alone")


@forks
def test_quick_rows_are_those_of_processes_of_their_own(rows, monkeypatch):
    monkeypatch.setitem(GROUPS, "toys", ("toy_works",))
    forked = bench(["toys"], quick=True)
    quick = {row.implementation: row for row in forked if row.work == "a sum of 200"}
    assert list(quick) == list(rows)
    assert quick["off by two"].note == "sum 19902, ours 19900: unexplained"
    for who in ("absent", "broken package", "raises", "gives nan", "dies"):
        assert quick[who].note == rows[who].note
    assert 0.045 < quick[OURS].cpu_seconds < 0.15
    assert quick["prepared"].cpu_seconds < 0.05
    if quick["prepared"].peak_mib is not None:
        assert quick["prepared"].peak_mib == pytest.approx(25, abs=5)
        assert quick["asleep"].peak_mib < 5
    assert {row.process_mib for row in quick.values()} == {None}
    ours, another = (row for row in forked if row.work == "where it runs")
    assert (ours.values["told"], another.values["told"]) == (0, 7)
    assert ours.values["threads"] == another.values["threads"] == 1
    assert ours.values["pid"] != another.values["pid"]
    lives_on = forked[-1]
    assert lives_on.cpu_seconds > 0.28


@forks
def test_a_fork_that_does_not_end_is_stopped_and_the_next_runs(monkeypatch, tmp_path):
    with runner._runs_of("toy_works", quick=True) as run:
        work = runner.works_of("toy_works")[1]
        for name in (runner.WHOLE, runner.WARM):
            runner.write_given(tmp_path / name, work, 1)
        which = ["toy_works", "1", "0"]
        with monkeypatch.context() as patch:
            patch.setattr(runner, "_TOO_LONG_SECONDS", 0.0)
            assert run(which, tmp_path, {}) == "failed: stopped after 0 s"
        first, second = (run(which, tmp_path, {}).values["pid"] for _ in range(2))
        assert first != second


@forks
def test_a_killed_server_is_a_row_with_the_reason(tmp_path):
    with Forks("toy_works", os.environ) as server:
        os.kill(server._process.pid, signal.SIGKILL)
        for _ in range(2):
            assert server.run("1", "0", tmp_path, 9.0) == (-signal.SIGKILL, "")
        said = runner._measured(tmp_path, -signal.SIGKILL, "")
        assert said == "failed: ended with code -9: and said nothing"


LEAVES = """
import subprocess
from mmnotes.bench.works import Implementation, Work


def leave(arrays):
    return {"pid": subprocess.Popen(["sleep", "60"]).pid}


WORKS = (Work("leaves", 1, 1, lambda size: {}, (Implementation("ours", leave, "numpy"),)),)
"""


@forks
def test_what_a_fork_leaves_behind_ends_with_the_server(monkeypatch, tmp_path):
    """Such as the workers of a pool whose owner was stopped."""
    (tmp_path / "leaving_works.py").write_text(LEAVES, encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    for name in (runner.WHOLE, runner.WARM):
        (tmp_path / name).mkdir()
    with Forks("leaving_works", os.environ) as server:
        assert server.run("0", "0", tmp_path, 60.0)[0] == 0
        pid = int(json.loads((tmp_path / RESULT).read_text(encoding="utf-8"))["values"]["pid"])
        assert runs_on(pid)
    end = time.monotonic() + 5
    while runs_on(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not runs_on(pid)


def runs_on(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@forks
def test_nothing_to_fork_from_is_a_row_with_the_reason(tmp_path):
    with runner._runs_of("no_such_module", quick=True) as run:
        for _ in range(2):
            said = run(["no_such_module", "0", "0"], tmp_path, {})
            assert said.startswith("failed: ended with code 1: ")


def test_groups(monkeypatch):
    asked = []
    monkeypatch.setattr(runner, "run_work", lambda *which: asked.append(which[:3]) or [which[:3]])
    monkeypatch.setitem(GROUPS, "toys", ("toy_works",))
    assert bench(["toys"], quick=True) == [("toy_works", number, True) for number in range(4)]
    bench()
    assert {module for module, _, _ in asked} == {name for of in GROUPS.values() for name in of}
    with pytest.raises(InputError, match="no group 'toy' of works, only metrics, intervals"):
        bench(["toy"])
