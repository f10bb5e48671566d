"""Do the claims come true in the run as is, and false in the run without the effect?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmnotes.book.runs import Run
from mmnotes.book.words import recorded
from mmnotes.errors import InputError
from mmnotes.report.claims import Claim, names

SIMULATED = "simulated"


class ClaimsBroken(Exception):
    """Claims whose runs do not bear out what the ledger declares; a line for each."""


@dataclass(frozen=True)
class Outcome:
    """One claim, and how it went.

    Parameters
    ----------
    claim : Claim
    value, null_value : dict
        The record that the claim shows, as is and from the null run.
    true, null_true : bool
        Whether the expression was true in the two runs.
    values, null_values : dict
        All records that the expression names, from the two runs.
    kept : str or None
        For a claim on real data at hand, None; else the date of the kept result.
    full : str or None
        ``holds`` or ``fails`` over a kept run in full mode; None without one that tells.
    full_value : dict or None
        The record that the claim shows, from that run.
    full_values : dict
        All records that the expression names and that run has.
    mode : str
        Of the run as is; in full mode the claim is held to its verdict there, if it has one.
    """

    claim: Claim
    value: Mapping[str, Any]
    null_value: Mapping[str, Any]
    true: bool
    null_true: bool
    values: Mapping[str, Mapping[str, Any]]
    null_values: Mapping[str, Mapping[str, Any]]
    kept: str | None = None
    full: str | None = None
    full_value: Mapping[str, Any] | None = None
    full_values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mode: str = "fast"

    @property
    def declared(self) -> str:
        """The ledger's verdict on a run of this mode: ``holds`` or ``fails``."""
        return (self.claim.full if self.mode == "full" else None) or self.claim.verdict

    @property
    def full_is_otherwise(self) -> bool:
        """Whether the kept full run contradicts what the ledger says of it."""
        return self.full != self.claim.full

    @property
    def broken(self) -> str | None:
        """What contradicts a declared verdict; None if nothing does."""
        if self.full_is_otherwise:
            found = f"{self.full} in" if self.full else "is not told by"
            declared = repr(self.claim.full) if self.claim.full else "nothing"
            return f"{found} the kept full run and the ledger has {declared} (field 'full')"
        if self.declared == "fails":
            return "is declared to fail but is true" if self.true else None
        if not self.true:
            return "is false"
        return "is true in the null run too, where it must be false" if self.null_true else None

    @property
    def status(self) -> str:
        """``holds``, ``fails`` (as declared) or ``broken``."""
        return "broken" if self.broken else self.declared


def judge(
    claims: Sequence[Claim],
    runs: Iterable[Run],
    full: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Outcome]:
    """How did each claim go, in the run as is and in the null run of its notebook?

    Parameters
    ----------
    claims : sequence of Claim
        The whole ledger.
    runs : iterable of Run
        Both runs of each notebook; claims of other notebooks are left out.
    full : dict, optional
        By notebook what its kept runs in full mode recorded.

    Raises
    ------
    InputError
        If a claim names a value that its notebook does not record, a notebook has no claim, or one
        of its two runs is missing.
    """
    full = full or {}
    pairs: dict[str, dict[bool, Run]] = {}
    for run in runs:
        pairs.setdefault(run.notebook, {})[run.null] = run
    wrong = []
    for notebook, pair in pairs.items():
        mine = [claim for claim in claims if claim.notebook == notebook]
        wrong += _mismatches(notebook, mine, pair)
    if wrong:
        raise InputError("\n".join(wrong))
    return [
        _outcome(claim, pairs[claim.notebook], full.get(claim.notebook, {}))
        for claim in claims
        if claim.notebook in pairs
    ]


def check_notebooks(claims: Iterable[Claim], chapters: Iterable[str]) -> None:
    """Raise InputError if a claim speaks of a notebook that is not there."""
    known = set(chapters)
    wrong = [
        f"book/claims.toml: claim {claim.id}: there is no notebook {claim.notebook!r}"
        for claim in claims
        if claim.notebook not in known
    ]
    if wrong:
        raise InputError("\n".join(wrong))


def require_borne_out(outcomes: Iterable[Outcome]) -> None:
    """Raise ClaimsBroken if any claim went otherwise than the ledger declares."""
    broken = [describe(outcome) for outcome in outcomes if outcome.broken]
    if broken:
        raise ClaimsBroken("\n".join(broken))


def describe(outcome: Outcome) -> str:
    """One line: the claim, its expression, the values that decided, and what is wrong."""
    claim = outcome.claim
    said = f"claim {claim.id} of {claim.notebook} {outcome.broken}: `{claim.expression}` with "
    if outcome.full_is_otherwise:
        return said + (_listed(outcome.full_values) or "no value of that run")
    return f"{said}{_listed(outcome.values)}; in the null run {_listed(outcome.null_values)}"


def _outcome(claim: Claim, pair: Mapping[bool, Run], full: Mapping[str, Any]) -> Outcome:
    as_is, null = pair[False], pair[True]
    used = sorted(names(claim.expression))
    return Outcome(
        claim=claim,
        value=as_is.records.values[claim.shows],
        null_value=null.records.values[claim.shows],
        true=claim.holds(as_is.records.values),
        null_true=claim.holds(null.records.values),
        values={name: as_is.records.values[name] for name in used},
        null_values={name: null.records.values[name] for name in used},
        kept=_kept_date(claim, as_is),
        full=claim.full_verdict(full),
        full_value=full.get(claim.shows),
        full_values={name: full[name] for name in used if name in full},
        mode=as_is.parameters["mode"],
    )


def _kept_date(claim: Claim, run: Run) -> str | None:
    for real in run.records.real:
        if real["dataset"] == claim.data and real["source"] == "kept":
            return str(real["provenance"].get("date", "an unknown date"))
    return None


def _mismatches(notebook: str, claims: Sequence[Claim], pair: Mapping[bool, Run]) -> list[str]:
    """What does not fit between the ledger and what a notebook records."""
    if set(pair) != {False, True}:
        missing = "null run" if False in pair else "run as is"
        return [f"notebook {notebook}: its {missing} is missing"]
    if not claims:
        return [f"notebook {notebook} has no claim: add one to book/claims.toml"]
    wrong: list[str] = []
    for claim in claims:
        for run in pair.values():
            absent = sorted(claim.wants - set(run.records.values))
            if absent:
                recorded = ", ".join(sorted(run.records.values)) or "nothing"
                wrong.append(
                    f"claim {claim.id}: {run.title} does not record {', '.join(absent)}; "
                    f"it records {recorded}"
                )
    return wrong


def _listed(values: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(f"{name} = {recorded(record)}" for name, record in values.items())
