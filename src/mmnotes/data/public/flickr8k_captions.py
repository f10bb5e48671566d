"""Flickr8k captions from public copies: five a photo, with the official split."""

import re
from pathlib import Path

import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_LISTS = ("train", "dev", "test")
# Flickr calls a photo by its number and a secret. The copy added photos of its own, whose names
# begin with a letter; they are in its lists too.
_OF_FLICKR = re.compile(r"[0-9]+_[0-9a-f]+\.jpg(\.1)?")
_LINE = re.compile(r"(?P<image>[^#\t]+)#(?P<k>[0-9]{1,3})\t(?P<caption>[^\t]+)")


def read(folder: Path, tally: Tally) -> Parts:
    """What do the public copies of the Flickr8k captions hold?

    Described in Hodosh, Young and Hockenmaier 2013, https://doi.org/10.1613/jair.3994.

    Parameters
    ----------
    folder : Path
        Holds in ``Flickr8k_text/`` the captions, ``Flickr8k.token.txt`` (``IMAGE#K``, a tab, the
        caption), and a list of images a part, ``Flickr_8k.trainImages.txt``, dev and test.
    tally : Tally
        Counts captions, those without a part, and those of photos that are not of Flickr, dropped.

    Returns
    -------
    Parts
        captions (image, k, caption, split: train, dev, test, null where in none), in the order of
        the file.

    Raises
    ------
    InputError
        If a file is missing or broken, or an image is in two parts.
    """
    place = folder / "Flickr8k_text"
    part = _parts(place)
    file = place / "Flickr8k.token.txt"
    rows = []
    for at, line in enumerate(_lines(file), start=1):
        image = line.partition("#")[0]
        if not _OF_FLICKR.fullmatch(image):
            tally.drop("a photo that the copy added", f"{file.name} line {at}")
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise InputError(
                f"{file}: line {at} is not IMAGE#K, a tab and a caption; fetch it again"
            )
        rows.append((image, int(found["k"]), found["caption"], part.get(image)))
    captions = pd.DataFrame(rows, columns=["image", "k", "caption", "split"])
    if captions.duplicated(["image", "k"]).any():
        raise InputError(f"{file}: an image has a caption of the same number twice; fetch it again")
    tally.read("captions", len(captions))
    tally.read("captions in no part", int(captions["split"].isna().sum()))
    tally.read("images", captions["image"].nunique())
    return Parts(tables={"captions": captions}, tally=tally, reader="captions")


def _parts(place: Path) -> dict[str, str]:
    """The part that each image is in."""
    part: dict[str, str] = {}
    for name in _LISTS:
        file = place / f"Flickr_8k.{name}Images.txt"
        for at, image in enumerate(_lines(file), start=1):
            if part.setdefault(image, name) != name:
                raise InputError(f"{file}: line {at}: {image[:80]} is in another part too")
    return part


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not text in UTF-8 ({error}); fetch it again") from None
    return text.removesuffix("\n").split("\n")
