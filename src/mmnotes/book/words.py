"""Numbers as a reader expects them: counted, spelt, rounded."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(n: int, noun: str) -> str:
    """A number and its noun.

    Examples
    --------
    >>> count(1, "notebook"), count(3, "notebook")
    ('1 notebook', '3 notebooks')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def spelt(n: int) -> str:
    """A number as prose writes it: in words up to ten.

    Examples
    --------
    >>> spelt(5), spelt(12)
    ('five', '12')
    """
    return _WORDS[n] if 0 <= n < len(_WORDS) else str(n)


def day(iso: str) -> str:
    """A date as prose writes it.

    Examples
    --------
    >>> day("2026-11-03")
    '3 November 2026'
    """
    found = date.fromisoformat(iso)
    return f"{found.day} {found:%B %Y}"


def recorded(record: Mapping[str, Any]) -> str:
    """A recorded value as text, with its interval, rounded to what the interval supports.

    Examples
    --------
    >>> recorded({"value": 0.03123, "low": 0.02719, "high": 0.03544})
    '0.031 [0.027, 0.035]'
    >>> recorded({"value": 16018, "low": None, "high": None})
    '16,018'
    >>> recorded({"value": True, "low": None, "high": None})
    'yes'
    """
    value, low, high = record["value"], record.get("low"), record.get("high")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if low is None or high is None:
        return f"{value:,}" if isinstance(value, int) else f"{value:,.{_places(value / 100)}f}"
    places = _places((high - low) / 4)
    return f"{value:,.{places}f} [{low:,.{places}f}, {high:,.{places}f}]"


def _places(last: float) -> int:
    """Decimals down to the first figure of ``last``; at most six, and three for zero."""
    return max(0, min(6, -math.floor(math.log10(abs(last))))) if last else 3
