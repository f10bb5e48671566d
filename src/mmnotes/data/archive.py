"""Zip files that are read member by member."""

import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

from mmnotes.errors import InputError


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip file for reading.

    Raises
    ------
    InputError
        If there is no such file, or it is truncated or no zip.
    """
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    # ValueError: names that are no text. NotImplementedError: a version of zip to come.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"{path}: not a whole zip file ({error}); it may be truncated: fetch it again"
        ) from None


def read_member(path: Path, name: str, most: int) -> bytes:
    """The content of a member of a zip file, of ``most`` bytes at most.

    Raises
    ------
    InputError
        If there is no such file or member, it is truncated or broken, or larger than ``most``,
        whatever size the file claims for it.
    """
    with open_zip(path) as archive:
        try:
            with archive.open(name) as stream:
                # Asked for all at once, zipfile would inflate all before it looks at the size.
                content = stream.read(most + 1)
        except KeyError:
            raise InputError(f"{path}: has no member {name!r}; fetch it again") from None
        # RuntimeError: it is encrypted. NotImplementedError: packed in some other way.
        except (
            *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
            *(RuntimeError, NotImplementedError),
        ) as error:
            raise InputError(f"{path}: {name} cannot be read ({error}); fetch it again") from None
    if len(content) > most:
        raise InputError(f"{path}: {name} is larger than {most} bytes: do not use it")
    return content


class Archive:
    """An open zip file that survives pickling and forks: each process opens its own."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._handles = {os.getpid(): open_zip(path)}

    def opened(self) -> zipfile.ZipFile:
        """Return this process's own handle."""
        # A forked child must not share the file position of its parent.
        handle = self._handles.get(os.getpid())
        return handle or self._handles.setdefault(os.getpid(), open_zip(self._path))

    def __getstate__(self) -> dict[str, Any]:
        return {"_path": self._path, "_handles": {}}
