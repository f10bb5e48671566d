"""Flickr30k captions from Karpathy's archive: five a photo, with the split in common use."""

from pathlib import Path
from typing import Any

import pandas as pd

from mmnotes.data.archive import read_member
from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.documents import MAX_BYTES, is_text, parse_json
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_MEMBER = "dataset_flickr30k.json"
_PARTS = ("train", "val", "test")


def read(folder: Path, tally: Tally) -> Parts:
    """What do the captions of Flickr30k say, and which part is each photo in?

    Captions: Young and others 2014, https://doi.org/10.1162/tacl_a_00166. Split: Karpathy and
    Fei-Fei 2015, https://arxiv.org/abs/1412.2306.

    Parameters
    ----------
    folder : Path
        Holds ``caption_datasets.zip``, of which ``dataset_flickr30k.json`` is read, without
        unpacking it: ``images``, each with ``filename``, ``split`` and ``sentences`` (``raw``).

    Returns
    -------
    Parts
        captions (image, k, caption, split), in the order of the file.

    Raises
    ------
    InputError
        If the archive is missing, broken, or holds something else; the message names the image.
    """
    file = folder / "caption_datasets.zip"
    where = f"{file}: {_MEMBER}"
    document = parse_json(read_member(file, _MEMBER, MAX_BYTES), where)
    images = document.get("images") if type(document) is dict else None
    if type(images) is not list or not images:
        raise InputError(f"{where} has no list of images; fetch it again")
    rows: list[tuple[str, int, str, str]] = []
    for at, image in enumerate(images):
        rows.extend(_captions(image, f"{where}: image {at}"))
    captions = pd.DataFrame(rows, columns=["image", "k", "caption", "split"])
    if captions.duplicated(["image", "k"]).any():
        raise InputError(f"{where}: an image comes twice; fetch it again")
    tally.read("images", len(images))
    tally.read("captions", len(captions))
    return Parts(tables={"captions": captions}, tally=tally, reader="captions")


def _captions(image: Any, where: str) -> list[tuple[str, int, str, str]]:
    fields = image if type(image) is dict else {}
    name, part, sentences = (fields.get(key) for key in ("filename", "split", "sentences"))
    if not is_text(name) or part not in _PARTS or not isinstance(sentences, list):
        raise InputError(f"{where} lacks a filename, a split of {_PARTS}, or sentences")
    texts = [each.get("raw") if type(each) is dict else None for each in sentences]
    written = [text for text in texts if is_text(text) and text]
    if len(written) < len(texts):
        raise InputError(f"{where} has a sentence without its text in 'raw'")
    return [(name, k, text, part) for k, text in enumerate(written)]
