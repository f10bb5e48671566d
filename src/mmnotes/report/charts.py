"""The few charts that many pages share: dots with intervals, lines with bands, direct labels."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.optimize import isotonic_regression

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report.output import with_minus
from mmnotes.report.style import FONT_SIZE, INK, MARKERS, label_colour, row_hues

_GAP = FONT_SIZE * 1.25  # points between the middles of two labels


def dot_interval(
    ax: Axes,
    labels: Sequence[str],
    estimates: Sequence[Estimate | float],
    hues: str | Sequence[str] | None = None,
    *,
    digits: int = 3,
    reference: float | None = None,
    reference_label: str = "",
    dots: Sequence[Sequence[float]] | None = None,
) -> None:
    """How do these compare? One row each, from the top: a dot, its interval, its number.

    Parameters
    ----------
    labels : sequence of str, length n
        Stand left of the rows, wrapped at 20 letters.
    estimates : sequence of Estimate or float, length n
    hues : str, or sequence of str of length n, optional
        Modalities (``"image"``) or colours. Without it a label that names a modality gets its hue,
        any other the ink's grey.
    digits : int
        Decimals of the numbers beside the dots.
    reference : float, optional
        A line from top to bottom, such as chance, with ``reference_label`` above it.
    dots : sequence of n sequences of float, optional
        Single seeds, drawn small below the interval.

    Raises
    ------
    InputError
        If the lengths differ or there is no row.
    """
    _same_length(labels, estimates, dots)
    colours = row_hues(hues, labels)
    for row, (estimate, colour) in enumerate(zip(estimates, colours, strict=True)):
        value, low, high = _ends(estimate)
        seeds = dots[row] if dots is not None else []
        below = np.full(len(seeds), row + 0.24)
        ax.plot(seeds, below, "o", color=colour, markersize=3.5, markeredgewidth=0, alpha=0.55)
        ax.plot([low, high], [row, row], color=colour, linewidth=2.2, solid_capstyle="butt")
        ax.plot(value, row, "o", color=colour, markersize=8, markeredgewidth=0, zorder=3)
        _beside(ax, (high, row), with_minus(f"{value:.{digits}f}"), colour)
    _name_rows(ax, labels, colours)
    if reference is not None:
        _reference(ax, reference, reference_label)


def line_interval(
    ax: Axes,
    x: Sequence[float],
    series: Mapping[str, Sequence[Estimate | float]],
    hues: str | Sequence[str] | None = None,
) -> None:
    """How does it change along x? A line each, a band for its intervals, its name at its end.

    Set the scale and the limits of the axes first: names are kept apart as the axes are then.

    Parameters
    ----------
    x : sequence of float, length n
    series : mapping of name to n estimates or floats
    hues : as for ``dot_interval``

    Raises
    ------
    InputError
        If a series is not as long as x, or there is none.
    """
    if not series:
        raise InputError("line_interval: there is no series to draw")
    lines = []
    for (name, estimates), colour in zip(series.items(), row_hues(hues, list(series)), strict=True):
        if len(estimates) != len(x):
            raise InputError(f"line_interval: {name!r} has {len(estimates)} points for {len(x)} x")
        value, low, high = np.array([_ends(estimate) for estimate in estimates]).T
        ax.fill_between(x, low, high, color=colour, alpha=0.22, linewidth=0)
        marker = MARKERS.get(name.lower(), "o")
        lines += ax.plot(x, value, color=colour, marker=marker, markeredgewidth=0)
    for line, name, shift in zip(lines, series, _shifts(ax, lines), strict=True):
        label_line(ax, line, name, shift=shift)


def compare_densities(
    ax: Axes,
    series: Mapping[str, Sequence[float] | np.ndarray],
    hues: str | Sequence[str] | None = None,
    *,
    bins: int = 60,
    threshold: float | None = None,
) -> None:
    """Where do these values lie? A filled outline each, its name above its highest point.

    Parameters
    ----------
    series : mapping of name to values
        Each is scaled to its own highest point, so that few values show as well as many.
    hues : as for ``dot_interval``
    bins : int
        Between the smallest and the largest value of all.
    threshold : float, optional
        A dashed line from top to bottom.

    Raises
    ------
    InputError
        If there is no series, or one of them is empty or holds NaN.
    """
    if not series or not all(len(values) for values in series.values()):
        raise InputError("compare_densities: give at least one series, and none of them empty")
    everything = np.concatenate([np.asarray(values, dtype=float) for values in series.values()])
    if not np.isfinite(everything).all():
        raise InputError(
            "compare_densities: a series holds NaN or infinity; leave those values out"
        )
    # As numpy's histogram has it: values that are all the same get a bin of width one.
    edges = np.histogram_bin_edges(everything, bins)
    colours = row_hues(hues, list(series))
    for place, ((name, values), colour) in enumerate(zip(series.items(), colours, strict=True)):
        counts = np.histogram(values, edges)[0]
        height = counts / counts.max()
        ax.stairs(height, edges, fill=True, color=colour, alpha=0.55)
        middle = (edges[counts.argmax()] + edges[counts.argmax() + 1]) / 2
        ax.annotate(
            name,
            (middle, 1),
            xytext=(0, 3 + _GAP * place),  # one above the other: highest points may coincide
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=label_colour(colour),
            annotation_clip=False,
        )
    if threshold is not None:
        ax.axvline(threshold, color=INK, linewidth=1, linestyle=(0, (3, 2)))
    ax.set(yticks=[], ylim=(0, 1 + 0.25 * len(series)))
    ax.spines["left"].set_visible(False)


def label_line(ax: Axes, line: Line2D, text: str, *, shift: float = 0.0) -> None:
    """Write the name of a line at its last point, in its colour; ``shift`` is in points, up."""
    last = (float(np.asarray(line.get_xdata())[-1]), float(np.asarray(line.get_ydata())[-1]))
    _beside(ax, last, text, str(line.get_color()), shift)


def _same_length(
    labels: Sequence[str],
    estimates: Sequence[Estimate | float],
    dots: Sequence[Sequence[float]] | None,
) -> None:
    n_dots = len(labels) if dots is None else len(dots)
    if not len(labels) == len(estimates) == n_dots or not len(labels):
        raise InputError(
            f"dot_interval: {len(labels)} labels, {len(estimates)} estimates and {n_dots} rows of "
            "dots; give as many of each, and at least one"
        )


def _ends(estimate: Estimate | float) -> tuple[float, float, float]:
    if isinstance(estimate, Estimate):
        return estimate.value, estimate.low, estimate.high
    return float(estimate), float(estimate), float(estimate)


def _beside(
    ax: Axes, point: tuple[float, float], text: str, colour: str, shift: float = 0.0
) -> None:
    ax.annotate(
        text,
        point,
        xytext=(8, shift),
        textcoords="offset points",
        va="center",
        color=label_colour(colour),
        annotation_clip=False,
    )


def _name_rows(ax: Axes, labels: Sequence[str], colours: Sequence[str]) -> None:
    ax.set_yticks(range(len(labels)), [textwrap.fill(label, 20) for label in labels])
    for tick, colour in zip(ax.get_yticklabels(), colours, strict=True):
        tick.set_color(label_colour(colour))
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _reference(ax: Axes, at: float, label: str) -> None:
    ax.axvline(at, color=INK, linewidth=1, linestyle=(0, (3, 2)), zorder=1)
    ax.annotate(
        label,
        (at, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        annotation_clip=False,
    )


def _shifts(ax: Axes, lines: Sequence[Line2D]) -> np.ndarray:
    """How far to move each label, in points, so that none covers another."""
    last = [(np.asarray(line.get_xdata())[-1], np.asarray(line.get_ydata())[-1]) for line in lines]
    figure = ax.get_figure()
    assert figure is not None
    ax.autoscale_view()
    heights = ax.transData.transform(np.array(last, dtype=float))[:, 1] * 72 / figure.dpi
    order = np.argsort(heights, kind="stable")
    steps = _GAP * np.arange(len(lines))
    # Nearest heights that lie a gap apart: an isotonic fit after taking the gaps away.
    apart = isotonic_regression(heights[order] - steps).x + steps
    shifts = np.empty(len(lines))
    shifts[order] = apart - heights[order]
    return shifts
