"""Raw files as streams of plain bytes, whatever they are compressed with."""

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mmnotes.errors import InputError

# Reviews and metadata grow some 5 to 10 times when unpacked; gzip can reach 1,032 times, bzip2 far
# more. What has grown more than this, and is no longer small, is a bomb.
MAX_RATIO = 200
_SMALL = 64 * 2**20
_OPEN: dict[bytes, Any] = {b"\x1f\x8b\x08": gzip.open, b"BZh": bz2.open}


@contextmanager
def opened(file: Path) -> Iterator["Checked"]:
    """A file's bytes, decompressed as they are read; gzip and bzip2 are known by their first bytes.

    A bar shows at a terminal if reading takes longer than five seconds.

    Raises
    ------
    InputError
        If there is no such file; or, while reading, if it is truncated, broken, or grows more than
        MAX_RATIO times.
    """
    try:
        raw = file.open("rb")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    with raw, _bar(file) as bar, Checked(raw, file, bar) as stream:
        yield stream


def _bar(file: Path) -> tqdm:
    size = file.stat().st_size
    return tqdm(
        None, f"reading {file.name}", size, delay=5, leave=False, disable=None, unit="B",
        unit_scale=True,
    )  # fmt: skip


class Checked(io.BufferedIOBase):
    """What is read from a file, decompressed, with errors that name it."""

    def __init__(self, raw: io.BufferedReader, file: Path, bar: tqdm) -> None:
        self._raw, self._file, self._bar = raw, file, bar
        magic = raw.read(3)
        raw.seek(0)
        self._plain: io.BufferedIOBase = _OPEN[magic](raw) if magic in _OPEN else raw
        self._n = 0

    def readable(self) -> bool:
        """Say that it can be read, as a TextIOWrapper wants to know."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes, fewer only at the end."""
        try:
            data = self._plain.read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(
                f"{self._file}: not a whole file ({error}); it may be truncated: fetch it again"
            ) from None
        self._n += len(data)
        taken = self._raw.tell()
        if self._n > _SMALL + MAX_RATIO * taken:
            raise InputError(
                f"{self._file}: {taken} bytes grow to more than {self._n}, which no such file "
                "does: a decompression bomb; do not use it"
            )
        self._bar.update(taken - self._bar.n)
        return data

    read1 = read  # what a TextIOWrapper asks for
