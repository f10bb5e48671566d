"""Works for the tests of the runner, which starts processes that import them by name."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from mmnotes.bench.works import OURS, Implementation, Work


def make(size):
    return {"x": np.arange(size, dtype=np.float64)}


def busy(arrays):
    """The sum, and some CPU time: a quarter of a second on the whole, next to none when warm."""
    end = time.process_time() + len(arrays["x"]) * 2.5e-4
    while time.process_time() < end:
        pass
    return {"sum": arrays["x"].sum()}


def asleep(arrays):
    time.sleep(len(arrays["x"]) * 1e-4)
    return {"sum": arrays["x"].sum()}


def greedy(arrays):
    np.ones(len(arrays["x"]) * 2**14)  # 128 KiB for each
    return {"sum": arrays["x"].sum()}


def prepared(arrays):
    """Half a second of CPU time and 125 MiB, of which the clock is to know nothing."""
    end = time.process_time() + len(arrays["x"]) * 5e-4
    while time.process_time() < end:
        pass
    np.ones(len(arrays["x"]) * 2**14)
    return arrays["x"]


def raises(arrays):
    raise TypeError("no such thing\nas this")


def gives_nan(arrays):
    return {"sum": float("nan")}


def dies(arrays):
    print("out of luck", file=__import__("sys").stderr, flush=True)
    os._exit(3)


def where(arrays):
    """Which process, how many threads it is allowed, and what it was told."""
    threads, told = os.environ["OMP_NUM_THREADS"], os.environ.get("TOLD", "0")
    return {"pid": os.getpid(), "threads": int(threads), "told": int(told)}


def write_numbers(size, file):
    file.write_text("\n".join(map(str, range(size))), encoding="ascii")


def sum_of_file(arrays):
    numbers = Path(arrays["numbers.txt"].item()).read_text(encoding="ascii").split()
    return {"sum": sum(map(int, numbers))}


def sum_of_file_by_another(arrays):
    """A process of its own that takes CPU time and lives on."""
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True); input()"
    worker = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    worker.stdout.readline()
    return sum_of_file(arrays)


def call(name, run, module="numpy", **more):
    return Implementation(name, run, module, **more)


def never(arrays):
    raise AssertionError("nothing is to be explained")


WORKS = (
    Work(
        "a sum of {size:,}",
        size=1000,
        quick=200,
        make=make,
        implementations=(
            call(OURS, busy),
            call("asleep", asleep),
            call("greedy", greedy, about="wants memory"),
            call("prepared", lambda x: {"sum": x.sum()}, prepare=prepared),
            call("off by one", lambda arrays: {"sum": arrays["x"].sum() + 1}),
            call("off by two", lambda arrays: {"sum": arrays["x"].sum() + 2}),
            call("a part", lambda arrays: {}),
            call("absent", asleep, "no_such_package.deep", hint="pip install it"),
            call("broken package", asleep, "numpy.no_such_part"),
            call("raises", raises),
            call("gives nan", gives_nan),
            call("dies", dies),
        ),
        variants=lambda arrays: [("counts from one", {"sum": (arrays["x"].sum() + 1,) * 2})],
    ),
    Work(
        "where it runs",
        size=1,
        quick=1,
        make=make,
        implementations=(
            call(OURS, where),
            call("another", where, environment={"TOLD": "7"}),
        ),
        variants=lambda arrays: [("a process of its own", {"pid": (1, 2**40)})],
    ),
    Work(
        "ours fails",
        size=1,
        quick=1,
        make=make,
        implementations=(call(OURS, raises), call("asleep", asleep)),
        variants=never,
    ),
    Work(
        "a file of {size:,} numbers",
        size=1000,
        quick=200,
        make=lambda size: {},
        implementations=(call(OURS, sum_of_file), call("another", sum_of_file_by_another)),
        files={"numbers.txt": write_numbers},
        unit="numbers",
    ),
)
