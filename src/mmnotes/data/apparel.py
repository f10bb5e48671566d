"""The Amazon apparel set: sixteen thousand women's tops with photos, titles and metadata."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.archive import open_zip
from mmnotes.data.files import read_table, read_vectors, refuse_rows
from mmnotes.data.stored import ZipImages
from mmnotes.data.tables import Catalog

CONTENT = ("brand", "color", "product_type", "price")
_COLUMNS = ("asin", "title", "brand", "color", "product_type_name", "price")


def read(folder: Path, joined: bool = True) -> dict[str, Any]:
    """Read the set from its folder.

    Parameters
    ----------
    folder : Path
        Holds ``items.parquet``, ``images_96px.zip`` (ASIN.jpg) and ``text_minilm.npy``.
    joined : bool
        Keep only the rows whose ASIN has a photo; otherwise keep all, and the photo is missing.

    Returns
    -------
    dict
        ``catalog`` (content columns brand, color, product_type, price in US dollars),
        ``interactions`` (None), ``embeddings`` (``minilm``, 384 wide) and ``notes``, counts of
        what was found and dropped: ``rows``, ``duplicate_rows`` (of an ASIN that came before),
        ``rows_without_photo``, ``photos``, ``photos_without_row``, ``prices_unknown``, ``kept``.

    Raises
    ------
    InputError
        If a file is broken, lacks a column, or does not match the others; the message names it.
    """
    file = folder / "items.parquet"
    items = read_table(file, _COLUMNS)
    refuse_rows(items["asin"].isna().to_numpy(), file, "has no asin")
    vectors = read_vectors(folder / "text_minilm.npy", len(items), file.name)
    photos = folder / "images_96px.zip"
    with open_zip(photos) as archive:
        members = set(archive.namelist())
    names = items["asin"] + ".jpg"
    duplicate = items["asin"].duplicated().to_numpy()
    with_photo = names.isin(members).to_numpy()
    keep = np.flatnonzero(~duplicate & (with_photo if joined else True))
    kept_names = names.where(with_photo, "").iloc[keep].tolist()
    items["price"] = _dollars(items["price"])
    notes = {
        "rows": len(items),
        "duplicate_rows": int(duplicate.sum()),
        "rows_without_photo": int((~duplicate & ~with_photo).sum()),
        "photos": len(members),
        "photos_without_row": len(members - set(names)),
        "prices_unknown": int(items["price"].iloc[keep].isna().sum()),
        "kept": len(keep),
    }
    catalog = Catalog(
        name="amazon-apparel",
        items=items.iloc[keep].rename(columns={"product_type_name": "product_type"}),
        images=ZipImages(photos, kept_names),
        content=CONTENT,
    )
    embeddings = {"minilm": vectors[keep].astype(np.float32)}
    return {"catalog": catalog, "interactions": None, "embeddings": embeddings, "notes": notes}


def _dollars(prices: pd.Series) -> pd.Series:
    """US dollars from "$1,299.00"; NaN where it says something else ("Too low to display")."""
    plain = prices.astype("string").str.replace(r"[$,]", "", regex=True)
    return pd.to_numeric(plain, errors="coerce").astype("float64")
