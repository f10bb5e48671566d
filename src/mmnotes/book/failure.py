"""A notebook that did not run to its end: which, at which cell, and why, in one line."""

from typing import Any

from mmnotes.book.extras import need
from mmnotes.book.runs import Task
from mmnotes.errors import InputError


class NotebookFailed(Exception):
    """A notebook did not run to its end; the message names file, cell, first line and error."""


class BudgetSpent(Exception):
    """The time of the whole notebook is up."""


def describe(task: Task, error: Exception) -> NotebookFailed:
    """The failure of a task, in one line.

    The cell is the last that was begun, in the copy that the run left at ``task.failed``. Cells are
    numbered from 1 as in the tracked notebook, Markdown cells included.
    """
    if isinstance(error, InputError):
        return NotebookFailed(f"{task.title}: {str(error).removeprefix(f'{task.shown}: ')}")
    return NotebookFailed(f"{task.title}: {_where(task)} {_why(task, error)}")


def _why(task: Task, error: Exception) -> str:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        return f"raised {error.ename}: {_first_line(error.evalue)}"
    if isinstance(error, CellTimeoutError | BudgetSpent):
        return (
            f"ran out of the {task.budget:g} s that the whole notebook has; make it faster, "
            "or raise mmnotes.budget_seconds in its metadata"
        )
    if isinstance(error, DeadKernelError):
        return "lost its kernel: the process died, perhaps for want of memory"
    return f"stopped with {type(error).__name__}: {_first_line(str(error))}"


def _where(task: Task) -> str:
    number, where = 0, "before its first cell it"
    for cell in _cells(task):
        number += not _added_by_papermill(cell)
        if cell.metadata.get("papermill", {}).get("start_time"):
            where = f"cell {number} `{_first_line(cell.source)}`"
    return where


def _cells(task: Task) -> list[Any]:
    if not task.failed.is_file():
        return []
    return list(need("nbformat").read(task.failed, as_version=4).cells)


def _added_by_papermill(cell: Any) -> bool:
    added = {"injected-parameters", "papermill-error-cell-tag"}
    return bool(added & set(cell.metadata.get("tags", [])))


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "no message"
