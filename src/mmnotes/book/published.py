"""Which figures of ours stand beside published ones, and where those lie."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mmnotes.book.prose import typed_numbers
from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.experiments.models import MODELS
from mmnotes.experiments.published import RECALL_AT_20
from mmnotes.report import results
from mmnotes.report.trained import PREFIX

_PROSE = ("why", "note")
_TEXTS = ("data", "model", "kept", *_PROSE)


@dataclass(frozen=True)
class Row:
    """One figure of ours, as ``book/published.toml`` names it.

    Parameters
    ----------
    data : str
        ``"amazon-baby"``.
    model : str
        Its name, and after a comma what is particular about it. The name decides which published
        figure stands beside it.
    kept : str
        The file below ``book/results`` that holds it, without its ending: a chapter's, or one of
        ``mmnotes train --keep``.
    value : list of str
        Where it stands there, in the full run on this dataset: keys, from the outermost.
    why : str
        Why the published figure lies outside our interval; empty if it does not.
    note : str
        What else a reader should know of it.
    compared : bool
        False where the published figure is of something else; at most one row of a model and
        dataset is compared.
    """

    data: str
    model: str
    kept: str
    value: Sequence[str]
    why: str = ""
    note: str = ""
    compared: bool = True

    @property
    def name(self) -> str:
        """The model alone."""
        return self.model.split(",")[0]

    @property
    def is_trained(self) -> bool:
        """Whether ``mmnotes train`` kept it, and no chapter."""
        return self.kept.startswith(PREFIX)

    @property
    def published(self) -> float | None:
        """The published figure, None without one."""
        return RECALL_AT_20[self.data].get(self.name) if self.compared else None


@dataclass(frozen=True)
class Figure:
    """A row with what was kept for it."""

    row: Row
    kept: results.Kept
    estimate: Estimate

    @property
    def lies(self) -> str:
        """Where the published figure lies, in words; empty without one."""
        published, ours = self.row.published, self.estimate
        if published is None:
            return ""
        if published < ours.low:
            return "below"
        return "above" if published > ours.high else "within"


def read_rows(path: Path) -> list[Row]:
    """The rows of the page, in the order of the file.

    Raises
    ------
    InputError
        If the file is no TOML, or a row lacks a field, has one too many, or a wrong one, or stands
        there twice; the message names the row and the field.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    tables = document.get("row")
    if set(document) != {"row"} or not isinstance(tables, list) or not tables:
        raise InputError(f"{path}: write each figure as a [[row]] table, and nothing else")
    rows = [_row(table, f"{path}: row {number}") for number, table in enumerate(tables, start=1)]
    labels, compared = set(), set()
    for number, row in enumerate(rows, start=1):
        if (row.data, row.model) in labels:
            raise InputError(f"{path}: row {number}: {row.model} is there twice")
        if row.published is not None and (row.data, row.name) in compared:
            raise InputError(f"{path}: row {number}: {row.name} is compared twice")
        labels.add((row.data, row.model))
        compared |= {(row.data, row.name)} if row.published is not None else set()
    return rows


def figures_of(rows: Sequence[Row], folder: Path) -> list[Figure]:
    """The figures that were kept.

    Parameters
    ----------
    rows : sequence of Row
    folder : Path
        Of the kept results.

    Raises
    ------
    InputError
        If one was not kept, a published figure lies outside our interval and the row does not say
        why, or lies within and the row does.
    """
    return [_figure(row, folder) for row in rows]


def _figure(row: Row, folder: Path) -> Figure:
    where = f"book/published.toml: {row.model} on {row.data}"
    kept = results.find(row.kept, row.data, mode="full", null=False, folder=folder)
    if kept is None or kept.mode != "full":
        raise InputError(f"{where}: no full run is kept in book/results/{row.kept}.json")
    found: Any = kept.values
    for key in row.value:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Estimate):
        path = " / ".join(row.value)
        raise InputError(f"{where}: book/results/{row.kept}.json has no estimate at {path}")
    figure = Figure(row, kept, found)
    if figure.lies in ("above", "below") and not row.why:
        raise InputError(f"{where}: published lies {figure.lies} {figure.estimate:.4f}: say why")
    if row.why and figure.lies in ("within", ""):
        raise InputError(f"{where}: field 'why' explains what does not lie outside; take 'note'")
    return figure


def _row(table: Any, where: str) -> Row:
    if not isinstance(table, dict):
        raise InputError(f"{where}: write it as a [[row]] table")
    known = [field.name for field in fields(Row)]
    for name in sorted(set(table) - set(known)):
        raise InputError(f"{where}: field {name!r} is unknown; fields are {', '.join(known)}")
    for name in ("data", "model", "kept", "value"):
        if name not in table:
            raise InputError(f"{where}: field {name!r} is missing")
    _check_kinds(table, where)
    row = Row(**table)
    if row.data not in RECALL_AT_20:
        sets = " or ".join(sorted(RECALL_AT_20))
        raise InputError(f"{where}: field 'data' is {row.data!r}, not {sets}")
    if not re.fullmatch(r"[\w, -]+", row.model) or row.name not in MODELS:
        raise InputError(
            f"{where}: field 'model' is {row.model!r}; it begins with one of {', '.join(MODELS)}"
        )
    if not any(key.split(",")[0] == row.name for key in row.value):
        path = " / ".join(row.value)
        raise InputError(f"{where}: field 'value' leads to {path}, where nothing is of {row.name}")
    return row


def _check_kinds(table: Mapping[str, Any], where: str) -> None:
    for name in _TEXTS:
        text = table.get(name, "")
        if not isinstance(text, str):
            raise InputError(f"{where}: field {name!r} must be text, not {text!r}")
        if name in _PROSE and (typed := typed_numbers(text)):
            raise InputError(f"{where}: field {name!r} has typed numbers: {', '.join(typed)}")
    keys = table["value"]
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise InputError(f"{where}: field 'value' must be a list of keys, not {keys!r}")
    if not isinstance(table.get("compared", True), bool):
        raise InputError(f"{where}: field 'compared' must be true or false")
