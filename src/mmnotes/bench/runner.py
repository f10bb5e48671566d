"""Each implementation in fresh processes, in turn, on the same arrays and files."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm.auto import tqdm

from mmnotes.bench.child import RESULT, WARM, WHOLE, Measured, read_given, write_given
from mmnotes.bench.forks import Forks
from mmnotes.bench.groups import modules_of
from mmnotes.bench.rows import Outcome, Row, rows_of
from mmnotes.bench.works import Implementation, works_of

REPEATS = 3
_ENOUGH_SECONDS = 20.0  # whose processes have taken so long is not run again
_TOO_LONG_SECONDS = 900.0
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",  # CPU seconds would say nothing of a GPU's
}
_Run = Callable[[list[str], Path, Mapping[str, str]], Measured | str]


def bench(groups: Sequence[str] = (), quick: bool = False) -> list[Row]:
    """What does each work cost, by each implementation that is installed?

    Each runs in a process of its own, three times unless it takes long, the implementations in
    turn, so that a busy moment of the machine does not meet one alone. One thread each.

    Parameters
    ----------
    groups : sequence of str
        Names from :data:`~mmnotes.bench.groups.GROUPS`; all if empty.
    quick : bool
        Smaller works, once; on Linux in forks of one process, so that imports are done once, and
        without ``process_mib``.

    Returns
    -------
    list of Row
        By work, ours first.

    Raises
    ------
    InputError
        If there is no such group.
    """
    rows: list[Row] = []
    for module in modules_of(groups):
        with _runs_of(module, quick) as run:
            for number in range(len(works_of(module))):
                rows += run_work(module, number, quick, run)
    return rows


def run_work(module: str, number: int, quick: bool = False, run: _Run | None = None) -> list[Row]:
    """The rows of one work: the module that lists it, and its number there."""
    work = works_of(module)[number]
    size, repeats = (work.quick, 1) if quick else (work.size, REPEATS)
    outcomes = [Outcome() for _ in work.implementations]
    with TemporaryDirectory(prefix="mmnotes-bench-") as name:
        folder = Path(name)
        write_given(folder / WHOLE, work, size)
        write_given(folder / WARM, work, work.warm_size())
        turns = list(enumerate(work.implementations)) * repeats
        for turn, who in tqdm(turns, desc=work.title(size), leave=False, disable=None):
            outcomes[turn] = _once_more(
                outcomes[turn], who, [module, str(number), str(turn)], folder, run or _run
            )
        return rows_of(work, size, read_given(folder / WHOLE), outcomes)


def _once_more(
    so_far: Outcome, who: Implementation, which: list[str], folder: Path, run: _Run
) -> Outcome:
    """Run it again, unless it cannot be run or has been run enough."""
    if so_far.failed or so_far.spent > _ENOUGH_SECONDS:
        return so_far
    if importlib.util.find_spec(who.module.split(".")[0]) is None:
        return Outcome(failed=f"not installed: {who.hint}")
    started = time.perf_counter()
    measured = run(which, folder, who.environment)
    if isinstance(measured, str):
        return Outcome(failed=measured)
    return Outcome((*so_far.runs, measured), so_far.spent + time.perf_counter() - started)


def _run(which: list[str], folder: Path, environment: Mapping[str, str]) -> Measured | str:
    """What a process started for it measured, or what went wrong."""
    (folder / RESULT).unlink(missing_ok=True)
    command = [sys.executable, "-m", "mmnotes.bench.child", *which, str(folder)]
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, **_ENVIRONMENT, **environment},
            capture_output=True,
            text=True,
            timeout=_TOO_LONG_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return _measured(folder, None, "")
    return _measured(folder, ended.returncode, ended.stderr)


@contextmanager
def _runs_of(module: str, quick: bool) -> Iterator[_Run]:
    """How the works of a module are run: elsewhere than on Linux a fork may not compute."""
    if not quick or sys.platform != "linux":
        yield _run
        return
    with Forks(module, {**os.environ, **_ENVIRONMENT}) as forks:

        def run(which: list[str], folder: Path, environment: Mapping[str, str]) -> Measured | str:
            if environment:  # is for what a package reads when it is loaded
                return _run(which, folder, environment)
            (folder / RESULT).unlink(missing_ok=True)
            found = _measured(folder, *forks.run(which[1], which[2], folder, _TOO_LONG_SECONDS))
            # It has the libraries of ours in memory, whatever it needs, and shares them.
            return found if isinstance(found, str) else replace(found, process_mib=None)

        yield run


def _measured(folder: Path, code: int | None, errors: str) -> Measured | str:
    """What a process wrote down before it ended with this code, None if it was stopped."""
    if code is None:
        return f"failed: stopped after {_TOO_LONG_SECONDS:.0f} s"
    result = folder / RESULT
    if not result.exists():
        last = (errors.strip().splitlines() or ["and said nothing"])[-1]
        return f"failed: ended with code {code}: {last}"
    said = json.loads(result.read_text(encoding="utf-8"))
    return f"failed: {said['failed']}" if "failed" in said else Measured(**said)
