"""Columns of a batch, from the values in a field of its records."""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed

_ABSENT = type(None)
# Seconds since 1970: until the year 2242. What lies beyond was not given in seconds.
MAX_TIME = 2.0**33
_DOLLARS = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d{1,9})(\.\d{1,4})?", re.ASCII)


def ids(values: Sequence[Any], field: str) -> pa.Array:
    """Ids, (n,) string, none of them absent or empty."""
    kinds = set(map(type, values))
    if _ABSENT in kinds or "" in values:
        raise Malformed(f"field {field!r} is empty")
    if not kinds <= {str}:
        raise Malformed(f"field {field!r} must be text", shown(values))
    return strings(values, field)


def strings(values: Sequence[str | None], field: str) -> pa.Array:
    """Texts, (n,) string, which UTF-8 must be able to write."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        raise Malformed(f"field {field!r} is no UTF-8 text") from None


def numbers(values: Sequence[Any], field: str) -> pa.Array:
    """Finite numbers, (n,) float64; null where absent."""
    if not set(map(type, values)) <= {float, int, _ABSENT}:
        raise Malformed(f"field {field!r} must be a number", shown(values))
    try:
        column = pa.array(values, pa.float64())
    except pa.ArrowInvalid:  # a whole number that float64 cannot hold exactly
        raise Malformed(f"field {field!r} is too large a number", shown(values)) from None
    return finite(column, field)


def finite(column: pa.Array, field: str) -> pa.Array:
    """The same numbers, (n,) float64, if none is infinite or NaN."""
    if pc.all(pc.is_finite(column)).as_py() is False:
        raise Malformed(f"field {field!r} is not a finite number")
    return column


def times(seconds: pa.Array, field: str) -> pa.Array:
    """The same seconds since 1970, (n,) float64, if they lie between 1970 and 2242."""
    due = pc.and_(pc.greater_equal(seconds, 0.0), pc.less(seconds, MAX_TIME))
    if pc.all(due).as_py() is False:
        where = f"it is {seconds[0]} s" if len(seconds) == 1 else ""
        raise Malformed(f"field {field!r} is no time between 1970 and 2242", where)
    return seconds


def prices(values: Sequence[Any], tally: Tally) -> pa.Array:
    """Dollars, (n,) float64; null, and counted, where a shop wrote anything else than one amount.

    Anything else is a range, "from 5.99", a stretch of a web page, a negative number.
    """
    amounts = [_dollars(value) for value in values]
    worded = sum(
        amount is None and value not in (None, "", "None")
        for amount, value in zip(amounts, values, strict=True)
    )
    if worded:
        tally.read("prices that are no single amount, left empty", worded)
    return pa.array(amounts, pa.float64())


def _dollars(value: Any) -> float | None:
    """One amount.

    Examples
    --------
    >>> [_dollars(price) for price in (5, "$1,299.00", "7.5", "$1.00 - $2.00", None)]
    [5.0, 1299.0, 7.5, None, None]
    """
    if type(value) is str:
        amount = _DOLLARS.fullmatch(value.strip())
        return None if amount is None else float(amount[0].replace("$", "").replace(",", ""))
    if type(value) in (int, float):
        return float(value) if 0 <= value < 1e9 else None  # NaN neither
    if value is None:
        return None
    raise Malformed("field 'price' must be a number or text", shown([value]))


def shown(values: Sequence[Any]) -> str:
    """The value at fault: known only where a single row is looked at."""
    return f"it is {str(values[0])[:40]!r}" if len(values) == 1 else ""
