"""``mmnotes data prepare``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmnotes.cli.common import OK, command
from mmnotes.data.options import FILE_FORMATS, FOLDER_FORMATS, MEMORY, Options

if TYPE_CHECKING:
    from mmnotes.data.preparing.prepare import RawFolder
    from mmnotes.data.preparing.reviews import RawFiles
    from mmnotes.data.record import Record

_OPTIONS = ("k_core", "split", "seed", "max_bad", "memory", "threads")


def add_commands(kinds: Any) -> None:
    """Add it to the commands of ``mmnotes data``."""
    prepare = command(kinds, "prepare", prepare_data, "turn raw files into a dataset folder")
    prepare.set_defaults(refuse=prepare.error)
    add = prepare.add_argument
    add("dataset", nargs="?", metavar="NAME", help="a dataset whose raw files were fetched")
    add("--format", choices=(*FILE_FORMATS, *FOLDER_FORMATS), help="of files of your own")
    add("--reviews", type=Path, metavar="FILE", help=f"with --format {', '.join(FILE_FORMATS)}")
    add("--meta", type=Path, metavar="FILE", help="metadata of the items")
    add("--images", type=Path, metavar="FILE", help="image vectors, image_features_*.b")
    add("--folder", type=Path, metavar="DIR", help=f"with --format {', '.join(FOLDER_FORMATS)}")
    add("--out", type=Path, metavar="DIR", help="the dataset folder to be")
    add("--column", action="append", default=[], type=_column, metavar="FIELD=COLUMN",
        help="of a table, as user=customer_id; once for each")  # fmt: skip
    add("--k-core", type=int, metavar="K", help="keep users and items with K interactions each")
    add("--split", metavar="HOW", help="random, leave-last-out, global-time, …")
    add("--seed", type=int, metavar="N", help="of the split; default: 0")
    add("--max-bad", type=int, metavar="N", help="malformed rows to drop; default: 0")
    add("--memory", type=int, metavar="MIB", help=f"before sorting goes to disk; default: {MEMORY}")
    add("--threads", type=int, metavar="N", help="default: as many as there are")
    add("--force", action="store_true", help="replace the dataset that is there")


def prepare_data(given: argparse.Namespace) -> int:
    """``mmnotes data prepare``: a dataset folder from raw files, whole or not at all."""
    from mmnotes.data import data_folder
    from mmnotes.data.preparing.prepare import prepare, prepare_known

    _check(given)
    options = {name: getattr(given, name) for name in _OPTIONS}
    changes = {name: value for name, value in options.items() if value is not None}
    if given.dataset:
        record = prepare_known(given.dataset, changes=changes, force=given.force)
        tell(record, data_folder() / given.dataset)
    else:
        record = prepare(given.out, _raw(given), Options(**changes), force=given.force)
        tell(record, given.out)
    return OK


def tell(record: "Record", out: Path) -> None:
    """Print what was read, what was dropped and why, and what was kept."""
    kept = {Path(stored.name).stem for stored in record.files}
    print(f"{record.name}: read")
    for what, n in record.counts.items():
        if what not in kept:
            print(f"  {n:>13,} {what}")
    print("dropped" if record.dropped else "dropped nothing")
    for drop in record.dropped:
        print(f"  {drop.n:>13,} {drop.why}; the first: {drop.first}")
    print("kept")
    for stored in record.files:
        rows = "" if stored.rows is None else f"{stored.rows:,}"
        print(f"  {rows:>13} {stored.name}")
    print(f"in {out}")


def _check(given: argparse.Namespace) -> None:
    """End the program, as argparse does, if the arguments do not belong together."""
    own = {"--reviews": given.reviews, "--meta": given.meta, "--images": given.images}
    own |= {"--folder": given.folder, "--column": given.column or None}
    if given.dataset:
        needless = {"--format": given.format, "--out": given.out, **own}
        needed: dict[str, Any] = {}
    elif given.format in FILE_FORMATS:
        needless = {"--folder": given.folder}
        needless |= {"--column": own["--column"]} if given.format != "table" else {}
        needless |= {"--images": given.images} if given.format != "amazon-2014" else {}
        needed = {"--reviews": given.reviews, "--out": given.out}
    elif given.format in FOLDER_FORMATS:
        needless = {name: value for name, value in own.items() if name != "--folder"}
        needed = {"--folder": given.folder, "--out": given.out}
    else:
        given.refuse("give the NAME of a dataset, or the --format of files of your own")
    for name, value in needless.items():
        if value is not None:
            given.refuse(f"{name} does not go with {given.dataset or f'--format {given.format}'}")
    for name, value in needed.items():
        if value is None:
            given.refuse(f"--format {given.format} needs {name}")


def _raw(given: argparse.Namespace) -> "RawFiles | RawFolder":
    from mmnotes.data.preparing.prepare import RawFolder
    from mmnotes.data.preparing.reviews import RawFiles

    if given.format in FOLDER_FORMATS:
        return RawFolder(given.format, given.folder)
    return RawFiles(given.format, given.reviews, given.meta, given.images, dict(given.column))


def _column(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not (field and equals and column):
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=COLUMN, as user=customer_id")
    return field, column
