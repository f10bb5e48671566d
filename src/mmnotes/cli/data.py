"""``mmnotes data``."""

import argparse
from collections.abc import Mapping
from typing import Any

from mmnotes.cli import fetch, prepare
from mmnotes.cli.common import FAILED, OK, command, write_json


def add_commands(commands: Any) -> None:
    """Add them to the command line."""
    data = commands.add_parser("data", help="datasets")
    kinds = data.add_subparsers(dest="kind", required=True, metavar="COMMAND")
    command(kinds, "list", list_data, "list the datasets that can be read")
    fetch.add_commands(kinds)
    prepare.add_commands(kinds)
    check = command(kinds, "verify", verify_data, "compare a dataset folder with its checksums")
    check.add_argument("dataset", metavar="NAME|DIR")
    about = command(kinds, "describe", describe_data, "say what is in a dataset")
    about.add_argument("dataset", metavar="NAME|DIR")
    about.add_argument("--json", metavar="FILE", help="write it there; - for the terminal")


def list_data(given: argparse.Namespace) -> int:
    """``mmnotes data list``: which datasets can be read, and which are at hand?"""
    from mmnotes.data import available, data_folder, listing

    registry = listing()
    for known in registry:
        found = "at hand" if known.at_hand else "not at hand, looked for"
        print(f"{known.name}  {known.about}\n  {found}: {known.path}")
        if known.fetchable and not known.at_hand:
            print(f"  to fetch it: mmnotes data fetch {known.name}")
        print(f"  {known.n_rows:,} rows: {known.counted}")
        print(f"  licence: {known.licence}\n  cite: {known.citation}")
        if known.doubt:
            print(f"  in doubt: {known.doubt}")
    for name in sorted(set(available()) - {known.name for known in registry}):
        print(f"{name}  your own\n  at hand: {data_folder() / name}")
    return OK


def verify_data(given: argparse.Namespace) -> int:
    """``mmnotes data verify``: are the files those that were prepared, and can they be read?"""
    from mmnotes.data.prepared import dataset_folder
    from mmnotes.data.verify import verify

    folder = dataset_folder(given.dataset)
    found = verify(folder)
    for fault in found.faults:
        print(f"fault: {fault}")
    if found.faults:
        print(f"{folder}: {len(found.faults)} faults; prepare it again, or bring the whole folder")
        return FAILED
    print(f"{folder}: can be read")
    if found.same:
        print(f"as they were written: {', '.join(found.same)}")
    if found.unknown:
        print(f"no checksum is recorded of {', '.join(found.unknown)}")
    return OK


def describe_data(given: argparse.Namespace) -> int:
    """``mmnotes data describe``: what is in a dataset, in numbers?"""
    from mmnotes.data import load
    from mmnotes.data.describe import describe
    from mmnotes.data.record import read_record

    data = load(given.dataset)
    found = describe(data, read_record(data.path))
    if given.json:
        write_json(found, given.json)
    else:
        _show(found)
    return OK


def _show(found: Mapping[str, Any], depth: int = 0) -> None:
    """Print nested names and values, the deeper the further in."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            print(f"{'  ' * depth}{name}")
            _show(value, depth + 1)
        else:
            shown = f"{value:,}" if isinstance(value, int) else value
            shown = f"{value:.6g}" if isinstance(value, float) else shown
            print(f"{'  ' * depth}{name}: {shown}")
