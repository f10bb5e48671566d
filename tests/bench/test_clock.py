"""Processor time of this process and of those that it started."""

import subprocess
import sys
import time

import pytest

from mmnotes.bench import clock
from mmnotes.bench.clock import cpu_seconds

BUSY = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\n"


def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_own_time():
    before = cpu_seconds()
    spend(0.2)
    assert cpu_seconds() - before == pytest.approx(0.2, abs=0.08)


def test_time_of_one_that_ended():
    before = cpu_seconds()
    subprocess.run([sys.executable, "-c", BUSY], check=True, capture_output=True)
    assert cpu_seconds() - before == pytest.approx(0.3, abs=0.08)


@pytest.mark.skipif(not clock._PROCESSES.exists(), reason="only Linux tells")
def test_time_of_one_that_lives_is_counted_once():
    before = cpu_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", BUSY + "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        living = cpu_seconds() - before
        process.communicate(b"\n")
    assert living == pytest.approx(0.3, abs=0.08)
    assert cpu_seconds() - before == pytest.approx(living, abs=0.08)


def test_without_proc_only_those_that_ended(monkeypatch, tmp_path):
    monkeypatch.setattr(clock, "_PROCESSES", tmp_path)
    before = cpu_seconds()
    spend(0.1)
    assert cpu_seconds() - before == pytest.approx(0.1, abs=0.05)


def test_a_name_with_brackets_and_a_process_that_has_gone(monkeypatch, tmp_path):
    """A process may be called anything, and may end between being listed and being read."""
    import os

    (tmp_path / "7").mkdir()
    fields = ["S", str(os.getpid()), *["0"] * 9, "300", "50", "0", "0", "20"]
    (tmp_path / "7" / "stat").write_text(f"7 (a) b (c) {' '.join(fields)}")
    (tmp_path / "8").mkdir()
    (tmp_path / "8" / "stat").symlink_to(tmp_path / "gone")
    monkeypatch.setattr(clock, "_PROCESSES", tmp_path)
    assert sum(clock._living()) == pytest.approx(350 / os.sysconf("SC_CLK_TCK"))
