"""A run to be done, and a run that was: the executed copy says itself where it came from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmnotes.book.extras import need
from mmnotes.book.records import Records, read_records
from mmnotes.errors import InputError

BUDGET_SECONDS = 240
_FACTS = ("parameters", "seconds", "date")


@dataclass(frozen=True)
class Task:
    """One run to be done. Plain values only, so that any engine can carry it to another machine.

    Parameters
    ----------
    source, output : Path
        The tracked notebook and its executed copy.
    book : Path
        The folder of the ledger and the kept results.
    shown : str
        The notebook as messages name it.
    parameters : dict
        All five of them.
    datasets : tuple of str
        The datasets that the notebook's metadata name.
    key : str
        What the run depends on, see ``mmnotes.book.reuse``; kept in the executed copy.
    threads : int
        Threads of the kernel.
    budget : float or None
        Seconds for the whole notebook; None for no limit.
    """

    source: Path
    output: Path
    book: Path
    shown: str
    parameters: dict[str, Any]
    datasets: tuple[str, ...]
    key: str
    threads: int = 1
    budget: float | None = BUDGET_SECONDS

    @property
    def title(self) -> str:
        """The notebook and which of its runs this is."""
        return f"{self.shown} (null run)" if self.parameters["null"] else self.shown

    @property
    def failed(self) -> Path:
        """Where the copy of a failed run is kept, to be looked at and never rendered."""
        return self.output.with_suffix(".failed.ipynb")


@dataclass(frozen=True)
class Run:
    """An executed notebook.

    Parameters
    ----------
    notebook : str
        The stem of its file name.
    path : Path
        The executed copy.
    parameters : dict
        All five of them.
    seconds : float
        How long the execution took, whenever it was done.
    date : str
        The day of the execution, UTC, as ``2026-11-21``.
    records : Records
    reused : bool
        True if it was done before this command.
    """

    notebook: str
    path: Path
    parameters: dict[str, Any]
    seconds: float
    date: str
    records: Records
    reused: bool = False

    @property
    def null(self) -> bool:
        """Was the effect switched off?"""
        return bool(self.parameters["null"])

    @property
    def title(self) -> str:
        """The notebook and which of its runs this is."""
        return f"{self.notebook} (null run)" if self.null else self.notebook

    @property
    def shown(self) -> str:
        """The tracked notebook as messages name it."""
        return f"notebooks/{self.notebook}.ipynb"


def read_run(path: Path, shown: str | None = None) -> Run:
    """The run that an executed notebook came from, as it says itself.

    Raises
    ------
    InputError
        If it was not written by ``publish``, or its records are damaged.
    """
    nb = need("nbformat").read(path, as_version=4)
    ran = nb.metadata.get("mmnotes", {}).get("run")
    if ran is None:
        raise InputError(f"{shown or path}: not an executed copy; run `mmnotes run --fresh`")
    return _run(path, ran, read_records(path, shown), reused=True)


def run_key(path: Path) -> str | None:
    """The key of the run that wrote this file; None if there is no such file, or it is damaged."""
    try:
        nb = need("nbformat").read(path, as_version=4)
        return str(nb.metadata["mmnotes"]["run"]["key"])
    except Exception:  # whatever is wrong with it, it cannot be used again
        return None


def publish(executed: Path, output: Path, ran: Mapping[str, Any], records: Records) -> Run:
    """Put an executed copy in its place in one step, with what it depends on inside it.

    Parameters
    ----------
    executed : Path
        What papermill wrote, elsewhere.
    output : Path
        Its place; whole or absent at any moment.
    ran : dict
        ``key``, ``parameters``, ``seconds``, ``date``.
    """
    nbformat = need("nbformat")
    nb = nbformat.read(executed, as_version=4)
    nb.metadata.setdefault("mmnotes", {})["run"] = dict(ran)
    partial = output.with_suffix(f".{os.getpid()}.partial")
    nbformat.write(nb, partial)
    partial.replace(output)
    return _run(output, ran, records)


def _run(path: Path, ran: Mapping[str, Any], records: Records, reused: bool = False) -> Run:
    facts = {name: ran[name] for name in _FACTS}
    return Run(path.stem, path, **facts, records=records, reused=reused)
