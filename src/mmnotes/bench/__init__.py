"""What does it cost, beside the others who do the same? Works, who does them, and the clock."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.bench.groups import GROUPS
    from mmnotes.bench.rows import Row
    from mmnotes.bench.runner import bench
    from mmnotes.bench.table import as_text
    from mmnotes.bench.works import Implementation, Work, works_of

_WHERE = {
    "groups": ("GROUPS",),
    "rows": ("Row",),
    "runner": ("bench",),
    "table": ("as_text",),
    "works": ("Implementation", "Work", "works_of"),
}

__all__ = ["GROUPS", "Implementation", "Row", "Work", "as_text", "bench", "works_of"]

__getattr__, __dir__ = attach(__name__, _WHERE)
