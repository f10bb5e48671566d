"""Copy executed notebooks to where Sphinx reads them, made ready to be read."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmnotes.book.checkout import Checkout
from mmnotes.book.extras import need
from mmnotes.book.ledger import Outcome
from mmnotes.book.published import Figure
from mmnotes.book.published_page import published_page
from mmnotes.book.records import is_records
from mmnotes.book.rules import tags
from mmnotes.book.runs import Run
from mmnotes.book.scoreboard import scoreboard
from mmnotes.book.words import day, spelt
from mmnotes.report.real import KEPT, RAN

_REAL_HEADING = "## On real data"


def stage(
    checkout: Checkout,
    runs: Iterable[Run],
    outcomes: Sequence[Outcome],
    figures: Sequence[Figure] = (),
) -> None:
    """Write ``book/notebooks/*.ipynb`` from the runs as is, and the tables that pages include.

    Parameters
    ----------
    runs : iterable of Run
        Both runs of each notebook.
    outcomes : sequence of Outcome
        All claims; they are borne out.
    figures : sequence of Figure
        Those that stand beside published ones; without any, there is no page of them.
    """
    nbformat = need("nbformat")
    pairs: dict[str, dict[bool, Run]] = {}
    for run in runs:
        pairs.setdefault(run.notebook, {})[run.null] = run
    checkout.staged.mkdir(parents=True, exist_ok=True)
    titles = {}
    for notebook, pair in pairs.items():
        mine = [outcome for outcome in outcomes if outcome.claim.notebook == notebook]
        nb = nbformat.read(pair[False].path, as_version=4)
        titles[notebook] = title(nb)
        staged = staged_copy(nb, run_line(pair[False], pair.get(True), mine))
        _write(checkout.staged / pair[False].path.name, nbformat.writes(staged))
    _write(checkout.scoreboard, scoreboard(outcomes, titles))
    if figures:
        _write(checkout.published, published_page(figures, titles))


def staged_copy(nb: Any, line: str) -> Any:
    """The notebook as the book shows it.

    After the title come the figure that proves the claim and the line on time and hardware. The
    parameters are those that it ran with; records, and what papermill noted, are left out. The
    section on real data opens with where its numbers come from.
    """
    v4 = need("nbformat.v4")
    nb = copy.deepcopy(nb)
    lead = lead_figure(nb)
    cells = _with_parameters(nb.cells)
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_records(output)]
        for noted in ("papermill", "execution"):
            cell.metadata.pop(noted, None)
    _origin_first(cells)
    opening = [v4.new_markdown_cell(line, id="mmnotes-run")]
    if lead is not None:
        # MyST-NB shows nothing of a cell without source
        source = "# the figure that proves the claim"
        figure = v4.new_code_cell(source, outputs=[lead], id="mmnotes-lead")
        figure.metadata["tags"] = ["remove-input"]
        opening.insert(0, figure)
    nb.cells = [*cells[:1], *opening, *cells[1:]]
    nb.metadata.pop("papermill", None)
    nb.metadata.pop("widgets", None)
    return nb


def run_line(as_is: Run, null: Run | None, outcomes: Sequence[Outcome]) -> str:
    """The line on time, hardware and the null run, as Markdown."""
    seeds = as_is.parameters["n_seeds"]
    conditions = [
        f"{as_is.parameters['mode']} mode",
        f"{spelt(seeds)} {'seed' if seeds == 1 else 'seeds'}",
        as_is.records.hardware,
    ]
    told = ", ".join(condition for condition in conditions if condition)
    ran = f"Ran in {as_is.seconds:.0f} s on {day(as_is.date)}: {told}.{_kept(as_is)}"
    if null is None or not any(outcome.status == "holds" for outcome in outcomes):
        return f"*{ran}*"
    return (
        f"*{ran} With the effect switched off (the null run, {null.seconds:.0f} s) each claim that "
        "holds here comes out false, as it must.*"
    )


def _kept(run: Run) -> str:
    """A sentence on each dataset whose results this run did not compute."""
    kept = [real for real in run.records.real if real["source"] == "kept"]
    return "".join(
        f" {real['dataset']} was not at hand: its results are kept from "
        f"{day(real['provenance']['date'])}."
        for real in kept
    )


def title(nb: Any) -> str:
    """The title of a notebook: its first heading."""
    return str(nb.cells[0].source.splitlines()[0].lstrip("# ").strip())


def lead_figure(nb: Any) -> Mapping[str, Any] | None:
    """The first output that ``page.show(…, lead=True)`` marked."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("mmnotes", {}).get("lead"):
                return copy.deepcopy(output)
    return None


def _origin_first(cells: Sequence[Any]) -> None:
    """Move the note on where the numbers of a section come from to right under its heading."""
    heading = next((cell for cell in cells if _REAL_HEADING in cell.source.splitlines()), None)
    if heading is None:
        return
    notes = []
    for cell in cells:
        for output in list(cell.get("outputs", [])):
            note = output.get("data", {}).get("text/markdown", "")
            if note.startswith((RAN, KEPT)):
                notes.append(note)
                cell.outputs.remove(output)
    note = "\n\n".join([_REAL_HEADING, *notes])
    heading.source = heading.source.replace(_REAL_HEADING, note, 1)


def _with_parameters(cells: Sequence[Any]) -> list[Any]:
    """One folded cell with the parameters of the run, in the place of papermill's two."""
    injected = [cell for cell in cells if "injected-parameters" in tags(cell)]
    kept = [cell for cell in cells if "injected-parameters" not in tags(cell)]
    for cell in kept:
        if "parameters" in tags(cell):
            # the question comes first
            cell.metadata["tags"] = sorted({*tags(cell), "hide-input"})
            if injected:
                cell.source = injected[0].source.removeprefix("# Parameters\n").strip()
    return kept


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
