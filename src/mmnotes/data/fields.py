"""Dataclasses from the tables of a TOML file, with errors that name the field."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from mmnotes.errors import InputError

T = TypeVar("T")


def made(kind: type[T], given: Mapping[str, Any], where: str) -> T:
    """A dataclass from a table that must have its fields, of their types, and no others.

    Raises
    ------
    InputError
        If a field is unknown, missing, empty where it is needed, or of another type; the message
        begins with ``where``.
    """
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(f"{where}: field {unknown[0]!r} is unknown; known are {', '.join(known)}")
    for name, each in known.items():
        needed = each.default is MISSING and each.default_factory is MISSING
        if needed and given.get(name) in (None, ""):
            raise InputError(f"{where}: field {name!r} is missing")
        if name in given and not _fits(given[name], each.type):
            raise InputError(f"{where}: field {name!r} cannot be {given[name]!r}")
    return kind(**given)


def _fits(value: Any, annotation: Any) -> bool:
    """Is a value from TOML of this type? ``tuple[str, ...]`` is looked at no deeper than tuple."""
    options = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    kinds = tuple(get_origin(option) or option for option in options)
    return isinstance(value, kinds) and not isinstance(value, bool)
