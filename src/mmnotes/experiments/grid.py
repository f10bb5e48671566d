"""Many runs side by side, on this machine or on a cluster; what is finished is not run again."""

import importlib
import io
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from mmnotes.errors import InputError
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.running import run
from mmnotes.experiments.runs import Run
from mmnotes.experiments.tasks import Task

BACKENDS = ("loky", "dask", "ray")


@dataclass(frozen=True)
class Failure:
    """A run that did not end well, and what it said."""

    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class RunsFailed(InputError):
    """Some runs of a grid did not end well; ``runs`` holds those that did."""

    def __init__(self, failures: Sequence[Failure], runs: Sequence[Run]) -> None:
        super().__init__("\n".join(map(str, failures)))
        self.failures, self.runs = list(failures), list(runs)


def grid(
    tasks: Sequence[Task],
    data: Collection,
    folder: str | Path | None = None,
    jobs: int = 1,
    backend: str = "loky",
) -> list[Run]:
    """Run all tasks, as many side by side as asked for, each in one thread of a process.

    The engine is joblib's. With ``"dask"`` the workers are those of the cluster that
    ``DASK_SCHEDULER_ADDRESS`` names, with ``"ray"`` those that ``RAY_ADDRESS`` names, and else
    processes here; the folder must be one that all of them see.

    Parameters
    ----------
    tasks : sequence of Task
        One whose outcome does not depend on its seed is run once for all its seeds.
    data : Collection
    folder : path, optional
        See :func:`~mmnotes.experiments.tasks.run`.
    jobs : int
        Runs side by side.
    backend : {"loky", "dask", "ray"}

    Returns
    -------
    list of Run
        In the order of the tasks, each once.

    Raises
    ------
    RunsFailed
        If any run failed, after the others have ended; a line for each.
    InputError
        If the engine is not there, or one of its processes was killed.
    """
    if jobs < 1:
        raise InputError(f"jobs must be at least 1, not {jobs}")
    chosen = _once(tasks)
    found: list[Any] = [None] * len(chosen)
    with _engine(backend, jobs), tqdm(total=len(chosen), desc="runs", disable=None) as bar:
        parallel = joblib.Parallel(
            n_jobs=min(jobs, len(chosen)) or 1,
            return_as="list" if backend == "ray" else "generator_unordered",  # ray has no other
            batch_size=1,
            mmap_mode="c",  # copied where it is written to: torch wants arrays that can be
        )
        for place, outcome in parallel(
            joblib.delayed(_tried)(place, task, data, folder, jobs > 1)
            for place, task in enumerate(chosen)
        ):
            found[place] = outcome
            tqdm.write(_told(outcome), file=sys.stderr)
            bar.update()
    failures = [outcome for outcome in found if isinstance(outcome, Failure)]
    runs = [run for outcome in found if isinstance(outcome, list) for run in outcome]
    if failures:
        raise RunsFailed(failures, runs)
    return runs


def _once(tasks: Sequence[Task]) -> list[Task]:
    """Without tasks that are there twice, or differ by a seed that does not matter."""
    kept: dict[str, Task] = {}
    for task in tasks:
        same = task if task.depends_on_seed else replace(task, seed=0)
        kept.setdefault(repr(same), task)
    return list(kept.values())


def _tried(
    place: int, task: Task, data: Collection, folder: str | Path | None, beside_others: bool
) -> tuple[int, list[Run] | Failure]:
    """What came of a task; an error is an outcome too, so that the others go on."""
    name = f"{task.label}, seed {task.seed}"
    try:
        # Bars of trainings that go on side by side would overwrite each other.
        with redirect_stderr(_NoTerminal(sys.stderr) if beside_others else sys.stderr):
            return place, run(task, data, folder)
    except InputError as error:
        return place, Failure(name, str(error))
    except Exception:
        return place, Failure(name, traceback.format_exc())


class _NoTerminal(io.TextIOBase):
    """A stream that passes everything on, but is no terminal: so no bar is drawn on it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(text)


def _told(outcome: list[Run] | Failure) -> str:
    """A line for each run."""
    if isinstance(outcome, Failure):
        return f"  failed: {outcome}"
    return "\n".join(map(_line, outcome))


def _line(run: Run) -> str:
    shown = ", ".join(f"{name} {run.test[name]:.4f}" for name in ("recall@20", "ndcg@20"))
    return (
        f"  {run.label}, seed {run.seed}: {shown}, epoch {run.best_epoch} of {run.epochs}, "
        f"{run.cpu_seconds:.0f} CPU s"
    )


@contextmanager
def _engine(backend: str, jobs: int) -> Iterator[None]:
    """joblib with the backend that was asked for."""
    if backend not in BACKENDS:
        raise InputError(f"there is no backend {backend!r}; choose from {', '.join(BACKENDS)}")
    try:
        # The libraries below NumPy take their number of threads when a process begins.
        inner = {"inner_max_num_threads": 1} if backend == "loky" else {}
        with (
            _cluster(backend),
            joblib.parallel_config(backend, n_jobs=jobs, **inner),
            warnings.catch_warnings(),
        ):
            # loky puts a fresh process in the place of one that holds much memory after a run.
            warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
            yield
    except TerminatedWorkerError as error:
        raise InputError(
            "a process of the grid was killed, for want of memory perhaps. Run it again with fewer "
            "jobs: finished runs are read from the folder, the others go on where they were"
        ) from error


@contextmanager
def _cluster(backend: str) -> Iterator[None]:
    """Make the workers of a cluster known to joblib."""
    if backend == "dask":
        with _imported("distributed", "dask[distributed]").Client():
            yield
    elif backend == "ray":
        _imported("ray.util.joblib", "ray").register_ray()
        yield
    else:
        yield


def _imported(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"this backend needs a package that is not installed: pip install '{package}'"
        ) from error
