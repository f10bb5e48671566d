"""What a lint found: where, what, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from mmnotes.errors import InputError


@dataclass(frozen=True)
class Finding:
    """One broken rule. ``cell`` counts from 1 over all cells; 0 means the file as a whole."""

    file: str
    cell: int
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}: cell {self.cell}" if self.cell else self.file
        return f"{where}: {self.what}; {self.remedy}"


class LintFailed(InputError):
    """Notebooks break the rules; the message has one line a finding."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = list(findings)
        super().__init__("\n".join(map(str, self.findings)))
