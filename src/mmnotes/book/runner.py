"""Run notebooks side by side, and only those whose result is not at hand already."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
from tqdm import tqdm

from mmnotes.book import reuse
from mmnotes.book.checkout import Checkout
from mmnotes.book.execution import execute
from mmnotes.book.extras import need
from mmnotes.book.failure import NotebookFailed
from mmnotes.book.parameters import check_declared, parameters
from mmnotes.book.runs import BUDGET_SECONDS, Run, Task, read_run, run_key
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Plan:
    """How to run: which parameters differ from the defaults, how many notebooks side by side.

    Parameters
    ----------
    changed : dict
        Parameters other than ``null`` that differ from the defaults.
    jobs : int or None
        Notebooks side by side; None for one a core.
    threads : int
        Threads of each notebook.
    fresh : bool
        Run even what is at hand.
    """

    changed: dict[str, Any]
    jobs: int | None = None
    threads: int = 1
    fresh: bool = False

    def __post_init__(self) -> None:
        for name in ("jobs", "threads"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise InputError(f"{name} must be at least 1, not {number}")


def run(
    checkout: Checkout, notebooks: Sequence[Path], plan: Plan, nulls: Sequence[bool] = (False,)
) -> list[Run]:
    """Run each notebook as is, with its effect switched off, or both.

    The engine is joblib's: inside ``joblib.parallel_config(backend=…)`` a cluster's takes the place
    of local processes, if the checkout lies where its workers can read it.

    Parameters
    ----------
    notebooks : sequence of Path
        Tracked notebooks.
    nulls : sequence of bool
        ``(False,)`` as is, ``(True,)`` the null run, ``(False, True)`` both.

    Returns
    -------
    list of Run
        For each notebook its runs, in the order of ``nulls``.

    Raises
    ------
    InputError
        If a notebook does not declare its parameters; nothing has been run then.
    NotebookFailed
        If any failed, after the others have run; a line for each.
    """
    for notebook in notebooks:
        check_declared(notebook, checkout.show(notebook))
    tasks = [_task(checkout, path, plan, null) for path in notebooks for null in nulls]
    waiting = [task for task in tasks if plan.fresh or run_key(task.output) != task.key]
    results = _execute(waiting, plan)
    failures = [str(result) for result in results if isinstance(result, NotebookFailed)]
    if failures:
        raise NotebookFailed("\n".join(failures))
    done = {result.path: result for result in results if isinstance(result, Run)}
    return [done.get(task.output) or read_run(task.output, task.shown) for task in tasks]


def _task(checkout: Checkout, notebook: Path, plan: Plan, null: bool) -> Task:
    given = parameters(**{**plan.changed, "null": null})
    return Task(
        source=notebook,
        output=checkout.executed(notebook, given["mode"], null),
        book=checkout.book,
        shown=checkout.show(notebook),
        parameters=given,
        datasets=tuple(reuse.datasets(notebook)),
        key=reuse.key(checkout, notebook, given, plan.threads),
        threads=plan.threads,
        budget=budget(notebook, checkout.show(notebook)) if given["mode"] == "fast" else None,
    )


def budget(notebook: Path, shown: str) -> float:
    """The seconds that a notebook may take in fast mode (metadata ``mmnotes.budget_seconds``)."""
    nb = need("nbformat").read(notebook, as_version=4)
    seconds = nb.metadata.get("mmnotes", {}).get("budget_seconds", BUDGET_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        raise InputError(
            f"{shown}: mmnotes.budget_seconds must be a number above zero, not {seconds!r}"
        )
    return seconds


def _execute(tasks: Sequence[Task], plan: Plan) -> list[Run | NotebookFailed]:
    """Run the tasks; results come back in their order."""
    if not tasks:
        return []
    results: list[Any] = [None] * len(tasks)
    jobs = min(plan.jobs or joblib.cpu_count(), len(tasks))
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    with _progress(len(tasks)) as step:
        for index, result in parallel(
            joblib.delayed(_numbered)(index, task) for index, task in enumerate(tasks)
        ):
            results[index] = result
            step(result)
    return results


def _numbered(index: int, task: Task) -> tuple[int, Run | NotebookFailed]:
    return index, execute(task)


_BAR = "{desc} |{bar:20}| {n_fmt}/{total_fmt}, {elapsed} elapsed"


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Run | NotebookFailed], None]]:
    """A bar with the time elapsed where a person watches, and a line for each run that ends."""
    with tqdm(total=total, desc="notebooks", bar_format=_BAR, disable=None) as bar, _ticking(bar):

        def step(result: Run | NotebookFailed) -> None:
            tqdm.write(f"  {_line(result)}", file=sys.stderr)
            bar.update()

        yield step


def _line(result: Run | NotebookFailed) -> str:
    if isinstance(result, NotebookFailed):
        return f"failed: {result}"
    return f"{result.title}: {result.seconds:.1f} s"


@contextmanager
def _ticking(bar: tqdm) -> Iterator[None]:
    """Keep the clock of a bar going while no run ends."""
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(1):
            bar.refresh()

    clock = threading.Thread(target=tick, daemon=True)
    clock.start()
    try:
        yield
    finally:
        ended.set()
        clock.join()
