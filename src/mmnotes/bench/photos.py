"""Work: from product photos in a folder to small squares of pixels."""

from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from mmnotes.bench.works import OURS, Arrays, Implementation, Values, Work

EDGE = 500  # pixels of a photo's longer edge, as Amazon serves them
_PHOTOS = "photos"
_PROCESSES = 2
_WHITE = (255, 255, 255)


def write_photos(n: int, folder: Path) -> None:
    """Write ``n`` JPEG files of about 25 KB: something coloured and uneven on a white ground."""
    rng = np.random.default_rng(0)
    grain = Image.fromarray(rng.integers(0, 256, (2 * EDGE, 2 * EDGE, 3), np.uint8))
    grain = grain.filter(ImageFilter.GaussianBlur(1))
    folder.mkdir()
    for number in range(n):
        _photo(rng, grain).save(folder / f"{number:06}.jpg", quality=85)


def _photo(rng: np.random.Generator, grain: Image.Image) -> Image.Image:
    short = int(rng.integers(EDGE // 2, EDGE + 1))
    size = (EDGE, short) if rng.random() < 0.5 else (short, EDGE)
    shades = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize(size)
    left, top = rng.integers(0, EDGE, 2).tolist()
    texture = grain.crop((left, top, left + size[0], top + size[1]))
    thing = Image.blend(shades, texture, 0.25)
    outline = Image.fromarray(rng.integers(0, 256, (5, 5), np.uint8)).resize(size)
    return Image.composite(thing, Image.new("RGB", size, _WHITE), outline.point(_inside))


def _inside(level: int) -> int:
    return 255 if level > 110 else 0


def _values(pixels: np.ndarray) -> Values:
    """Of pixels from 0 to 1, (n, side, side, 3): how bright, and how unlike each other."""
    middle = pixels[:, pixels.shape[1] // 2]  # all of them would cost time and memory of their own
    return {"mean": pixels.mean(), "deviation in the middle row": middle.std()}


def _files(arrays: Arrays) -> list[Path]:
    return sorted(Path(arrays[_PHOTOS].item()).iterdir())


def _ours(arrays: Arrays, side: int) -> Values:
    from mmnotes.data import FolderImages

    names = [file.name for file in _files(arrays)]
    pixels, _ = FolderImages(arrays[_PHOTOS].item(), names).rgb(side, n_jobs=_PROCESSES)
    return _values(pixels)


def _pillow(arrays: Arrays, side: int) -> Values:
    from PIL import ImageOps

    files = _files(arrays)
    pixels = np.empty((len(files), side, side, 3), np.uint8)
    for row, file in zip(pixels, files, strict=True):
        with Image.open(file) as photo:
            square = ImageOps.pad(photo.convert("RGB"), (side, side), color=_WHITE)
            row[:] = np.asarray(square)
    return _values(pixels / np.float32(255))


def _opencv(arrays: Arrays, side: int) -> Values:
    import cv2

    cv2.setNumThreads(1)
    files = _files(arrays)
    pixels = np.full((len(files), side, side, 3), 255, np.uint8)
    for row, file in zip(pixels, files, strict=True):
        photo = cv2.imread(str(file))
        height, width = photo.shape[:2]
        size = [max(1, round(edge * side / max(height, width))) for edge in (width, height)]
        small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
        top, left = (side - size[1]) // 2, (side - size[0]) // 2
        row[top : top + size[1], left : left + size[0]] = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    return _values(pixels / np.float32(255))


def _allowed(values: Values) -> Values:
    """Each has its own way to weigh the pixels that become one."""
    return {"mean": 0.002, "deviation in the middle row": 0.01}


WORKS = tuple(
    Work(
        f"{{size:,}} photos of {EDGE} pixels, in squares of {side}",
        size=2_000,
        quick=200,
        make=lambda size: {},
        implementations=(
            Implementation(
                OURS,
                partial(_ours, side=side),
                "mmnotes.data.stored",
                about=f"{_PROCESSES} processes: CPU seconds of both, memory of the one that "
                "starts them",
            ),
            Implementation("Pillow", partial(_pillow, side=side), "PIL.Image", "pillow"),
            Implementation("OpenCV", partial(_opencv, side=side), "cv2", "opencv-python-headless"),
        ),
        allowed=_allowed,
        files={_PHOTOS: write_photos},
        unit="photos",
    )
    for side in (96, 224)
)
