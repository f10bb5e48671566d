"""One style for every figure of the book, and one hue for each modality."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from mmnotes.errors import InputError

# The palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), which survives colour blindness.
# Of its two oranges the darker: the lighter one has a contrast of 2.2 to white. The grey is darker
# than the green, because those two meet for readers without green cones.
HUES = {
    "text": "#0072B2",
    "image": "#D55E00",
    "metadata": "#009E73",
    "identity": "#6F6F6F",
    "fused": "#CC79A7",
}

# A second sign beside the hue, for grey printing.
MARKERS = {"text": "o", "image": "s", "metadata": "^", "identity": "D", "fused": "v"}

# About as far from white (4.6:1) as from a dark page's ground (3.9:1).
INK = "#757575"

WIDTH = 5.2  # inches: 11 pt letters are 10 px high at 390 px
FONT_SIZE = 11

_STYLE: dict[Any, Any] = {
    "figure.figsize": (WIDTH, 2.9),
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "font.size": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "axes.titlesize": FONT_SIZE,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "legend.fontsize": FONT_SIZE,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": INK,
    "grid.alpha": 0.3,
    "axes.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "lines.markersize": 6.0,
    "axes.prop_cycle": cycler(color=list(HUES.values())),
    "axes.formatter.useoffset": False,
    "image.cmap": "cividis",
}


def use_style() -> None:
    """Make every figure drawn from now on look like the book's."""
    mpl.rcParams.update(_STYLE)


def figure(rows: int = 1, height: float = 2.6, **kwargs: Any) -> tuple[Figure, Any]:
    """A figure in the book's style: as wide as a page, panels one below the other.

    Parameters
    ----------
    rows : int
        Panels. They are stacked, so that they are as legible on a phone as one.
    height : float
        Inches for each panel.
    **kwargs
        Passed to ``matplotlib.pyplot.subplots`` (``sharex=True``).

    Returns
    -------
    figure : Figure
    axes : Axes, or an array of ``rows`` Axes if there are several

    Raises
    ------
    InputError
        If there is no panel, or it has no height.
    """
    if rows < 1 or height <= 0:
        raise InputError(f"a figure needs rows >= 1 and height > 0, not {rows} and {height}")
    use_style()
    return plt.subplots(rows, 1, figsize=(WIDTH, height * rows), **kwargs)


def hue(name: str) -> str:
    """The colour of a modality (``"image"``), or the colour itself (``"#123456"``).

    Raises
    ------
    InputError
        If it is neither.
    """
    try:
        return HUES.get(name) or to_hex(name)
    except ValueError as error:
        raise InputError(
            f"no hue {name!r}: take one of {', '.join(HUES)}, or a colour that matplotlib knows"
        ) from error


def row_hues(names: str | Sequence[str] | None, labels: Sequence[str]) -> list[str]:
    """One colour for each label: as named, or as the label's own modality, else ink."""
    if names is None:
        return [HUES.get(label.lower(), INK) for label in labels]
    if isinstance(names, str):
        return [hue(names)] * len(labels)
    if len(names) != len(labels):
        raise InputError(f"{len(labels)} labels but {len(names)} hues: give one hue a label")
    return [hue(name) for name in names]


def label_colour(colour: str) -> str:
    """The colour for words: the same hue, at a lightness that is legible on white and on black."""
    linear = [_to_linear(channel) for channel in to_rgb(colour)]
    red, green, blue = linear
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    if luminance > _LABEL_LUMINANCE:
        linear = [channel * _LABEL_LUMINANCE / luminance for channel in linear]
    else:
        white = (_LABEL_LUMINANCE - luminance) / (1 - luminance)
        linear = [channel + (1 - channel) * white for channel in linear]
    red, green, blue = (_from_linear(channel) for channel in linear)
    return to_hex((red, green, blue))


_LABEL_LUMINANCE = 0.19  # 4.4:1 to white, 4.0:1 to #14181e


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
