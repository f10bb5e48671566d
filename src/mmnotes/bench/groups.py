"""Which works belong together, and where they are written."""

import importlib

from mmnotes.bench.works import Work
from mmnotes.errors import InputError

# A group is a module with WORKS; a new one needs no more than its line here.
GROUPS = {
    "metrics": "mmnotes.bench.metrics",
    "intervals": "mmnotes.bench.intervals",
    "off-policy": "mmnotes.bench.off_policy",
}


def works_of(module: str) -> tuple[Work, ...]:
    """The works that a module lists, in order."""
    return importlib.import_module(module).WORKS


def module_of(group: str) -> str:
    """Where a group is written.

    Raises
    ------
    InputError
        If there is no such group; the message names those that there are.
    """
    if group not in GROUPS:
        raise InputError(f"there is no group {group!r} of works, only {', '.join(GROUPS)}")
    return GROUPS[group]
