"""Is a setting a number, and in its range? Settings come from grids and files, so any type may."""

import math
from numbers import Integral, Real
from typing import Any


def in_range(value: Any, least: float, above: bool = False, whole: bool = False) -> bool:
    """Whether a value is a finite number from ``least``.

    Parameters
    ----------
    value : object
    least : float
    above : bool
        ``least`` itself is none then.
    whole : bool
        2.0 is no whole number. True and False never are numbers here.

    Examples
    --------
    >>> in_range(2, 1, whole=True), in_range("2", 1), in_range(1.0, 1, above=True)
    (True, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
        return False
    number: Any = value  # Real has no order, to a type checker
    return least <= number < math.inf and not (above and number == least)
