"""The Amazon apparel set: sixteen thousand women's tops with photos, titles and metadata."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.archive import open_zip
from mmnotes.data.stored import ZipImages
from mmnotes.data.tables import Catalog
from mmnotes.errors import InputError

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
    items = _read_items(folder / "items.parquet")
    vectors = _read_vectors(folder / "text_minilm.npy", len(items))
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


def _read_items(file: Path) -> pd.DataFrame:
    try:
        items = pd.read_parquet(file)
    except ImportError:
        raise InputError(
            f"{file}: reading parquet needs pyarrow; install it with pip install 'mmnotes[data]'"
        ) from None
    except (ValueError, OSError) as error:
        raise InputError(f"{file}: not a whole parquet file ({error}); fetch it again") from None
    absent = [column for column in _COLUMNS if column not in items.columns]
    if absent:
        raise InputError(f"{file}: columns {absent} are missing; fetch it again")
    unnamed = np.flatnonzero(items["asin"].isna())
    if len(unnamed):
        raise InputError(f"{file}: row {unnamed[0]} has no asin, and {len(unnamed)} rows in all")
    return items


def _read_vectors(file: Path, n_items: int) -> np.ndarray:
    try:
        vectors = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{file}: not a whole array ({error}); fetch it again") from None
    if vectors.ndim != 2 or len(vectors) != n_items:
        raise InputError(f"{file}: shape {vectors.shape}, but items.parquet has {n_items} rows")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InputError(f"{file}: row {bad[0]} holds NaN or infinity, and {len(bad)} rows in all")
    return vectors


def _dollars(prices: pd.Series) -> pd.Series:
    """US dollars from "$1,299.00"; NaN where it says something else ("Too low to display")."""
    plain = prices.astype("string").str.replace(r"[$,]", "", regex=True)
    return pd.to_numeric(plain, errors="coerce").astype("float64")
