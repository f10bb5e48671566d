"""Which figures of ours stand beside published ones, and where those lie."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from mmnotes.book.prose import typed_numbers
from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.experiments.published import RECALL_AT_20
from mmnotes.report import results
from mmnotes.report.trained import PREFIX

_HEAD = "| Model | Here | Published | Published lies |\n| :--- | ---: | ---: | :--- |"


@dataclass(frozen=True)
class Row:
    """One figure of ours.

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
    compared : bool
        False where no published figure is of the same.
    """

    data: str
    model: str
    kept: str
    value: Sequence[str]
    why: str = ""
    compared: bool = True

    @property
    def is_trained(self) -> bool:
        """Whether ``mmnotes train`` kept it, and no chapter."""
        return self.kept.startswith(PREFIX)

    @property
    def published(self) -> float | None:
        """The published figure, None without one."""
        return RECALL_AT_20[self.data].get(self.model.split(",")[0]) if self.compared else None


@dataclass(frozen=True)
class Figure:
    """A row with what was kept for it."""

    row: Row
    kept: results.Kept

    @cached_property
    def estimate(self) -> Estimate:
        """Our figure.

        Raises
        ------
        InputError
            If the kept result has none there.
        """
        found: Any = self.kept.values
        for key in self.row.value:
            found = found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(found, Estimate):
            path = " / ".join(self.row.value)
            raise InputError(f"book/results/{self.row.kept}.json has no estimate at {path}")
        return found

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
        If the file is no TOML, or a row lacks a field, has one too many, or a wrong one; the
        message names the row and the field.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    tables = document.get("row", [])
    if set(document) != {"row"} or not isinstance(tables, list):
        raise InputError(f"{path}: write each figure as a [[row]] table, and nothing else")
    return [_row(table, f"{path}: row {number}") for number, table in enumerate(tables, start=1)]


def found(row: Row, folder: Path) -> Figure:
    """The figure of a row.

    Raises
    ------
    InputError
        If it was not kept, the published figure lies outside our interval and the row does not say
        why, or it lies within and the row does.
    """
    where = f"book/published.toml: {row.model} on {row.data}"
    kept = results.find(row.kept, row.data, mode="full", null=False, folder=folder)
    if kept is None or kept.mode != "full":
        raise InputError(f"{where}: no full run is kept in book/results/{row.kept}.json")
    figure = Figure(row, kept)
    outside = figure.lies in ("above", "below")
    if outside and not row.why:
        raise InputError(f"{where}: published lies {figure.lies} {figure.estimate:.4f}: say why")
    if row.why and not outside:
        raise InputError(f"{where}: field 'why' explains what is not outside our interval")
    return figure


def _row(table: Any, where: str) -> Row:
    texts = ("data", "model", "kept", "why")
    known = [field.name for field in fields(Row)]
    for name in sorted(set(table) - set(known)):
        raise InputError(f"{where}: field {name!r} is unknown; fields are {', '.join(known)}")
    for name in ("data", "model", "kept", "value"):
        if name not in table:
            raise InputError(f"{where}: field {name!r} is missing")
    for name in texts:
        if not isinstance(table.get(name, ""), str):
            raise InputError(f"{where}: field {name!r} must be text, not {table[name]!r}")
    if table["data"] not in RECALL_AT_20:
        known = sorted(RECALL_AT_20)
        raise InputError(f"{where}: field 'data' is {table['data']!r}, not {' or '.join(known)}")
    keys = table["value"]
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise InputError(f"{where}: field 'value' must be a list of keys, not {keys!r}")
    if not isinstance(table.get("compared", True), bool):
        raise InputError(f"{where}: field 'compared' must be true or false")
    if typed := typed_numbers(table.get("why", "")):
        raise InputError(f"{where}: field 'why' has typed numbers: {', '.join(typed)}")
    return Row(**table)
