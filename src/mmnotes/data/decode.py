"""From the bytes of a picture to a small square of pixels, trusting nothing on the way."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import joblib
import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")  # no format that starts another program, as EPS
MAX_PIXELS = 40_000_000  # 120 MB once decoded; a catalogue photo has a hundredth of it
MAX_BYTES = 64 * 2**20
_FAULTS = ("absent", "unreadable", "oversized")
_THREADS = 4  # small pictures gain little from more: Python itself runs one thread at a time
_CHUNK = 256  # pictures a task: threads share the work evenly, and its overhead stays small

# The pixels of a picture; or None, why it is missing (a field of ImageReport), and its name.
Attempt = tuple[np.ndarray | None, str, str]


class Oversized(Exception):
    """A picture too large to decode safely."""


@dataclass(frozen=True)
class ImageReport:
    """How many pictures there are, and why some are missing.

    Parameters
    ----------
    n : int
        Pictures asked for.
    no_picture : int
        Items declared to have none (no name, or marked as not present).
    absent, unreadable, oversized : tuple of str
        Names that lead to no file, to bytes that are not a picture, or to a picture with more
        pixels than is safe.
    """

    n: int
    no_picture: int = 0
    absent: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    oversized: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of pictures by fate; they add up to ``n``."""
        faults = {cause: len(getattr(self, cause)) for cause in _FAULTS}
        readable = self.n - self.no_picture - self.faulty
        return {"readable": readable, "no_picture": self.no_picture, **faults}

    @property
    def faulty(self) -> int:
        """Pictures that should have been there: absent, unreadable or oversized."""
        return sum(len(getattr(self, cause)) for cause in _FAULTS)

    def __str__(self) -> str:
        parts = []
        for cause in _FAULTS:
            names = getattr(self, cause)
            if names:
                more = ", …" if len(names) > 3 else ""
                parts.append(f"{len(names)} {cause} ({', '.join(names[:3])}{more})")
        causes = "; ".join(parts) if parts else "none at fault"
        return f"{self.faulty} of {self.n} pictures count as missing: {causes}"


def open_picture(data: bytes) -> Image.Image:
    """Which picture do these bytes hold? Its header only; the pixels are read later.

    Raises
    ------
    Oversized
        If decoding it would take too much memory.
    Exception
        Whatever Pillow raises for bytes that are not a picture.
    """
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Oversized from error
    if picture.width * picture.height > MAX_PIXELS:
        raise Oversized
    return picture


def square(picture: Image.Image, side: int, mode: str) -> np.ndarray:
    """What does a picture look like at ``side`` × ``side`` pixels?

    The aspect is kept: the longer edge fills the square, the rest is white, and so is what shows
    through transparent pixels. The camera's orientation tag is obeyed.

    Parameters
    ----------
    mode : "L" or "RGB"
        Grey or colour.

    Returns
    -------
    pixels : (side, side) or (side, side, 3) uint8
    """
    picture.draft(mode, (side, side))  # JPEG only: decodes no finer than needed
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(ground, picture)
    if picture.mode != mode:
        picture = picture.convert(mode)
    scale = side / max(picture.size)
    width, height = (max(1, round(edge * scale)) for edge in picture.size)
    if (width, height) != picture.size:
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    if width == height:
        return np.asarray(picture)
    padded = Image.new(mode, (side, side), "white")
    padded.paste(picture, ((side - width) // 2, (side - height) // 2))
    return np.asarray(padded)


def decode_each(
    attempt: Callable[[int], Attempt],
    pixels: np.ndarray | None,
    present: np.ndarray,
    n_jobs: int | None,
) -> ImageReport:
    """Decode every picture in parallel threads, straight into the result.

    Parameters
    ----------
    attempt : callable
        From a row number to the pixels of a square, uint8, or to why there are none.
    pixels : (n, side, side) or (n, side, side, 3) float32, or None
        Written to, from 0 to 1, where a picture can be read.
    present : (n,) bool
        Set to True there.
    n_jobs : int or None
        Threads; None for one a core, four at most.
    """

    def decode(start: int) -> list[tuple[str, str]]:
        missing = []
        for i in range(start, min(start + _CHUNK, len(present))):
            found, why, name = attempt(i)
            if found is None:
                missing.append((why, name))
                continue
            present[i] = True
            if pixels is not None:
                np.multiply(found, np.float32(1 / 255), out=pixels[i])
        return missing

    starts = range(0, len(present), _CHUNK)
    threads = joblib.Parallel(
        n_jobs=n_jobs or min(joblib.cpu_count(), _THREADS),
        require="sharedmem",
        return_as="generator",
    )
    done = threads(joblib.delayed(decode)(start) for start in starts)
    # The bar shows after five seconds, and only at a terminal: never on a page.
    bar = tqdm(done, "decoding pictures", len(starts), delay=5, leave=False, disable=None)
    return _summarise(len(present), (fate for fates in bar for fate in fates))


def _summarise(n: int, missing: Iterable[tuple[str, str]]) -> ImageReport:
    names: dict[str, list[str]] = {"no_picture": [], **{cause: [] for cause in _FAULTS}}
    for why, name in missing:
        names[why].append(name)
    faults = {cause: tuple(names[cause]) for cause in _FAULTS}
    return ImageReport(n, len(names["no_picture"]), **faults)
