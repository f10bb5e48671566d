"""A strip of the items themselves: small pictures in a row, that wrap on a phone."""

import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Protocol

import numpy as np
from PIL import Image, ImageOps

from mmnotes.errors import InputError
from mmnotes.report.html import data_uri

MAX_PICTURES = 24
_SIDE = 128  # pixels: shown 92 wide, with some to spare for fine screens

Rows = Sequence[int] | np.ndarray
Words = Sequence[str] | np.ndarray


class Pictures(Protocol):
    """What ``mmnotes.data.images.Images`` is: sized, and a picture or None for each item."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Image.Image | None: ...


def strip_html(
    images: Pictures,
    index: Rows | Mapping[str, Rows],
    labels: Words | Mapping[str, Words] | None,
    alt: str,
) -> str:
    """The pictures of these items, with a label under each; the parameters are ``Page.strip``'s.

    Raises
    ------
    InputError
        If there is no item or there are more than 24, an item is not in ``images``, or labels and
        items differ in number.
    """
    rows = index if isinstance(index, Mapping) else {"": index}
    n = sum(len(items) for items in rows.values())
    if not 0 < n <= MAX_PICTURES:
        raise InputError(f"a strip shows 1 to {MAX_PICTURES} pictures, not {n}: choose fewer")
    widest = max(len(items) for items in rows.values())
    parts = []
    for name, items in rows.items():
        parts.append(_row_html(images, name, items, _words(labels, name)))
    across = min(max(widest, 4), 5)  # on a phone; five are as small as a photo can be
    style = f"--mmnotes-across:{across}"
    return f'<div role="group" aria-label="{escape(alt)}" style="{style}">{"".join(parts)}</div>'


def _words(labels: Words | Mapping[str, Words] | None, row: str) -> Words | None:
    if labels is None:
        return None
    if row and not isinstance(labels, Mapping):
        raise InputError(f"strip: give the labels by row, like the items: {{{row!r}: […]}}")
    if isinstance(labels, Mapping):
        if row not in labels:
            raise InputError(f"strip: the labels have no row {row!r}")
        return labels[row]
    return labels


def _row_html(images: Pictures, name: str, items: Rows, words: Words | None) -> str:
    if words is not None and len(words) != len(items):
        raise InputError(f"strip {name!r}: {len(items)} items but {len(words)} labels")
    heading = f'<div class="mmnotes-rowname">{escape(name)}</div>' if name else ""
    cells = []
    for place, item in enumerate(items):
        if not 0 <= item < len(images):
            raise InputError(f"strip: there is no item {item}; ids run from 0 to {len(images) - 1}")
        word = "" if words is None else str(words[place])
        cells.append(_item_html(images[int(item)], int(item), word))
    return f'<div class="mmnotes-row">{heading}{"".join(cells)}</div>'


def _item_html(picture: Image.Image | None, item: int, word: str) -> str:
    if picture is None:
        shown = '<div class="mmnotes-absent">no photo</div>'
    else:
        shown = (
            f'<img class="dark-light" alt="{escape(word or f"item {item}")}" width="92" '
            f'height="92" src="{data_uri(_png(picture), "image/png")}">'
        )
    below = f"<div>{escape(word)}</div>" if word else ""
    return f'<div class="mmnotes-item">{shown}{below}</div>'


def _png(picture: Image.Image) -> bytes:
    """The picture, at most 128 pixels a side; tiny drawings are enlarged without blur."""
    small = picture.convert("RGB")
    if max(small.size) < _SIDE // 2:
        small = ImageOps.scale(small, _SIDE // max(small.size), Image.Resampling.NEAREST)
    small.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    small.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
