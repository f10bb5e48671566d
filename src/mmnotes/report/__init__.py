"""What a page shows and what it claims: figures, tables, numbers, and where they came from.

``Page`` is what a notebook uses. ``figure``, ``dot_interval``, ``line_interval`` and ``label_line``
draw in the one style of the book. ``claims`` and ``results`` read the ledger and the kept results;
``mmnotes.book`` shares them. Names load when first used: the ledger is read without matplotlib.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmnotes.report.charts import compare_densities, dot_interval, label_line, line_interval
    from mmnotes.report.page import Page
    from mmnotes.report.real import Real
    from mmnotes.report.style import HUES, INK, figure, use_style

_HOMES = {
    "Page": "page",
    "Real": "real",
    "HUES": "style",
    "INK": "style",
    "figure": "style",
    "use_style": "style",
    "compare_densities": "charts",
    "dot_interval": "charts",
    "label_line": "charts",
    "line_interval": "charts",
}

__all__ = [
    "HUES",
    "INK",
    "Page",
    "Real",
    "compare_densities",
    "dot_interval",
    "figure",
    "label_line",
    "line_interval",
    "use_style",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mmnotes.report' has no attribute {name!r}")
    return getattr(importlib.import_module(f"mmnotes.report.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
