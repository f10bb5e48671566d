"""Commands around the notebooks: ``mmnotes run``, ``build``, ``claims`` and ``lint``."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mmnotes.cli.common import OK, command, write_json
from mmnotes.errors import InputError

if TYPE_CHECKING:
    from mmnotes.book.checkout import Checkout
    from mmnotes.book.runner import Plan
    from mmnotes.book.runs import Run


def add_commands(commands: Any) -> None:
    """Add them to the command line."""
    run = command(commands, "run", run_notebooks, "execute notebooks into build/executed")
    run.add_argument("notebooks", nargs="*", metavar="NAME", help="03, fusion or 03_fusion; or all")
    run.add_argument("--null", action="store_true", help="with the effect switched off")
    run.add_argument("--json", metavar="FILE", help="write what was recorded; - for the terminal")
    run.add_argument(
        "--keep",
        action="store_true",
        help="keep what real data gave in book/results, and in fast mode lead figures in "
        "book/images",
    )
    run.add_argument(
        "-p", dest="changed", action="append", type=_assignment, default=[], metavar="NAME=VALUE",
        help="another parameter: -p n_seeds=10 -p device=cpu",
    )  # fmt: skip
    _run_options(run)

    build = command(commands, "build", build_book, "build the book into build/html")
    _run_options(build)

    claims = command(commands, "claims", list_claims, "list the claims and how they went")
    claims.add_argument("--json", action="store_true", help="as JSON")
    _run_options(claims)

    lint = command(commands, "lint", lint_notebooks, "check the notebooks without running them")
    lint.add_argument("notebooks", nargs="*", metavar="FILE", help="notebooks; or all")
    lint.add_argument("--colab-cell", action="store_true", help="print the Colab cell, and stop")


def run_notebooks(given: argparse.Namespace) -> int:
    """``mmnotes run``: execute notebooks, alone, without building the book."""
    from mmnotes.book.keeping import require_own_seeds
    from mmnotes.book.runner import run
    from mmnotes.book.summary import as_json

    checkout, plan = _checkout(), _plan(given)
    if given.keep:
        require_own_seeds(plan.changed)
    runs = run(checkout, checkout.select(given.notebooks), plan, nulls=(given.null,))
    if given.keep:
        _keep(checkout, runs)
    if given.json:
        write_json([as_json(done, checkout) for done in runs], given.json)
    if given.json != "-":
        for done in runs:
            how = "at hand already, ran in" if done.reused else "ran in"
            print(f"{done.title}: {how} {done.seconds:.1f} s: {checkout.show(done.path)}")
    return OK


def build_book(given: argparse.Namespace) -> int:
    """``mmnotes build``: lint, run everything twice, judge the claims, render."""
    from mmnotes.book.pipeline import build
    from mmnotes.book.summary import times

    checkout = _checkout()
    built = build(checkout, _plan(given), say=lambda line: print(line, flush=True))
    print(times(built.runs))
    print(f"the book: {checkout.show(built.index)}")
    return OK


def list_claims(given: argparse.Namespace) -> int:
    """``mmnotes claims``: each claim with its value, null value and status."""
    from mmnotes.book.ledger import require_borne_out
    from mmnotes.book.pipeline import both_runs, outcomes
    from mmnotes.book.scoreboard import as_json
    from mmnotes.book.words import recorded

    checkout = _checkout()
    judged = outcomes(checkout, both_runs(checkout, checkout.chapters(), _plan(given)))
    if given.json:
        write_json([as_json(outcome) for outcome in judged], "-")
    else:
        for outcome in judged:
            claim = outcome.claim
            print(f"{claim.id}  {outcome.status}  ({claim.data})\n  {claim.sentence}")
            print(
                f"  {claim.shows} = {recorded(outcome.value)}; null {recorded(outcome.null_value)}"
            )
            print(f"  {claim.expression}: {outcome.true}; null {outcome.null_true}")
            if outcome.full and outcome.full_value is not None:
                print(f"  kept full run: {outcome.full}, {recorded(outcome.full_value)}")
    require_borne_out(judged)
    return OK


def lint_notebooks(given: argparse.Namespace) -> int:
    """``mmnotes lint``: do the notebooks keep the rules?"""
    from mmnotes.book.colab import install_cell, repository_url
    from mmnotes.book.lint import lint, require_clean
    from mmnotes.book.words import count

    checkout = _checkout()
    if given.colab_cell:
        print(install_cell(repository_url(checkout)))
        return OK
    notebooks = checkout.select(given.notebooks)
    require_clean(lint(checkout, notebooks))
    print(f"nothing to mend in {count(len(notebooks), 'notebook')}")
    return OK


def _run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--mode", choices=("fast", "full"), default="fast", help="default: fast")
    add("--jobs", type=_positive, metavar="N", help="notebooks side by side; default: one a core")
    add("--threads", type=_positive, metavar="N", default=1, help="of each notebook; default: 1")
    add("--fresh", action="store_true", help="run even what is at hand already")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _assignment(text: str) -> tuple[str, Any]:
    """``n_seeds=10`` as a name and a value: JSON if it can be read so, else text."""
    from mmnotes.book.parameters import parameters

    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    if name in ("mode", "null"):
        raise argparse.ArgumentTypeError(f"{name} has an option of its own: --{name}")
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        parsed = value
    try:
        parameters(**{name: parsed})
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, parsed


def _checkout() -> "Checkout":
    from mmnotes.book.checkout import Checkout

    return Checkout.find()


def _plan(given: argparse.Namespace) -> "Plan":
    from mmnotes.book.runner import Plan

    changed = {**dict(getattr(given, "changed", [])), "mode": given.mode}
    return Plan(changed, given.jobs, given.threads, given.fresh)


def _keep(checkout: "Checkout", runs: Sequence["Run"]) -> None:
    from mmnotes.book.keeping import keep, keep_figures

    for path in [*keep(checkout, runs), *keep_figures(checkout, runs)]:
        print(f"kept: {checkout.show(path)}", file=sys.stderr)
