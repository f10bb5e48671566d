"""The command ``mmnotes``: run notebooks, build the book, list claims, check notebooks, list data.

Exit codes: 0 all is well; 1 something that was checked is wrong; 2 the command was misused.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mmnotes import __version__
from mmnotes.errors import InputError

if TYPE_CHECKING:
    from mmnotes.book.checkout import Checkout
    from mmnotes.book.runner import Plan
    from mmnotes.book.runs import Run

OK, FAILED, MISUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        return given.command(given)
    except KeyboardInterrupt:
        print("\nmmnotes: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        said = str(error)
        between = "\n" if "\n" in said else " "
        print(f"mmnotes {given.name}:{between}{said}", file=sys.stderr)
        return code


def run_notebooks(given: argparse.Namespace) -> int:
    """``mmnotes run``: execute notebooks, alone, without building the book."""
    from mmnotes.book.runner import run
    from mmnotes.book.summary import as_json

    checkout = _checkout()
    runs = run(checkout, checkout.select(given.notebooks), _plan(given), nulls=(given.null,))
    if given.keep:
        _keep(checkout, runs)
    if given.json:
        _write_json([as_json(done, checkout) for done in runs], given.json)
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
        _write_json([as_json(outcome) for outcome in judged], "-")
    else:
        for outcome in judged:
            claim = outcome.claim
            print(f"{claim.id}  {outcome.status}  ({claim.data})\n  {claim.sentence}")
            print(
                f"  {claim.shows} = {recorded(outcome.value)}; null {recorded(outcome.null_value)}"
            )
            print(f"  {claim.expression}: {outcome.true}; null {outcome.null_true}")
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


def list_data(given: argparse.Namespace) -> int:
    """``mmnotes data list``: which datasets can be read, and which are at hand?"""
    from mmnotes.data import listing

    for known in listing():
        found = "at hand" if known.at_hand else "not at hand, looked for"
        print(f"{known.name}  {known.n_rows:,} rows, {known.about}\n  {found}: {known.path}")
        print(f"  licence: {known.licence}\n  cite: {known.citation}")
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mmnotes", description="Notes on multimodal recommendation: run, check and build them."
    )
    parser.add_argument("--version", action="version", version=f"mmnotes {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    run = _command(commands, "run", run_notebooks, "execute notebooks into build/executed")
    run.add_argument("notebooks", nargs="*", metavar="NAME", help="03, fusion or 03_fusion; or all")
    run.add_argument("--null", action="store_true", help="with the effect switched off")
    run.add_argument("--json", metavar="FILE", help="write what was recorded; - for the terminal")
    run.add_argument(
        "--keep",
        action="store_true",
        help="keep what real data gave in book/results, and lead figures in book/images",
    )
    run.add_argument(
        "-p", dest="changed", action="append", type=_assignment, default=[], metavar="NAME=VALUE",
        help="another parameter: -p n_seeds=10 -p device=cpu",
    )  # fmt: skip
    _run_options(run)

    build = _command(commands, "build", build_book, "build the book into build/html")
    _run_options(build)

    claims = _command(commands, "claims", list_claims, "list the claims and how they went")
    claims.add_argument("--json", action="store_true", help="as JSON")
    _run_options(claims)

    lint = _command(commands, "lint", lint_notebooks, "check the notebooks without running them")
    lint.add_argument("notebooks", nargs="*", metavar="FILE", help="notebooks; or all")
    lint.add_argument("--colab-cell", action="store_true", help="print the Colab cell, and stop")

    data = commands.add_parser("data", help="datasets")
    kinds = data.add_subparsers(dest="kind", required=True, metavar="COMMAND")
    _command(kinds, "list", list_data, "list the datasets that can be read")
    return parser


def _command(commands: Any, name: str, function: Any, about: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=function.__doc__)
    parser.set_defaults(command=function)
    return parser


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


def _code(error: Exception) -> int | None:
    """The exit code for an error that has a message for the reader; None for a fault of ours."""
    from mmnotes.book.checkout import UnknownNotebook
    from mmnotes.book.failure import NotebookFailed
    from mmnotes.book.ledger import ClaimsBroken
    from mmnotes.book.sphinx import SphinxFailed

    if isinstance(error, UnknownNotebook):
        return MISUSED
    expected = (InputError, NotebookFailed, ClaimsBroken, SphinxFailed)
    return FAILED if isinstance(error, expected) else None


def _keep(checkout: "Checkout", runs: Sequence["Run"]) -> None:
    from mmnotes.book.keeping import keep, keep_figures

    for path in [*keep(checkout, runs), *keep_figures(checkout, runs)]:
        print(f"kept: {checkout.show(path)}", file=sys.stderr)


def _write_json(document: Any, where: str) -> None:
    from pathlib import Path

    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        Path(where).write_text(text, encoding="utf-8")
