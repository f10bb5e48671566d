"""The table for the terminal."""

import textwrap
from collections.abc import Sequence
from itertools import groupby

from mmnotes.bench.rows import Row
from mmnotes.report.hardware import cpu_name

_WIDTH = 100
_NOTHING = "–"
_HOW = (
    "Seconds from arrays in memory, or files, to values, without imports and after a warm-up on "
    "small ones, and of training without what comes before an epoch; the least of the runs, each "
    "in a process of its own, the implementations in turn, one thread each. Peak MiB is above what "
    "libraries and arrays take, process MiB with them."
)


def as_text(rows: Sequence[Row]) -> str:
    """Rows as text: a table for each work, with notes below it.

    Examples
    --------
    >>> print(as_text([Row("a sum", "mmnotes", 0.5, 0.4, 12.0, 3.0, 1.0, values={"sum": 3.0})]))
    Seconds ...
    <BLANKLINE>
    a sum
                seconds  CPU s  peak MiB  CPU ÷ ours  value
      mmnotes     0.500  0.400        12         1.0  sum 3
    """
    works = [_work(name, list(of)) for name, of in groupby(rows, key=lambda row: row.work)]
    how = textwrap.fill(f"{_HOW} Processor: {cpu_name()}.", _WIDTH)
    return "\n\n".join([how, *works])


def _work(name: str, rows: list[Row]) -> str:
    cells = [_cells(row) for row in rows]
    lines = [tuple(cells[0]), *(tuple(of_row.values()) for of_row in cells)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = [
        "  ".join(
            cell.ljust(width) if place in (0, len(widths) - 1) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    notes = [
        textwrap.fill(
            f"{row.implementation}: {row.note}",
            _WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
        )
        for row in rows
        if row.note
    ]
    return "\n".join([name, *(f"  {line}" for line in shown), *notes])


def _cells(row: Row) -> dict[str, str]:
    """What the table says in which column; those of a work are the same in each row."""
    value = next(iter(row.values), "")
    cells = {
        "": row.implementation + (f" {row.version}" if row.version else ""),
        "seconds": _number(row.seconds, 3),
        "CPU s": _number(row.cpu_seconds, 3),
        "peak MiB": _number(row.peak_mib, 0),
        "CPU ÷ ours": _number(row.ratio, 1),
    }
    if row.unit:
        rate = row.size / row.seconds if row.seconds else None
        cells |= {"process MiB": _number(row.process_mib, 0), f"{row.unit}/s": _number(rate, 0)}
    return cells | {"value": f"{value} {row.value:.6g}" if row.value is not None else _NOTHING}


def _number(value: float | None, places: int) -> str:
    return _NOTHING if value is None else f"{value:,.{places}f}"
