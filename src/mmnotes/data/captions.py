"""Photos described in words: several captions an image, and the split that everyone uses."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.files import read_table, refuse_rows, texts, whole_numbers
from mmnotes.data.record import read_record
from mmnotes.data.tables import Catalog

_PARTS = {"train": "train", "dev": "valid", "val": "valid", "test": "test", "": ""}


def read(folder: Path) -> dict[str, Any]:
    """Read the set from its folder.

    Flickr8k (Hodosh, Young and Hockenmaier 2013, https://doi.org/10.1613/jair.3994) or Flickr30k
    (Young and others 2014, https://doi.org/10.1162/tacl_a_00166), without the photos.

    Parameters
    ----------
    folder : Path
        Holds ``captions.parquet``: image (its file name), k (from zero), caption, and split: train,
        dev or val, test, or none for an image that the official split leaves out.

    Returns
    -------
    dict
        ``catalog``: the images, one row each, with ``image`` and ``split`` (``train``, ``valid``,
        ``test`` or empty); titles are empty. ``interactions`` (None). ``arrays``, one row a
        caption: ``caption`` (of str), ``item`` (row of the image in the catalog) and ``k`` (which
        of its captions). ``embeddings`` is empty. ``notes`` counts images, captions and parts.

    Raises
    ------
    InputError
        If the file is broken, lacks a column, or holds a value out of range; the message names it.
    """
    file = folder / "captions.parquet"
    table = read_table(file, ("image", "k", "caption", "split"))
    k = whole_numbers(file, table, "k", low=0)
    image, caption = texts(table, "image"), texts(table, "caption")
    refuse_rows(image == "", file, "names no image")
    refuse_rows(caption == "", file, "has no caption")
    refuse_rows(table.duplicated(["image", "k"]).to_numpy(), file, "repeats an image and k")
    split = table["split"].fillna("").map(_PARTS)
    refuse_rows(split.isna().to_numpy(), file, f"has a split other than {', '.join(_PARTS)}")
    _, first, item = np.unique(image, return_index=True, return_inverse=True)
    part = split.to_numpy(dtype=object)
    refuse_rows(part != part[first][item], file, "has another split than its image before")
    items = {"image": image[first], "split": part[first], "title": ""}
    catalog = Catalog(name=read_record(folder).name, items=pd.DataFrame(items))
    notes = {
        "images": len(first),
        "captions": len(table),
        **{name: int((part[first] == name).sum()) for name in ("train", "valid", "test")},
        "images_out_of_the_split": int((part[first] == "").sum()),
    }
    return {
        "catalog": catalog,
        "interactions": None,
        "embeddings": {},
        "arrays": {"caption": caption, "item": item, "k": k},
        "notes": notes,
    }
