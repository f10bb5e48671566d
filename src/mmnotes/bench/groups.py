"""Which works belong together, and where they are written."""

from collections.abc import Sequence

from mmnotes.errors import InputError

# A group is some modules, each with WORKS; a new one needs no more than its line here.
GROUPS = {
    "metrics": ("mmnotes.bench.logs", "mmnotes.bench.retrieval"),
    "intervals": ("mmnotes.bench.intervals",),
    "off-policy": ("mmnotes.bench.off_policy",),
    "train": ("mmnotes.bench.training",),
    "data": ("mmnotes.bench.preparing", "mmnotes.bench.item_graphs", "mmnotes.bench.photos"),
}


def modules_of(groups: Sequence[str]) -> list[str]:
    """Where are these groups written? All groups if none is named.

    Raises
    ------
    InputError
        If there is no such group; the message names those that there are.

    Examples
    --------
    >>> modules_of(["metrics"])
    ['mmnotes.bench.logs', 'mmnotes.bench.retrieval']
    """
    unknown = [group for group in groups if group not in GROUPS]
    if unknown:
        raise InputError(f"there is no group {unknown[0]!r} of works, only {', '.join(GROUPS)}")
    return [module for group in dict.fromkeys(groups or GROUPS) for module in GROUPS[group]]
