"""Which column of a user's own table holds what."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from mmnotes.errors import InputError

# What others call it, in small letters, without spaces and underscores.
_ALIASES = {
    "user": ("user", "userid", "uid", "reviewerid", "customerid", "customer"),
    "item": ("item", "itemid", "iid", "asin", "parentasin", "productid", "product"),
    "rating": ("rating", "overall", "stars", "starrating"),
    "timestamp": ("timestamp", "time", "unixreviewtime", "unixtime", "date", "datetime"),
    "title": ("title", "itemtitle", "producttitle", "name"),
    "description": ("description",),
    "brand": ("brand", "store"),
    "category": ("category", "maincategory"),
    "image_url": ("imageurl", "image", "imurl"),
    "price": ("price",),
}


def places(
    header: Sequence[str], schema: pa.Schema, given: Mapping[str, str] | None, file: Path
) -> dict[str, int]:
    """Which column holds each field: as given, else by a name that leaves no doubt.

    Parameters
    ----------
    header : the columns of the table
    schema : REVIEWS or ITEMS; fields that may not be null must be found
    given : mapping from field to column, or None

    Returns
    -------
    places : dict from field to column number

    Raises
    ------
    InputError
        If a given column is not there, a needed one is not found, or two could be meant.
    """
    given = given or {}
    unknown = sorted(set(given) - set(schema.names))
    if unknown:
        raise InputError(
            f"no such column can be named: {', '.join(unknown)}; choose from "
            f"{', '.join(schema.names)}"
        )
    found = {}
    for field in schema:
        plain = [_plain(name) for name in header]
        if field.name in given:
            hits = [i for i, name in enumerate(header) if name == given[field.name]]
        else:
            hits = [i for i, name in enumerate(plain) if name in _ALIASES[field.name]]
        if len(hits) > 1:
            both = ", ".join(repr(header[i]) for i in hits)
            raise InputError(
                f"{file}: columns {both} could each be the {field.name}; choose one with columns "
                f"(--column {field.name}=…)"
            )
        if hits:
            found[field.name] = hits[0]
        elif field.name in given or not field.nullable:
            raise InputError(
                f"{file}: no column {given.get(field.name, field.name)!r}; there is "
                f"{', '.join(repr(name[:40]) for name in header[:20])}: name it with columns "
                f"(--column {field.name}=…)"
            )
    return found


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
