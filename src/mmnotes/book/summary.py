"""Runs as other programs and a terminal read them."""

from collections.abc import Sequence
from typing import Any

from mmnotes.book.checkout import Checkout
from mmnotes.book.runs import Run


def as_json(run: Run, checkout: Checkout) -> dict[str, Any]:
    """One run as an object of ``mmnotes run --json``.

    ``real`` says for each real dataset whether this run computed on it or took kept results, where
    these came from, and the counts (``n_items`` and the like) that the page worked out on it.
    """
    return {
        "notebook": run.notebook,
        "mode": run.parameters["mode"],
        "null": run.null,
        "parameters": run.parameters,
        "seconds": run.seconds,
        "reused": run.reused,
        "values": run.records.values,
        "real": [_real(found) for found in run.records.real],
        "path": checkout.show(run.path),
    }


def times(runs: Sequence[Run]) -> str:
    """A table of seconds, a line a notebook: as is, and the null run."""
    cells: dict[str, dict[bool, str]] = {}
    for run in runs:
        reused = " (reused)" if run.reused else ""
        cells.setdefault(run.notebook, {})[run.null] = f"{run.seconds:.1f} s{reused}"
    width = max(map(len, ("notebook", *cells)))
    lines = [f"{'notebook':{width}}  {'as is':>18}  {'null run':>18}"]
    for notebook, pair in cells.items():
        lines.append(f"{notebook:{width}}  {pair.get(False, ''):>18}  {pair.get(True, ''):>18}")
    return "\n".join(lines)


def _real(found: dict[str, Any]) -> dict[str, Any]:
    counts = {name: count for name, count in found["payload"].items() if name.startswith("n_")}
    return {
        "dataset": found["dataset"],
        "source": found["source"],
        "provenance": found["provenance"],
        "counts": counts,
    }
