"""``mmnotes data``."""

import argparse
from typing import Any

from mmnotes.cli.common import OK, command


def add_commands(commands: Any) -> None:
    """Add them to the command line."""
    data = commands.add_parser("data", help="datasets")
    kinds = data.add_subparsers(dest="kind", required=True, metavar="COMMAND")
    command(kinds, "list", list_data, "list the datasets that can be read")


def list_data(given: argparse.Namespace) -> int:
    """``mmnotes data list``: which datasets can be read, and which are at hand?"""
    from mmnotes.data import listing

    for known in listing():
        found = "at hand" if known.at_hand else "not at hand, looked for"
        print(f"{known.name}  {known.n_rows:,} rows, {known.about}\n  {found}: {known.path}")
        print(f"  licence: {known.licence}\n  cite: {known.citation}")
    return OK
