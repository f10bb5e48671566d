"""Plain records from JSON: is every field there, and of the kind that it should be?"""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from mmnotes.errors import InputError


def check_fields(
    record: Any, kind: type, kinds: Mapping[str, tuple[str, ...]], where: str
) -> dict[str, Any]:
    """The record, if it has every field of a dataclass that has no default, and no other.

    Parameters
    ----------
    record : what JSON held
    kind : dataclass
        Fields that do not take part in comparisons are no part of a record.
    kinds : dict from kind to fields
        What each field must be, in the words of ``KINDS``.
    where : str
        What errors call it.

    Raises
    ------
    InputError
        If a field is missing, unknown or of another kind.

    Examples
    --------
    >>> from mmnotes.evaluate.estimate import Estimate
    >>> check_fields({"value": 1, "high": 2}, Estimate, {}, "gain")
    Traceback (most recent call last):
    mmnotes.errors.InputError: gain: no field 'low'
    """
    expect(isinstance(record, dict), where, "itself", "an object", record)
    known = {part.name: part for part in fields(kind) if part.compare}
    absent = [name for name, part in known.items() if name not in record and _is_needed(part)]
    strange = [name for name in record if name not in known]
    if absent or strange:
        said = [f"no field {name!r}" for name in absent]
        said += [f"an unknown field {name!r}" for name in strange]
        raise InputError(f"{where}: {', '.join(said)}")
    for what, names in kinds.items():
        for name in names:
            if name in record:
                expect(KINDS[what](record[name]), where, name, what, record[name])
    return dict(record)


def expect(fine: bool, where: str, name: str, what: str, value: Any) -> None:
    """Refuse a field that is not what it must be."""
    if not fine:
        raise InputError(f"{where}: field {name!r} must be {what}, not {value!r}")


def _is_needed(part: Field) -> bool:
    return part.default is MISSING and part.default_factory is MISSING


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "true or false": lambda value: isinstance(value, bool),
    "a whole number from 0": _is_count,
    "a number from 0": _is_number,
    "a number from 0, or null": lambda value: value is None or _is_number(value),
    "an object": lambda value: isinstance(value, dict),
    "an object of numbers from 0": lambda value: (
        isinstance(value, dict) and all(map(_is_number, value.values()))
    ),
}
