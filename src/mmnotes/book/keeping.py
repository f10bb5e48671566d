"""Keep what runs computed on real data, and the figures that lead the chapters."""

import base64
import re
from collections.abc import Iterable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from mmnotes.book.checkout import Checkout
from mmnotes.book.extras import need
from mmnotes.book.parameters import DEFAULTS
from mmnotes.book.runs import Run
from mmnotes.book.staging import lead_figure
from mmnotes.errors import InputError
from mmnotes.report import results


def keep(checkout: Checkout, runs: Iterable[Run]) -> list[Path]:
    """Write into ``book/results`` what these runs computed on real data.

    Results that a page only read from there are not written again.

    Returns
    -------
    list of Path
        The files written, one a notebook.

    Raises
    ------
    InputError
        If a run has seeds other than those that pages have by themselves, or none computed
        anything on real data. Nothing is written then.
    """
    runs, written = list(runs), []
    for run in runs:
        require_own_seeds(run.parameters)
    for run in runs:
        new = [
            results.Kept(
                dataset=real["dataset"],
                mode=run.parameters["mode"],
                null=run.null,
                payload=real["payload"],
                provenance=real["provenance"],
                records=_recorded(run, real["dataset"]),
            )
            for real in run.records.real
            if real["source"] == "run"
        ]
        if new:
            written.append(results.keep(run.notebook, new, checkout.results))
    if not written:
        raise InputError(
            "nothing to keep: no notebook computed anything on real data; "
            "set MMNOTES_DATA to the folder of the datasets"
        )
    return written


def require_own_seeds(parameters: Mapping[str, Any]) -> None:
    """Refuse to keep a run that changes the seeds which pages have by themselves.

    Raises
    ------
    InputError
        Naming the parameter. Ask before the run, which may take hours.
    """
    for name in ("seed", "n_seeds"):
        if parameters.get(name, DEFAULTS[name]) != DEFAULTS[name]:
            raise InputError(
                f"{name}={parameters[name]}: results are kept of {name}={DEFAULTS[name]}, as "
                f"every page has it by itself; leave {name} or --keep out"
            )


def _recorded(run: Run, dataset: str) -> dict[str, dict[str, Any]]:
    """What the ledger holds against a full run. Of fast runs and null runs nothing is kept."""
    if run.parameters["mode"] != "full" or run.null:
        return {}
    return {n: value for n, value in run.records.values.items() if value["data"] == dataset}


_PLOT = re.compile(r'alt="([^"]*)"[^>]*src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"')


def keep_figures(checkout: Checkout, runs: Iterable[Run]) -> list[Path]:
    """Write the figure that leads each chapter to ``book/images``, and its alt text beside it.

    For the README and the front page, whose numbers a test holds against that text: they show fast
    mode, and a run in full mode leaves its figures where they are.

    Returns
    -------
    list of Path
        The files written; none for a null run, one in full mode, or a page without such a figure.
    """
    written = []
    for run in runs:
        if run.null or run.parameters["mode"] == "full":
            continue
        lead = lead_figure(need("nbformat").read(run.path, as_version=4))
        found = _PLOT.search(lead["data"]["text/html"]) if lead is not None else None
        if found:
            path = checkout.book / "images" / f"{run.notebook}.svg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(found.group(2)))
            path.with_suffix(".txt").write_text(unescape(found.group(1)) + "\n", encoding="utf-8")
            written.append(path)
    return written
