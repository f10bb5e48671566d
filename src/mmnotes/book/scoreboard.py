"""The scoreboard: every claim, its number, its null value, and how it went."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from mmnotes.book.ledger import SIMULATED, Outcome
from mmnotes.book.words import recorded
from mmnotes.report.output import with_minus

_HEAD = "| Claim | Number | Null run | How it went |"
_RULE = "| :--- | ---: | ---: | :--- |"


def scoreboard(outcomes: Sequence[Outcome], titles: Mapping[str, str]) -> str:
    """The scoreboard as MyST Markdown.

    Parameters
    ----------
    outcomes : sequence of Outcome
        In the order of the ledger.
    titles : dict
        For each notebook the title of its page.
    """
    parts = [_summary(outcomes)]
    ordered = sorted(outcomes, key=lambda outcome: outcome.claim.notebook)
    for notebook, group in groupby(ordered, key=lambda outcome: outcome.claim.notebook):
        rows = "\n".join(_row(outcome) for outcome in group)
        heading = f"## {{doc}}`{titles[notebook]} </notebooks/{notebook}>`"
        parts.append(f"{heading}\n\n{_HEAD}\n{_RULE}\n{rows}")
    return "\n\n".join(parts) + "\n"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """One line of the scoreboard for other programs."""
    claim = outcome.claim
    return {
        "id": claim.id,
        "notebook": claim.notebook,
        "sentence": claim.sentence,
        "expression": claim.expression,
        "data": claim.data,
        "verdict": claim.verdict,
        "status": outcome.status,
        "true": outcome.true,
        "null_true": outcome.null_true,
        "value": dict(outcome.value),
        "null_value": dict(outcome.null_value),
        "kept": outcome.kept,
        "full": outcome.full,
        "full_value": None if outcome.full_value is None else dict(outcome.full_value),
        "source": claim.source,
    }


def status(outcome: Outcome) -> str:
    """How a claim went, in words, with where its number is from if it is of real data."""
    said = {"holds": "holds", "fails": "**fails**", "broken": "**broken**"}[outcome.status]
    if outcome.claim.data == SIMULATED:
        return said
    said += f", kept from {outcome.kept}" if outcome.kept else ", ran here"
    if outcome.full is None or outcome.full_value is None:
        return said
    verdict = {"holds": "holds", "fails": "**fails**"}[outcome.full]
    return f"{said}; in full mode {verdict}, {_unbroken(outcome.full_value)}"


def _summary(outcomes: Sequence[Outcome]) -> str:
    held = sum(outcome.status == "holds" for outcome in outcomes)
    failed = sum(outcome.status == "fails" for outcome in outcomes)
    stand = "stands" if failed == 1 else "stand"
    also = f" {failed} failed, and {stand} here as failed." if failed else ""
    full = [outcome for outcome in outcomes if outcome.full is not None]
    if full:
        others = sum(outcome.full != outcome.claim.verdict for outcome in full)
        also += f" {len(full)} were held against a kept full run too: {others} came out otherwise."
    return f"{held} of {len(outcomes)} claims hold.{also}"


def _unbroken(record: Mapping[str, Any]) -> str:
    """A recorded value as pages print it, its interval on one line of a narrow table."""
    return with_minus(recorded(record)).replace(", ", ",\N{NO-BREAK SPACE}")


def _row(outcome: Outcome) -> str:
    claim = outcome.claim
    source = "" if claim.source is None else f", [source {claim.source}](sources.md)"
    unit = f" {outcome.value['unit']}" if outcome.value.get("unit") else ""
    cells = [
        f"{claim.sentence} (`{claim.id}`, {claim.data}{source})",
        f"{_unbroken(outcome.value)}{unit}",
        _unbroken(outcome.null_value),
        status(outcome),
    ]
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    """Text that fits into a cell: on one line, and an interval is not broken in two."""
    text = " ".join(text.split()).replace("|", r"\|")
    return re.sub(r"\[(\S+), (\S+)\]", "[\\1,\N{NO-BREAK SPACE}\\2]", text)
