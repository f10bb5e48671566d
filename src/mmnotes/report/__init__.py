"""What a page shows and what it claims: figures, tables, numbers, and where they came from.

``Page`` is what a notebook uses. ``figure``, ``dot_interval``, ``line_interval`` and ``label_line``
draw in the one style of the book. ``claims`` and ``results`` read the ledger and the kept results;
``mmnotes.book`` shares them. Names load when first used: the ledger is read without matplotlib.
"""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.report.charts import compare_densities, dot_interval, label_line, line_interval
    from mmnotes.report.page import Page
    from mmnotes.report.real import Real, by_mode
    from mmnotes.report.style import HUES, INK, figure, use_style

_WHERE = {
    "charts": ("compare_densities", "dot_interval", "label_line", "line_interval"),
    "page": ("Page",),
    "real": ("Real", "by_mode"),
    "style": ("HUES", "INK", "figure", "use_style"),
}

__all__ = [
    "HUES",
    "INK",
    "Page",
    "Real",
    "by_mode",
    "compare_densities",
    "dot_interval",
    "figure",
    "label_line",
    "line_interval",
    "use_style",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
