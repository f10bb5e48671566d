"""What does it cost, beside the others who do the same? Works, who does them, and the clock."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.bench.groups import GROUPS, works_of
    from mmnotes.bench.rows import Row
    from mmnotes.bench.runner import bench
    from mmnotes.bench.table import table
    from mmnotes.bench.works import Implementation, Work

_WHERE = {
    "groups": ("GROUPS", "works_of"),
    "rows": ("Row",),
    "runner": ("bench",),
    "table": ("table",),
    "works": ("Implementation", "Work"),
}

__all__ = ["GROUPS", "Implementation", "Row", "Work", "bench", "table", "works_of"]

__getattr__, __dir__ = attach(__name__, _WHERE)
