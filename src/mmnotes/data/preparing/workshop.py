"""A folder that appears whole or not at all, however the process ends."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from filelock import FileLock, Timeout

from mmnotes.data.record import FILE
from mmnotes.errors import InputError

_LOCK = "lock"
_OLD = "old"


@contextmanager
def workshop(out: Path) -> Iterator[Path]:
    """An empty folder beside ``out``, on the same disk; it is removed when the block ends.

    If the process is killed, it stays behind. A lock in it, which the operating system opens when
    the process dies, tells the next run that it is a leftover, and it is removed then.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{out.name}.preparing-"
    for leftover in out.parent.glob(f"{escape(prefix)}*"):
        _remove(leftover, out)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=out.parent))
    try:
        with FileLock(folder / _LOCK):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_existing(out: Path, force: bool) -> None:
    """Raise an InputError if something is at ``out`` that may not be replaced.

    Replaced is, if ``force``, a prepared dataset and nothing else: a slip in a path should not
    cost anyone their files.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / FILE).is_file():
        raise InputError(f"{out} is there and is no prepared dataset: name another folder")
    if not force:
        raise InputError(f"{out} is there: name another folder, or replace it with --force")


def put(new: Path, out: Path, shop: Path, force: bool) -> None:
    """Give ``new`` the name ``out``; what was there leaves only when the new one can follow.

    Raises
    ------
    InputError
        As ``refuse_existing``: another process may have been faster.
    """
    refuse_existing(out, force)
    old = shop / _OLD
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise


def _remove(leftover: Path, out: Path) -> None:
    try:
        with FileLock(leftover / _LOCK, timeout=0):
            # Killed between the two renames of `put`: the only copy is in there.
            if (leftover / _OLD).is_dir() and not out.exists():
                (leftover / _OLD).rename(out)
            shutil.rmtree(leftover, ignore_errors=True)
    except Timeout:
        pass  # at work
