"""``mmnotes bench``."""

import argparse
from dataclasses import asdict
from typing import Any

from mmnotes.bench.groups import GROUPS, modules_of
from mmnotes.cli.common import FAILED, OK, command, write_json
from mmnotes.errors import InputError


def add_commands(commands: Any) -> None:
    """Add it to the command line."""
    parser = command(commands, "bench", bench_groups, "time the library beside its peers")
    add = parser.add_argument
    add("groups", nargs="*", type=_group, metavar="GROUP", help=f"{', '.join(GROUPS)}; or all")
    add("--json", metavar="FILE", help="write the rows; - for the terminal")
    add("--quick", action="store_true", help="smaller works, each run once")


def bench_groups(given: argparse.Namespace) -> int:
    """``mmnotes bench``: what does each work cost, ours beside every installed peer?"""
    from mmnotes.bench import as_text, bench
    from mmnotes.bench.works import OURS

    rows = bench(given.groups, given.quick)
    if given.json:
        write_json([asdict(row) for row in rows], given.json)
    if given.json != "-":
        print(as_text(rows))
    ours = [row for row in rows if row.implementation == OURS]
    return OK if all(row.seconds is not None for row in ours) else FAILED


def _group(text: str) -> str:
    try:
        modules_of([text])
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
