"""One process at a time in a folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mmnotes.errors import InputError

Say = Callable[[str], object]


def silent(line: str) -> None:
    """Say nothing."""


@contextmanager
def alone(folder: Path, say: Say = silent) -> Iterator[None]:
    """Make this folder, and keep other processes waiting until the block ends.

    The operating system lets go of it if the process dies, however it dies.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            say(f"another process is at work in {folder}: waiting for it")
            lock.acquire()
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}); name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
