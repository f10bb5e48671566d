"""Does a notebook keep the rules of the book? Those of its source, and those of its run."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from mmnotes.book import rules, style_rules
from mmnotes.book.checkout import Checkout
from mmnotes.book.colab import install_cell, repository_url
from mmnotes.book.extras import need
from mmnotes.book.finding import Finding, LintFailed
from mmnotes.book.markup import images_without_alt
from mmnotes.report.claims import read_ledger

RULES: tuple[Callable[[rules.Sheet], rules.Broken], ...] = (
    rules.kernel,
    rules.stripped,
    rules.known_tags,
    rules.size,
    rules.parameters,
    rules.opening,
    rules.anatomy,
    rules.ending,
    rules.takeaway,
    rules.solutions,
    style_rules.syntax,
    style_rules.no_myst,
    style_rules.no_typed_numbers,
    style_rules.alt_text,
)


def lint(checkout: Checkout, notebooks: Sequence[Path]) -> list[Finding]:
    """What is wrong with these notebooks, before any of them runs?

    Raises
    ------
    InputError
        If the ledger or the configuration cannot be read.
    """
    sentences: dict[str, str] = {}
    for claim in read_ledger(checkout.ledger):
        sentences.setdefault(claim.notebook, " ".join(claim.sentence.split()))
    colab = install_cell(repository_url(checkout))
    findings = []
    for path in notebooks:
        findings += _lint_one(path, checkout.show(path), sentences.get(path.stem), colab)
    return findings


def require_clean(findings: Iterable[Finding]) -> None:
    """Raise LintFailed if there is any finding."""
    found = list(findings)
    if found:
        raise LintFailed(found)


def lint_executed(path: Path, shown: str) -> list[Finding]:
    """What is wrong with what an executed notebook shows?

    A picture that did not come from ``page.show`` has no alt text; the inline backend puts one
    there when a figure is left open.
    """
    findings = []
    nb = need("nbformat").read(path, as_version=4)
    number = 0
    for cell in nb.cells:
        number += "injected-parameters" not in rules.tags(cell)
        for output in cell.get("outputs", []):
            for what, remedy in _wrong_in_output(output):
                findings.append(Finding(shown, number, what, remedy))
    return findings


def _lint_one(path: Path, shown: str, claim: str | None, colab: str) -> list[Finding]:
    nbformat = need("nbformat")
    try:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
    except FileNotFoundError:
        return [Finding(shown, 0, "no such file", "correct the name")]
    except Exception as error:  # not JSON, or not a notebook: nbformat raises many kinds
        why = str(error).strip().splitlines() or ["no message"]
        return [Finding(shown, 0, f"not a notebook of format 4: {why[0]}", "save it anew")]
    sheet = rules.Sheet(nb, claim, colab)
    findings = [Finding(shown, *broken) for rule in RULES for broken in rule(sheet)]
    return sorted(findings, key=lambda finding: finding.cell)


def _wrong_in_output(output: Any) -> list[tuple[str, str]]:
    wrong = []
    data = output.get("data", {})
    pictures = [mime for mime in data if mime.startswith("image/")]
    if pictures:
        what = f"a picture without alt text ({pictures[0]})"
        wrong.append((what, "show figures with page.show(figure, title=…, alt=…)"))
    for address in images_without_alt("".join(data.get("text/html", ""))):
        what = f"a picture without alt text ({address})"
        wrong.append((what, "give each <img> an alt that says what it shows"))
    if output.get("output_type") == "error":
        wrong.append((f"an error: {output.get('ename')}", "mend the cell"))
    return wrong
