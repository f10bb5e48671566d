"""A matplotlib figure as SVG bytes: the same bytes each time, nothing clipped, no ground."""

import io
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from mmnotes.errors import InputError

MAX_BYTES = 2_000_000

_RC: dict[Any, Any] = {
    "svg.fonttype": "path",  # the same letters on every machine, whatever fonts it has
    "svg.hashsalt": "mmnotes",  # ids from content, not from chance
    "svg.image_inline": True,
}


def svg_bytes(figure: Figure) -> bytes:
    """Draw the figure as SVG and close it, so that no notebook shows it a second time.

    Raises
    ------
    InputError
        If the SVG is over 2 MB: too many marks for a page.
    """
    buffer = io.BytesIO()
    with plt.rc_context(_RC):
        figure.savefig(
            buffer,
            format="svg",
            transparent=True,
            bbox_inches=_whole(figure),
            metadata={"Date": None, "Creator": "mmnotes"},
        )
    plt.close(figure)
    if buffer.tell() > MAX_BYTES:
        raise InputError(
            f"this figure is {buffer.tell() / 1e6:.1f} MB of SVG: draw fewer marks, "
            "or pass rasterized=True to the layer with the most"
        )
    return buffer.getvalue()


def _whole(figure: Figure) -> Bbox:
    """The figure's own box, grown where something sticks out of it; in inches."""
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    page = Bbox.from_bounds(0, 0, *figure.get_size_inches())
    return Bbox.union([page, drawn.padded(0.02)]) if drawn.width else page
