"""Execute one notebook: in its own kernel, within its budget, into a whole file or none."""

import math
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mmnotes.book.extras import literal, need
from mmnotes.book.failure import BudgetSpent, NotebookFailed, describe
from mmnotes.book.records import Records, read_records
from mmnotes.book.runs import Run, Task, publish
from mmnotes.errors import InputError


def execute(task: Task) -> Run | NotebookFailed:
    """Run the notebook of a task.

    Returns
    -------
    Run or NotebookFailed
        The failure is returned, not raised, so that the other notebooks run to their end and one
        message names all that failed.
    """
    task.output.parent.mkdir(parents=True, exist_ok=True)
    for stale in (task.output, task.failed):
        stale.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="mmnotes-", ignore_cleanup_errors=True) as scratch:
        executed = Path(scratch) / task.source.name
        began = time.perf_counter()
        try:
            _papermill(executed, task)
            records = read_records(executed, task.shown)
            _same_parameters(task, records)
            _declared_data(task, records)
        except Exception as error:
            if executed.is_file():
                shutil.copyfile(executed, task.failed)
            return describe(task, error)
        ran = {
            "key": task.key,
            "parameters": task.parameters,
            "seconds": round(time.perf_counter() - began, 2),
            "date": datetime.now(UTC).date().isoformat(),
        }
        return publish(executed, task.output, ran, records)


def _papermill(executed: Path, task: Task) -> None:
    need("papermill")
    need("ipykernel")
    from papermill.execute import execute_notebook

    from mmnotes.book.kernel import OwnKernelManager, configuration

    execute_notebook(
        literal(task.source),
        literal(executed),
        task.parameters,
        kernel_name="python3",
        language="python",
        progress_bar=False,
        kernel_manager_class=OwnKernelManager,
        config=configuration(task.threads, executed.parent, task.book),
        resources={"metadata": {"path": str(task.source.parent)}},
        timeout_func=_what_is_left(task.budget),
    )


def _what_is_left(budget: float | None) -> Callable[[Any], int | None]:
    """The seconds left for a cell, of a budget that all cells share."""
    if budget is None:
        return lambda cell: None
    end = time.monotonic() + budget

    def left(cell: Any) -> int:
        seconds = end - time.monotonic()
        if seconds <= 0:  # nbclient would take 0 for "no limit"
            raise BudgetSpent
        return math.ceil(seconds)

    return left


def _same_parameters(task: Task, records: Records) -> None:
    """Did the notebook run with the parameters that it was given?"""
    for name, given in task.parameters.items():
        ran = records.parameters.get(name)
        if ran != given:
            raise InputError(
                f"was given {name}={given!r} but says that it ran with {name}={ran!r}; "
                f"pass {name}={name} to Page, and assign it in the parameters cell only"
            )


def _declared_data(task: Task, records: Records) -> None:
    """A dataset that the metadata does not name could change without a new run."""
    for found in records.real:
        if found["dataset"] not in task.datasets:
            raise InputError(
                f"shows results on {found['dataset']!r}, which its metadata do not name; "
                f'add it to mmnotes.data: {{"mmnotes": {{"data": ["{found["dataset"]}"]}}}}'
            )
