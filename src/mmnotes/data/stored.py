"""Pictures in files: a zip that is never unpacked, or a folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mmnotes.data.archive import Archive
from mmnotes.data.decode import MAX_BYTES, Oversized, open_picture
from mmnotes.data.images import Images
from mmnotes.errors import InputError


class ZipImages(Images):
    """Pictures in a zip file, read without unpacking it.

    Parameters
    ----------
    path : path
        The zip file.
    names : sequence of str or None, (n,)
        The member of every item; None or empty where the item has no picture.

    Raises
    ------
    InputError
        If there is no such file, or it is truncated or no zip.
    """

    def __init__(self, path: str | Path, names: Sequence[str | None]) -> None:
        super().__init__(_as_names(names))
        self.path = Path(path)
        self._archive = Archive(self.path)

    def _open(self, key: str) -> Image.Image | None:
        if not key:
            return None
        archive = self._archive.opened()
        try:
            member = archive.getinfo(key)
        except KeyError:
            raise FileNotFoundError(key) from None
        if member.file_size > MAX_BYTES:
            raise Oversized
        return open_picture(archive.read(member))


class FolderImages(Images):
    """Pictures in a folder.

    Parameters
    ----------
    path : path
        The folder.
    names : sequence of str or None, (n,)
        The file of every item, relative to the folder; None or empty where the item has none.

    Raises
    ------
    InputError
        If there is no such folder, or a name leads out of it.
    """

    def __init__(self, path: str | Path, names: Sequence[str | None]) -> None:
        super().__init__(_as_names(names))
        self.path = Path(path).absolute()
        if not self.path.is_dir():
            raise InputError(f"{self.path}: no such folder of pictures; check the path")
        for row, name in enumerate(self._keys):
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise InputError(
                    f"picture {name!r} of row {row} leads out of {self.path}: "
                    "give names relative to the folder"
                )

    def _open(self, key: str) -> Image.Image | None:
        if not key:
            return None
        file = self.path / key
        if file.stat().st_size > MAX_BYTES:
            raise Oversized
        return open_picture(file.read_bytes())


def _as_names(names: Sequence[str | None]) -> np.ndarray:
    """Names as an array of str, empty where there is none; NaN, as pandas has it, is none too."""
    return np.array([name if isinstance(name, str) else "" for name in names], dtype=object)
