"""The whole way: lint, run as is and without the effect, judge the claims, stage, render."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmnotes.book.checkout import Checkout
from mmnotes.book.ledger import Outcome, check_notebooks, judge, require_borne_out
from mmnotes.book.lint import lint, lint_executed, require_clean
from mmnotes.book.published import figures_of, read_rows
from mmnotes.book.runner import Plan, run
from mmnotes.book.runs import Run
from mmnotes.book.sphinx import discard, render
from mmnotes.book.staging import stage
from mmnotes.book.words import count
from mmnotes.report.claims import read_ledger
from mmnotes.report.results import recorded_in_full

Say = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """A finished book: its first page, the runs behind it, and how the claims went."""

    index: Path
    runs: list[Run]
    outcomes: list[Outcome]


def build(checkout: Checkout, plan: Plan, say: Say = print) -> Built:
    """Build the book.

    Parameters
    ----------
    plan : Plan
        How to run the notebooks.
    say : callable
        Is told each step as it begins.

    Raises
    ------
    LintFailed, InputError, NotebookFailed, ClaimsBroken, SphinxFailed
        Whatever the reason, no page is left, not even those of an earlier build: a reader must not
        take an old page for what the notebooks say now.
    """
    try:
        return _build(checkout, plan, say)
    except BaseException:
        discard(checkout)
        raise


def both_runs(checkout: Checkout, notebooks: Sequence[Path], plan: Plan) -> list[Run]:
    """Each notebook as is, and with its effect switched off."""
    return run(checkout, notebooks, plan, nulls=(False, True))


def outcomes(checkout: Checkout, runs: Sequence[Run]) -> list[Outcome]:
    """How the claims of these notebooks went."""
    claims = read_ledger(checkout.ledger)
    check_notebooks(claims, [path.stem for path in checkout.chapters()])
    notebooks = {claim.notebook for claim in claims}
    full = {name: recorded_in_full(name, checkout.results) for name in sorted(notebooks)}
    return judge(claims, runs, full)


def _build(checkout: Checkout, plan: Plan, say: Say) -> Built:
    chapters, figures = checkout.chapters(), []
    with _step(say, f"lint: {count(len(chapters), 'notebook')}"):
        require_clean(lint(checkout, chapters))
        if checkout.published_rows.is_file():
            figures = figures_of(read_rows(checkout.published_rows), checkout.results)
    with _step(say, "run: each notebook as is, and with its effect switched off"):
        runs = both_runs(checkout, chapters, plan)
    with _step(say, "claims: true as is, false in the null run"):
        judged = outcomes(checkout, runs)
        require_borne_out(judged)
        require_clean(finding for done in runs for finding in lint_executed(done.path, done.shown))
    with _step(say, "render: Sphinx, warnings are errors"):
        for folder in (checkout.staged, checkout.generated):
            shutil.rmtree(folder, ignore_errors=True)
        stage(checkout, runs, judged, figures)
        index = render(checkout)
    return Built(index, runs, judged)


@contextmanager
def _step(say: Say, what: str) -> Iterator[None]:
    began = time.perf_counter()
    say(f"{what} …")
    yield
    say(f"  done in {time.perf_counter() - began:.1f} s")
