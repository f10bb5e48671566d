"""Amazon Baby: who bought which of seven thousand products for babies, split as published."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.files import (
    numbers,
    read_arrays,
    read_table,
    read_vectors,
    refuse_rows,
    texts,
    whole_numbers,
)
from mmnotes.data.graphs import Neighbors
from mmnotes.data.tables import Catalog, Interactions
from mmnotes.errors import InputError

_PARTS = {"train": "train", "val": "valid", "valid": "valid", "test": "test"}
_TEXTS = ("title", "description", "image_url")


def read(folder: Path) -> dict[str, Any]:
    """Read the set from its folder.

    The interactions are the 5-core of the reviews of 2014 (He and McAuley 2016,
    https://doi.org/10.1145/2872427.2883037), cut at random within each user, as in the published
    tables. The neighbours were computed by others, on image vectors (4,096 wide) and text vectors
    (384 wide) that are not part of the folder; an item is among its own.

    Parameters
    ----------
    folder : Path
        Holds ``interactions.parquet`` (user, item, split, rating), ``items.parquet`` (item, asin,
        title, description, image_url), ``text_minilm.npy``, and ``image_knn10.npz`` and
        ``text_knn10.npz`` (neighbors, cosine).

    Returns
    -------
    dict
        ``catalog`` (texts are empty where unknown), ``interactions`` (ratings 1 to 5, NaN where
        unknown), ``embeddings`` (``minilm``, 384 wide, a zero row where there is no text),
        ``graphs`` (``image`` and ``text``) and ``notes``: what was found, what is unknown.

    Raises
    ------
    InputError
        If a file is broken, lacks a column, holds a value out of range or does not match the
        others; the message names it.
    """
    items = _items(folder / "items.parquet")
    taken = _interactions(folder / "interactions.parquet", len(items))
    vectors = read_vectors(folder / "text_minilm.npy", len(items), "items.parquet")
    graphs = {name: _graph(folder / f"{name}_knn10.npz", len(items)) for name in ("image", "text")}
    notes = {
        "interactions": len(taken),
        "users": taken.n_users,
        "items": len(items),
        **{part: np.count_nonzero(taken.split == part) for part in ("train", "valid", "test")},
        "ratings_unknown": np.count_nonzero(np.isnan(np.asarray(taken.rating))),
        **{f"items_without_{name}": int((items[name] == "").sum()) for name in _TEXTS},
        "items_without_text_vector": int((~vectors.any(axis=1)).sum()),
        **{f"{k}_cosines_unknown": int(np.isnan(g.cosine).sum()) for k, g in graphs.items()},
    }
    return {
        "catalog": Catalog(name="amazon-baby", items=items),
        "interactions": taken,
        "embeddings": {"minilm": vectors.astype(np.float32)},
        "graphs": graphs,
        "notes": notes,
    }


def _items(file: Path) -> pd.DataFrame:
    table = read_table(file, ("item", "asin", *_TEXTS))
    refuse_rows(table["asin"].isna().to_numpy(), file, "has no asin")
    refuse_rows(table["asin"].duplicated().to_numpy(), file, "repeats an asin")
    item = whole_numbers(file, table, "item", low=0)
    refuse_rows(item != np.arange(len(item)), file, "is not where its item number says")
    columns = {name: texts(table, name) for name in ("asin", *_TEXTS)}
    return pd.DataFrame(columns)


def _interactions(file: Path, n_items: int) -> Interactions:
    table = read_table(file, ("user", "item", "split", "rating"))
    if table.empty:
        raise InputError(f"{file}: holds no interaction; fetch it again")
    user = whole_numbers(file, table, "user", low=0)
    item = whole_numbers(file, table, "item", low=0, high=n_items - 1)
    pair = pd.DataFrame({"user": user, "item": item})
    refuse_rows(pair.duplicated().to_numpy(), file, "repeats a user and item")
    split = table["split"].map(_PARTS)
    refuse_rows(split.isna().to_numpy(), file, f"has a split other than {', '.join(_PARTS)}")
    rating = numbers(file, table, "rating")
    refuse_rows((rating < 1) | (rating > 5), file, "has a rating out of 1 … 5")
    return Interactions(
        user=user,
        item=item,
        n_users=int(user.max()) + 1,
        n_items=n_items,
        split=split.to_numpy(dtype=str),
        rating=rating,
    )


def _graph(file: Path, n_items: int) -> Neighbors:
    arrays = read_arrays(file, ("neighbors", "cosine"))
    try:
        graph = Neighbors(arrays["neighbors"], arrays["cosine"])
    except (InputError, ValueError) as error:
        raise InputError(f"{file}: {error}; fetch it again") from None
    if len(graph) != n_items:
        raise InputError(f"{file}: {len(graph)} rows, but items.parquet has {n_items}")
    return graph
