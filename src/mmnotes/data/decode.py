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
_THUMBNAIL = 160  # pixels along the longer edge; decoding fewer saves nothing, and costs detail
_FAULTS = ("absent", "unreadable", "oversized")
_PROCESSES = 4  # each holds its own Python: more would cost memory before they save time
_MANY = 10_000  # pictures that take as long as starting the processes
# Pictures a task: few enough that the work is shared evenly and what travels back stays small.
_CHUNK, _CHUNK_BYTES = 256, 8 * 2**20
_PER_LEVEL = np.float32(1 / 255)

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
    needed = _fitted(picture, side) if max(picture.size) > _THUMBNAIL else (side, side)
    picture.draft(mode, needed)  # JPEG only: decodes no finer than needed
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(ground, picture)
    if picture.mode != mode:
        picture = picture.convert(mode)
    width, height = _fitted(picture, side)
    if (width, height) != picture.size:
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    if width == height:
        return np.asarray(picture)
    padded = Image.new(mode, (side, side), "white")
    padded.paste(picture, ((side - width) // 2, (side - height) // 2))
    return np.asarray(padded)


def _fitted(picture: Image.Image, side: int) -> tuple[int, int]:
    """Width and height of the picture once its longer edge fills the square."""
    scale = side / max(picture.size)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def decode_each(
    attempt: Callable[[int], Attempt],
    pixels: np.ndarray | None,
    present: np.ndarray,
    n_jobs: int | None,
) -> ImageReport:
    """Decode every picture, in parallel processes where that pays, into the result.

    Processes and not threads: Pillow's Python part holds the interpreter for most of a small
    picture's time, so that two threads take longer than one.

    Parameters
    ----------
    attempt : callable
        From a row number to the pixels of a square, uint8, or to why there are none. Must survive
        pickling.
    pixels : (n, side, side) or (n, side, side, 3) float32, or None
        Written to, from 0 to 1, where a picture can be read.
    present : (n,) bool
        Set to True there.
    n_jobs : int or None
        Processes; None for one a core, four at most, and one alone for few pictures.
    """
    n = len(present)
    if n_jobs is None:
        n_jobs = min(joblib.cpu_count(), _PROCESSES) if n >= _MANY else 1
    chunk = _CHUNK
    if pixels is not None and pixels[:1].size:
        chunk = min(chunk, max(1, _CHUNK_BYTES // pixels[0].size))
    parts = [range(start, min(start + chunk, n)) for start in range(0, n, chunk)]
    work, keep = joblib.delayed(_decode_part), pixels is not None
    done = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
        work(attempt, rows, keep) for rows in parts
    )
    # The bar shows after five seconds, and only at a terminal: never on a page.
    bar = tqdm(done, "decoding pictures", len(parts), delay=5, leave=False, disable=None)
    missing: list[tuple[str, str]] = []
    for rows, (found, there, faults) in zip(parts, bar, strict=True):
        where = rows.start + np.flatnonzero(there)
        present[where] = True
        if pixels is not None and there.all():
            # Straight into place: memory that is touched for the first time costs more than this.
            np.multiply(found, _PER_LEVEL, out=pixels[rows.start : rows.stop])
        elif pixels is not None and len(where):
            pixels[where] = found * _PER_LEVEL
        missing += faults
    return _summarise(n, missing)


def _decode_part(
    attempt: Callable[[int], Attempt], rows: range, keep: bool
) -> tuple[np.ndarray | None, np.ndarray, list[tuple[str, str]]]:
    """Pictures that could be read (uint8, stacked), which of the rows they are, and the faults."""
    found, there, faults = [], np.zeros(len(rows), bool), []
    for place, i in enumerate(rows):
        picture, why, name = attempt(i)
        if picture is None:
            faults.append((why, name))
            continue
        there[place] = True
        if keep:
            found.append(picture)
    return (np.stack(found) if found else None), there, faults


def _summarise(n: int, missing: Iterable[tuple[str, str]]) -> ImageReport:
    names: dict[str, list[str]] = {"no_picture": [], **{cause: [] for cause in _FAULTS}}
    for why, name in missing:
        names[why].append(name)
    faults = {cause: tuple(names[cause]) for cause in _FAULTS}
    return ImageReport(n, len(names["no_picture"]), **faults)
