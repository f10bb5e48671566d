"""Rows of the table: what was measured, beside ours, with the reason where a value differs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from mmnotes.bench.child import Measured
from mmnotes.bench.notes import explain
from mmnotes.bench.works import Arrays, Implementation, Values, Work


@dataclass(frozen=True)
class Outcome:
    """The runs of one implementation, the seconds that their processes took, or why none."""

    runs: tuple[Measured, ...] = ()
    spent: float = 0.0
    failed: str = ""


@dataclass(frozen=True)
class Row:
    """Who did which work at which cost, and what came out.

    Parameters
    ----------
    work, implementation : str
    seconds, cpu_seconds : float or None
        The least of all runs; the latter of all threads and started processes, user and system.
        None for what is not installed, or failed.
    peak_mib : float or None
        The most memory in use above what libraries and arrays take; the least of all runs. None
        also where the system does not tell.
    value : float or None
        The first of ``values``; None for a bound.
    ratio : float or None
        Of ``cpu_seconds`` to ours.
    process_mib : float or None
        The most memory in use, libraries and arrays included; the least of all runs. None also for
        quick runs in forks, which have the libraries of others in memory.
    values : dict from name to float
    version : str or None
        Of the package.
    n_runs : int
        How often it was run, each time in a process of its own.
    threads : int
        How many each had.
    size : int
        How much was done.
    unit : str
        What that counts; empty if the table is not to show how many were done a second.
    note : str
        Why there is no time, why a value is not ours, what to know of it.
    """

    work: str
    implementation: str
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_mib: float | None = None
    value: float | None = None
    ratio: float | None = None
    process_mib: float | None = None
    values: Values = field(default_factory=dict)
    version: str | None = None
    n_runs: int = 0
    threads: int = 1
    size: int = 0
    unit: str = ""
    note: str = ""


def rows_of(work: Work, size: int, arrays: Arrays, outcomes: Sequence[Outcome]) -> list[Row]:
    """One row for each implementation, in order.

    Parameters
    ----------
    work : Work
    size : int
        How much of it was done.
    arrays : mapping from name to array
        On which it was done.
    outcomes : sequence of Outcome
        By implementation, ours first.
    """
    ours, *others = [
        replace(_row(work.title(size), who, outcome), size=size, unit=work.unit)
        for who, outcome in zip(work.implementations, outcomes, strict=True)
    ]
    if ours.cpu_seconds is None:
        return [ours, *others]
    variants = cache(lambda: list(work.variants(arrays)))
    allowed = work.allowed(ours.values)
    rows = []
    for row in [ours, *others]:
        why = explain(ours.values, row.values, allowed, variants) if row.values else ""
        ratio = row.cpu_seconds / ours.cpu_seconds if row.cpu_seconds is not None else None
        note = "; ".join(part for part in (row.note, why) if part)
        rows.append(replace(row, ratio=ratio, note=note))
    return rows


def _row(work: str, who: Implementation, outcome: Outcome) -> Row:
    if outcome.failed:
        return Row(work, who.name, version=_version(who), note=outcome.failed)
    runs = outcome.runs
    values = runs[0].values
    return Row(
        work,
        who.name,
        seconds=min(run.seconds for run in runs),
        cpu_seconds=min(run.cpu_seconds for run in runs),
        peak_mib=_least([run.peak_mib for run in runs]),
        process_mib=_least([run.process_mib for run in runs]),
        value=next(iter(values.values()), None),
        values=values,
        version=_version(who),
        n_runs=len(runs),
        note=who.about,
    )


def _least(sizes: Sequence[float | None]) -> float | None:
    return min((size for size in sizes if size is not None), default=None)


def _version(who: Implementation) -> str | None:
    try:
        return version(who.package or who.module.split(".")[0])
    except PackageNotFoundError:
        return None
