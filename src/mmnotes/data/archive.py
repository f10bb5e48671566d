"""Zip files that are read member by member."""

import os
import zipfile
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
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            f"{path}: not a whole zip file ({error}); it may be truncated: fetch it again"
        ) from None


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
