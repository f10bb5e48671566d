"""Keep what runs computed on real data, for those who do not have the data."""

from collections.abc import Iterable
from pathlib import Path

from mmnotes.book.checkout import Checkout
from mmnotes.book.runs import Run
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
        If no run computed anything on real data.
    """
    written = []
    for run in runs:
        new = [
            results.Kept(
                dataset=real["dataset"],
                mode=run.parameters["mode"],
                null=run.null,
                payload=real["payload"],
                provenance=real["provenance"],
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
