"""The claims ledger: what each page claims, as an expression that must come true."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mmnotes.errors import InputError
from mmnotes.report.expressions import evaluate, names
from mmnotes.report.shelf import shelf

__all__ = ["Claim", "claims_of", "evaluate", "names", "read_ledger", "shelf"]

VERDICTS = ("holds", "fails")


@dataclass(frozen=True)
class Claim:
    """One claim of the ledger.

    Parameters
    ----------
    id : str
        ``"03.missing"``: the notebook's number, and a word.
    notebook : str
        ``"03_fusion"``.
    sentence : str
        The claim, as the page prints it.
    expression : str
        Over the values that the notebook records; see ``evaluate``.
    shows : str
        The recorded value that the scoreboard prints.
    data : str
        ``"simulated"``, or the name of the dataset that the claim speaks of.
    null : str
        What the null run switches off, in words.
    verdict : str
        ``"holds"``, or ``"fails"`` for a claim that is reported as failed.
    source : int, optional
        Which of the five source documents made the claim, 1 to 5.
    full : str, optional
        The verdict over a kept run in full mode, where one recorded the values.
    """

    id: str
    notebook: str
    sentence: str
    expression: str
    shows: str
    data: str
    null: str
    verdict: str
    source: int | None = None
    full: str | None = None

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Is the expression true of these recorded values? InputError names the claim."""
        try:
            return evaluate(self.expression, values)
        except InputError as error:
            raise InputError(f"claim {self.id}: {error}") from error

    @property
    def wants(self) -> frozenset[str]:
        """The recorded values that it speaks of, or shows."""
        return names(self.expression) | {self.shows}

    def full_verdict(self, recorded: Mapping[str, Any]) -> str | None:
        """``"holds"`` or ``"fails"`` over what a run in full mode recorded; None without it."""
        if not self.wants <= set(recorded):
            return None
        return "holds" if self.holds(recorded) else "fails"


def read_ledger(path: str | Path | None = None) -> tuple[Claim, ...]:
    """Every claim of the book, in the order of the file.

    Parameters
    ----------
    path : path, optional
        A TOML file with one ``[[claim]]`` table a claim; else ``claims.toml`` of ``shelf()``.

    Raises
    ------
    InputError
        If the file is absent or no TOML, or a claim lacks a field, has one too many, or a wrong
        one; the message names the claim and the field.
    """
    path = Path(path) if path is not None else shelf() / "claims.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no ledger here; write one, or give its path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
    tables = document.get("claim", [])
    extra = sorted(set(document) - {"claim"})
    if extra or not isinstance(tables, list):
        raise InputError(f"{path}: write each claim as a [[claim]] table, not {extra or 'claim'}")
    claims = tuple(_claim(table, number, path) for number, table in enumerate(tables, start=1))
    _no_twins(claims, path)
    return claims


def claims_of(notebook: str, path: str | Path | None = None) -> tuple[Claim, ...]:
    """The claims of one notebook (``"03_fusion"``)."""
    return tuple(claim for claim in read_ledger(path) if claim.notebook == notebook)


def _claim(table: Any, number: int, path: Path) -> Claim:
    name = table.get("id") if isinstance(table, dict) else None
    where = f"{path}: claim {name}" if name else f"{path}: claim number {number}"
    if not isinstance(table, dict):
        raise InputError(f"{where}: write it as a [[claim]] table")
    known = {field.name: field for field in fields(Claim)}
    for field in sorted(set(table) - set(known)):
        raise InputError(f"{where}: field {field!r} is unknown; fields are {', '.join(known)}")
    for field in known:
        if field == "source" or (field == "full" and field not in table):
            continue
        if field not in table:
            raise InputError(f"{where}: field {field!r} is missing")
        if not isinstance(table[field], str) or not table[field].strip():
            raise InputError(f"{where}: field {field!r} must be text, not {table[field]!r}")
    claim = Claim(**table)
    _check(claim, where)
    return claim


def _check(claim: Claim, where: str) -> None:
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", claim.notebook):
        raise InputError(f"{where}: field 'notebook' is {claim.notebook!r}, not like '03_fusion'")
    if not re.fullmatch(rf"{claim.notebook[:2]}\.[a-z0-9-]+", claim.id):
        raise InputError(
            f"{where}: field 'id' must be like '{claim.notebook[:2]}.some-word', "
            f"to match notebook {claim.notebook}"
        )
    for field in ("verdict", "full"):
        verdict = getattr(claim, field)
        if verdict not in VERDICTS and (field, verdict) != ("full", None):
            raise InputError(
                f"{where}: field {field!r} is {verdict!r}, not one of {', '.join(VERDICTS)}"
            )
    if claim.source is not None and (type(claim.source) is not int or not 1 <= claim.source <= 5):
        raise InputError(f"{where}: field 'source' is {claim.source!r}, not a number from 1 to 5")
    if not claim.shows.isidentifier():
        raise InputError(f"{where}: field 'shows' must be one recorded name, not {claim.shows!r}")
    try:
        names(claim.expression)
    except InputError as error:
        raise InputError(f"{where}: field 'expression': {error}") from error


def _no_twins(claims: tuple[Claim, ...], path: Path) -> None:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise InputError(f"{path}: claim {claim.id}: field 'id' is there twice")
        seen.add(claim.id)
