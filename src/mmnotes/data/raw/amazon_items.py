"""Amazon's metadata, as published in 2014, 2018 and 2023: one item a line.

Where the files come from stands in :mod:`mmnotes.data.raw.amazon_reviews`. Texts are given as they
are, HTML and all: what a feature extractor makes of them is its own choice.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from mmnotes.data.raw import columns, jsonlines, literals
from mmnotes.data.raw.schemas import ITEMS
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed

Record = Mapping[str, Any]

_PATH = " > "  # from the broadest category to the narrowest
_SIZES = ("hi_res", "large", "thumb")


def items(format: str, file: Path, tally: Tally, max_bad: int = 0) -> Iterator[pa.RecordBatch]:
    """What is known of each item? Batches of schema ITEMS; see :func:`source.items`."""
    parse = literals.parse if format == "amazon-2014" else orjson.loads
    build = partial(_batch, *_READ[format], tally)
    return jsonlines.batches(file, build, "metadata rows", tally, max_bad, parse)


def _batch(
    read: Callable[[Record], Record], id_field: str, tally: Tally, records: Iterator[Any]
) -> pa.RecordBatch:
    rows = [read(_object(record)) for record in records]
    texts = [name for name in ITEMS.names if name not in ("item", "price")]
    return pa.record_batch(
        [
            columns.ids([row["item"] for row in rows], id_field),
            *(columns.strings([row[name] for row in rows], name) for name in texts),
            columns.prices([row["price"] for row in rows], tally),  # last, so that it counts once
        ],
        schema=ITEMS,
    )


def _object(record: Any) -> Record:
    if type(record) is not dict:
        raise Malformed("the line holds no object of fields")
    return record


def _of_2014(record: Record) -> Record:
    paths = record.get("categories") or [[]]
    if not isinstance(paths, list):
        raise _wrong(record, "categories", "a list of lists of texts")
    return {
        "item": record.get("asin"),
        "title": _text(record, "title"),
        "description": _text(record, "description"),
        "brand": _text(record, "brand"),
        "category": _text({"categories": paths[0]}, "categories", _PATH),
        "image_url": _text(record, "imUrl"),
        "price": record.get("price"),
    }


def _of_2018(record: Record) -> Record:
    images = _list(record, "imageURLHighRes") + _list(record, "imageURL")
    return {
        "item": record.get("asin"),
        "title": _text(record, "title"),
        "description": _text(record, "description"),
        "brand": _text(record, "brand"),
        "category": _text(record, "category", _PATH),
        "image_url": _text({"imageURL": images[:1]}, "imageURL"),
        "price": record.get("price"),
    }


def _of_2023(record: Record) -> Record:
    return {
        "item": record.get("parent_asin"),
        "title": _text(record, "title"),
        "description": _text(record, "description"),
        "brand": _text(record, "store"),
        "category": _text(record, "main_category"),
        "image_url": _largest(record),
        "price": record.get("price"),
    }


_READ = {
    "amazon-2014": (_of_2014, "asin"),
    "amazon-2018": (_of_2018, "asin"),
    "amazon-2023": (_of_2023, "parent_asin"),
}


def _text(record: Record, field: str, between: str = " ") -> str | None:
    """The text in a field, of a list the texts joined; None where there is none."""
    value = record.get(field)
    if isinstance(value, list) and all(type(part) is str for part in value):
        value = between.join(part for part in value if part)
    if value is None or type(value) is str:
        return value or None
    raise _wrong(record, field, "text or a list of texts")


def _list(record: Record, field: str) -> list[Any]:
    value = record.get(field) or []
    if not isinstance(value, list):
        raise _wrong(record, field, "a list")
    return value


def _largest(record: Record) -> str | None:
    """The address of the main picture, else of the first one, in its best resolution."""
    images = _list(record, "images")
    if not all(isinstance(image, dict) for image in images):
        raise _wrong(record, "images", "a list of objects")
    for image in sorted(images, key=lambda image: image.get("variant") != "MAIN"):
        for size in _SIZES:
            if address := _text(image, size):
                return address
    return None


def _wrong(record: Record, field: str, due: str) -> Malformed:
    return Malformed(f"field {field!r} must be {due}", f"it is {str(record[field])[:40]!r}")
