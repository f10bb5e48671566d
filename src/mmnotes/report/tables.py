"""Tables whose best is bold only where the interval allows."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report.cells import Cell, Grid
from mmnotes.report.values import plain

MAX_COLUMNS = 7
_MAX_PLACES = 6
_NOTHING = "–"


def grid(
    frame: pd.DataFrame,
    *,
    best: str | Collection[str] | None = None,
    lower_is_better: bool | Collection[str] = False,
    baselines: Sequence[str] = (),
    digits: int | Mapping[str, int] | None = None,
) -> Grid:
    """Lay out a table; the parameters are those of ``Page.table``.

    Raises
    ------
    InputError
        If it is empty or wider than seven columns, a named column or row is not there, ``best``
        names a column without intervals, or a number is infinite.
    """
    _check_shape(frame)
    frame = _baselines_first(frame, baselines)
    bold = {name: _clear_best(frame, name, lower_is_better) for name in _names(best, frame, "best")}
    _names(lower_is_better, frame, "lower_is_better")
    _names(digits if isinstance(digits, Mapping) else None, frame, "digits")
    columns = []
    if _shows_index(frame):
        columns.append([Cell(str(label), is_text=True, is_label=True) for label in frame.index])
    for name in frame.columns:
        places = digits.get(name) if isinstance(digits, Mapping) else digits
        columns.append(_column(frame[name], places, bold.get(name)))
    header = [str(name) for name in frame.columns]
    if _shows_index(frame):
        header = [str(frame.index.name or ""), *header]
    return Grid(header, [list(row) for row in zip(*columns, strict=True)], len(baselines))


def decimals(values: Sequence[Any]) -> int:
    """How many decimals these numbers bear.

    So many that the middle interval's half-width has one figure, or two if that figure is a 1.
    Without intervals so many that the largest number has three figures; none for whole numbers.
    """
    widths = [(v.high - v.low) / 2 for v in values if isinstance(v, Estimate)]
    largest = max((abs(v.value) for v in values if isinstance(v, Estimate)), default=0.0)
    widths = [width for width in widths if width > 1e-9 * largest]  # others are rounding errors
    if widths:
        return _places(float(np.median(widths)) / 2)
    points = [float(v.value if isinstance(v, Estimate) else v) for v in values]
    if all(point.is_integer() for point in points):
        return 0
    return _places(max(abs(point) for point in points) / 100)


def _places(last: float) -> int:
    """Decimals down to the first figure of ``last``."""
    return max(0, min(_MAX_PLACES, -math.floor(math.log10(last))))


def _check_shape(frame: pd.DataFrame) -> None:
    if not isinstance(frame, pd.DataFrame) or frame.empty:
        raise InputError("a table needs a DataFrame with rows and columns")
    if frame.columns.nlevels > 1 or frame.index.nlevels > 1:
        raise InputError("a table has one row of headers and one of labels: flatten the MultiIndex")
    for axis, names in (("column", frame.columns), ("row", frame.index)):
        if not names.is_unique:
            raise InputError(f"table: {axis} {names[names.duplicated()][0]!r} is there twice")
    width = frame.shape[1] + _shows_index(frame)
    if width > MAX_COLUMNS:
        raise InputError(
            f"a table has at most {MAX_COLUMNS} columns, row labels included, not {width}: "
            "drop some or show two tables"
        )


def _shows_index(frame: pd.DataFrame) -> bool:
    return frame.index.dtype == object or not isinstance(frame.index, pd.RangeIndex)


def _baselines_first(frame: pd.DataFrame, baselines: Sequence[str]) -> pd.DataFrame:
    if isinstance(baselines, str):
        raise InputError(f"baselines must be a list of row labels: write [{baselines!r}]")
    for label in baselines:
        if list(baselines).count(label) > 1:
            raise InputError(f"table: baseline {label!r} is named twice")
        if label not in frame.index:
            raise InputError(f"table: baseline {label!r} is no row; rows are {list(frame.index)}")
    others = [label for label in frame.index if label not in set(baselines)]
    return frame.loc[[*baselines, *others]] if baselines else frame


def _names(chosen: bool | str | Collection[str] | None, frame: pd.DataFrame, what: str) -> list:
    if chosen is None or isinstance(chosen, bool):
        return []
    names = [chosen] if isinstance(chosen, str) else list(chosen)
    for name in names:
        if name not in frame.columns:
            raise InputError(
                f"table: {what} names {name!r}, which is no column; columns are "
                f"{list(frame.columns)}"
            )
    return names


def _clear_best(
    frame: pd.DataFrame, name: str, lower_is_better: bool | Collection[str]
) -> int | None:
    """The row whose interval is clear of every other row's, or None."""
    what = f"table: a cell of {name!r}, which is in best,"
    cells = [c if _is_nothing(c) else plain(c, what) for c in frame[name].tolist()]
    if not any(isinstance(cell, Estimate) for cell in cells):
        raise InputError(
            f"table: column {name!r} holds no Estimate, so nobody can say which is best; "
            "give intervals or leave it out of best"
        )
    if isinstance(lower_is_better, bool):
        down = lower_is_better
    else:
        down = name in _names(lower_is_better, frame, "lower_is_better")
    sign = -1 if down else 1
    ends = {row: _signed_ends(c, sign) for row, c in enumerate(cells) if not _is_nothing(c)}
    winner = max(ends, key=lambda row: ends[row][0])
    others = [high for row, (_, _, high) in ends.items() if row != winner]
    clear = bool(others) and isinstance(cells[winner], Estimate) and ends[winner][1] > max(others)
    return winner if clear else None


def _signed_ends(cell: Any, sign: int) -> tuple[float, float, float]:
    """Value and ends, turned so that more is better."""
    if not isinstance(cell, Estimate):
        return (sign * cell,) * 3
    low, high = sorted((sign * cell.low, sign * cell.high))
    return sign * cell.value, low, high


def _is_nothing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell))


def _column(column: pd.Series, places: int | None, winner: int | None) -> list[Cell]:
    what = f"table: a cell of {column.name!r}"
    cells = column.tolist()
    numbers = {
        row: plain(cell, what)
        for row, cell in enumerate(cells)
        if not (_is_nothing(cell) or isinstance(cell, str))
    }
    is_text = not numbers
    if places is None:
        places = decimals(list(numbers.values()))
    cells = [numbers.get(row, cell) for row, cell in enumerate(cells)]
    shown = [_cell(cell, places, is_text, row == winner) for row, cell in enumerate(cells)]
    widest = max((cell.interval for cell in shown), key=len)
    return [
        # A dash and the room for an interval may fit on a line that a number does not fit on.
        cell if cell.interval or _is_nothing(value) else replace(cell, pad=widest)
        for cell, value in zip(shown, column, strict=True)
    ]


def _cell(cell: Any, places: int, is_text: bool, best: bool) -> Cell:
    if _is_nothing(cell):
        return Cell(_NOTHING, is_text=is_text)
    if isinstance(cell, str):
        return Cell(cell, is_text=is_text)
    if isinstance(cell, bool):
        return Cell("yes" if cell else "no")
    if isinstance(cell, Estimate):
        low, high = _number(cell.low, places), _number(cell.high, places)
        return Cell(_number(cell.value, places), f"[{low}, {high}]", best=best)
    return Cell(_number(cell, 0 if isinstance(cell, int) else places))


def _number(value: float, places: int) -> str:
    """Rounded, thousands set apart, with a real minus and never a minus zero."""
    text = f"{value:,.{places}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")
