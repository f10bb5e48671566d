"""The command ``mmnotes``: notebooks, the book, claims, data, training, and what it all costs.

Exit codes: 0 all is well; 1 something that was checked is wrong; 2 the command was misused.
"""

import argparse
import sys
from collections.abc import Sequence

from mmnotes import __version__
from mmnotes.cli import bench, book, data, train
from mmnotes.cli.common import FAILED, MISUSED
from mmnotes.errors import InputError


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mmnotes", description="Notes on multimodal recommendation: run, check and build them."
    )
    parser.add_argument("--version", action="version", version=f"mmnotes {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")
    for room in (book, data, train, bench):
        room.add_commands(commands)
    return parser


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
