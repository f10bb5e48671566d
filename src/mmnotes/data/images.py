"""Pictures in catalog order, wherever they lie; and those that lie in memory."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from copy import copy
from functools import partial
from operator import index
from typing import Any

import numpy as np
from PIL import Image

from mmnotes.data.decode import (
    Attempt,
    ImageReport,
    Oversized,
    decode_each,
    square,
)
from mmnotes.errors import InputError


class Images(ABC):
    """The pictures of a catalog, one an item, in the order of its rows.

    Immutable, picklable, and nothing is decoded before it is asked for. A picture that is absent,
    corrupt, truncated or too large to decode safely is None, and counts as missing.
    """

    def __init__(self, keys: np.ndarray) -> None:
        self._keys = keys

    @abstractmethod
    def _open(self, key: Any) -> Image.Image | None:
        """The picture of a key, not yet decoded; None where the item is declared to have none."""

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, i: int) -> Image.Image | None:
        key = self._keys[index(i)]
        try:
            picture = self._open(key)
            if picture is not None:
                picture.load()
        except (InputError, MemoryError):
            raise
        except Exception:  # Pillow raises a dozen types for bytes that are not a picture
            return None
        return picture

    def __iter__(self) -> Iterator[Image.Image | None]:
        return (self[i] for i in range(len(self)))

    def select(self, rows: np.ndarray) -> "Images":
        """The pictures at these row numbers, (n,) int, in this order."""
        chosen = copy(self)
        chosen._keys = self._keys[np.asarray(rows)]
        return chosen

    def grey(self, side: int, n_jobs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """What is the light and dark of every picture?

        Aspect kept, padded with white to a square. Decoded in parallel processes, a few hundred at
        a time: memory is that of the result.

        Parameters
        ----------
        side : int
            Pixels along the edge of the square.
        n_jobs : int, optional
            Processes; by default one a core, four at most, and one alone for few pictures.

        Returns
        -------
        pixels : (n, side * side) float32
            From 0, black, to 1, white; a row of zeros where the picture is missing.
        present : (n,) bool

        Warns
        -----
        UserWarning
            Once, with counts by cause, if a picture that should be there is not.
        """
        pixels, present = self._decode(side, "L", n_jobs)
        return pixels.reshape(len(self), side * side), present

    def rgb(self, side: int, n_jobs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """What are the colours of every picture? As ``grey``, but (n, side, side, 3) float32."""
        return self._decode(side, "RGB", n_jobs)

    def at(self, side: int, n_jobs: int | None = None) -> "ArrayImages":
        """The same pictures in memory, ``side`` pixels square: decoded once for many uses.

        Warns as ``grey`` does.
        """
        pixels, present = self.rgb(side, n_jobs)
        return ArrayImages(np.rint(pixels * 255).astype(np.uint8), present)

    def report(self, n_jobs: int | None = None) -> ImageReport:
        """How many pictures can be read, and what is wrong with the others? Decodes each once."""
        attempt = partial(self._attempt, side=8, mode="L")
        return decode_each(attempt, None, np.zeros(len(self), bool), n_jobs)

    def _decode(self, side: int, mode: str, n_jobs: int | None) -> tuple[np.ndarray, np.ndarray]:
        if side < 1:
            raise InputError(f"side must be at least one pixel, not {side}")
        shape = (side, side) if mode == "L" else (side, side, 3)
        pixels = np.zeros((len(self), *shape), np.float32)
        present = np.zeros(len(self), bool)
        attempt = partial(self._attempt, side=side, mode=mode)
        report = decode_each(attempt, pixels, present, n_jobs)
        if report.faulty:
            warnings.warn(str(report), UserWarning, stacklevel=3)
        return pixels, present

    def _attempt(self, i: int, side: int, mode: str) -> Attempt:
        key = self._keys[i]
        try:
            picture = self._open(key)
            if picture is None:
                return None, "no_picture", str(key)
            return square(picture, side, mode), "", str(key)
        except (InputError, MemoryError):
            raise
        except FileNotFoundError:
            return None, "absent", str(key)
        except Oversized:
            return None, "oversized", str(key)
        except Exception:  # Pillow raises a dozen types for bytes that are not a picture
            return None, "unreadable", str(key)


_BATCH = 512  # pictures averaged at once
_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R 601, as Pillow turns colour to grey


class ArrayImages(Images):
    """Pictures in memory, all of one size.

    Parameters
    ----------
    array : (n, height, width) or (n, height, width, 3) uint8
    present : (n,) bool, optional
        False where the item has no picture; by default every item has one.

    Raises
    ------
    InputError
        If the array has another shape or type, or the lengths differ.
    """

    def __init__(self, array: np.ndarray, present: np.ndarray | None = None) -> None:
        array = np.asarray(array)
        if array.dtype != np.uint8 or array.ndim not in (3, 4) or array.shape[3:] not in ((), (3,)):
            raise InputError(
                "pictures must be uint8 of shape (n, height, width) or (n, height, width, 3), "
                f"not {array.dtype} of shape {array.shape}"
            )
        present = np.ones(len(array), bool) if present is None else np.array(present, bool)
        if present.shape != array.shape[:1]:
            raise InputError(f"{len(array)} pictures but presence of shape {present.shape}")
        super().__init__(np.arange(len(array)))
        self._array, self._present = array, present

    def _open(self, key: int) -> Image.Image | None:
        return Image.fromarray(self._array[key]) if self._present[key] else None

    def _decode(self, side: int, mode: str, n_jobs: int | None) -> tuple[np.ndarray, np.ndarray]:
        height, width = self._array.shape[1:3]
        if side < 1 or height != width or height % side:
            return super()._decode(side, mode, n_jobs)
        # Each new pixel is the mean of a block of old ones: all pictures at once, without Pillow.
        array = self._array if self._array.ndim == 4 else self._array[..., None]
        block, n = height // side, len(self)
        pixels = np.empty((n, side, side, array.shape[3]), np.float32)
        for start in range(0, n, _BATCH):
            keys = self._keys[start : start + _BATCH]
            blocks = array[keys].reshape(len(keys), side, block, side, block, -1)
            pixels[start : start + _BATCH] = blocks.mean(axis=(2, 4), dtype=np.float32) / 255
        present = self._present[self._keys]
        pixels[~present] = 0
        if mode == "RGB":
            return np.broadcast_to(pixels, (n, side, side, 3)).copy(), present
        return (pixels @ _GREY if pixels.shape[3] == 3 else pixels[..., 0]), present
