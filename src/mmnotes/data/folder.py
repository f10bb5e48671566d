"""Who took what, and what is known of the items: any folder of the common format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from mmnotes.data.embedding import Embedding
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
from mmnotes.data.record import FILE, Record, read_record
from mmnotes.data.tables import Catalog, Interactions
from mmnotes.errors import InputError

_PARTS = {"train": "train", "val": "valid", "valid": "valid", "test": "test"}
_IDS = ("asin", "id")
_TEXTS = ("title", "description", "image_url", "brand", "category")


def read(folder: Path) -> dict[str, Any]:
    """Read a set from its folder.

    What ``mmnotes data prepare`` writes, and the folders of Amazon Baby, Sports and Grocery. Which
    files there are, and which of them hold vectors and neighbours, is read from ``dataset.toml`` or
    the registry.

    Parameters
    ----------
    folder : Path
        ``items.parquet``: ``item``, the number by which the other files know the row (from zero and
        in order, unless the set came with other numbers), and what is known of it: ``asin`` or
        ``id``, ``title``, ``description``, ``brand``, ``image_url``, ``price``, …
        ``interactions.parquet``: ``user``, ``item``, and any of ``timestamp`` (seconds since 1970),
        ``position_in_user_history``, ``split`` (train, val or valid, test) and ``rating``.
        ``users.parquet``, which need not be there: ``user`` and ``id``. Vectors are ``.npy`` and
        neighbours ``.npz`` (neighbors, cosine), one row an item.

    Returns
    -------
    dict
        ``catalog`` (texts are empty where unknown), ``interactions`` (None if no file of them is
        listed; ratings and timestamps NaN where unknown), ``embeddings`` (a zero row where there is
        nothing to describe), ``graphs`` and ``notes``: what was found, what is unknown.

    Raises
    ------
    InputError
        If a file is broken, lacks a column, holds a value out of range or does not match the
        others; the message names it.
    """
    record = read_record(folder)
    columns = {stored.name: stored.columns for stored in record.files}
    file = folder / "items.parquet"
    items, number = _items(file, read_table(file, ("item", *columns.get(file.name, ()))))
    taken = None
    if "interactions.parquet" in columns:
        file = folder / "interactions.parquet"
        table = read_table(file, ("user", "item", *columns[file.name]))
        taken = _interactions(file, table, _users(folder, record, columns, table), number)
    vectors = {
        name: _vectors(folder, name, entry, len(items)) for name, entry in record.embeddings.items()
    }
    graphs = {
        name: _graph(folder / entry["file"], len(items)) for name, entry in record.graphs.items()
    }
    return {
        "catalog": Catalog(name=record.name, items=items),
        "interactions": taken,
        "embeddings": vectors,
        "graphs": graphs,
        "notes": _found(items, taken) | _missing(items, vectors, graphs),
    }


def _items(file: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """What is known of the items, and the number of each, (n_items,) int64."""
    number = whole_numbers(file, table, "item", low=0)
    refuse_rows(pd.Series(number).duplicated().to_numpy(), file, "repeats an item number")
    for name in (name for name in _IDS if name in table):
        refuse_rows(table[name].isna().to_numpy(), file, f"has no {name}")
        refuse_rows(table[name].duplicated().to_numpy(), file, f"repeats an {name}")
    if np.array_equal(number, np.arange(len(number))):
        table = table.drop(columns="item")
    # A category may be a number, that of Grocery is.
    words = [name for name in _TEXTS if name in table and not is_numeric_dtype(table[name])]
    known = {name: texts(table, name) for name in words}
    if "price" in table:
        known["price"] = numbers(file, table, "price")
    return table.assign(**{"title": "", **known}), number


def _users(
    folder: Path, record: Record, columns: Mapping[str, Any], taken: pd.DataFrame
) -> tuple[int, int]:
    """The number of the first user, and how many there are."""
    first = record.options.get("first_user", 0)
    if type(first) is not int or first < 0:
        raise InputError(f"{folder}: option first_user is {first!r}: it must be a whole number")
    if "users.parquet" not in columns:
        last = whole_numbers(folder / "interactions.parquet", taken, "user", low=first)
        return first, int(last.max(initial=first - 1)) + 1 - first
    file = folder / "users.parquet"
    table = read_table(file, ("user", "id"))
    numbered = whole_numbers(file, table, "user", low=0)
    refuse_rows(numbered != np.arange(len(table)), file, "is not where its user number says")
    refuse_rows(table["id"].duplicated().to_numpy(), file, "repeats an id")
    return 0, len(table)


def _interactions(
    file: Path, table: pd.DataFrame, users: tuple[int, int], items: np.ndarray
) -> Interactions:
    if table.empty:
        raise InputError(f"{file}: holds no interaction; fetch or prepare it again")
    first, n_users = users
    user = whole_numbers(file, table, "user", low=first, high=first + n_users - 1) - first
    item = _rows(file, whole_numbers(file, table, "item", low=0), items)
    pair = user * len(items) + item
    refuse_rows(pd.Series(pair).duplicated().to_numpy(), file, "repeats a user and item")
    known: dict[str, np.ndarray] = {}
    if "split" in table:
        split = table["split"].map(_PARTS)
        refuse_rows(split.isna().to_numpy(), file, f"has a split other than {', '.join(_PARTS)}")
        known["split"] = split.to_numpy(dtype=str)
    for name in ("rating", "timestamp"):
        if name in table:
            known[name] = numbers(file, table, name)
            refuse_rows(np.isinf(known[name]), file, f"has an infinite {name}")
    if "position_in_user_history" in table:
        known["order"] = whole_numbers(file, table, "position_in_user_history", low=0)
    return Interactions(user, item, n_users=n_users, n_items=len(items), **known)


def _rows(file: Path, number: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Where each item number stands in items.parquet, (n_rows,) int64."""
    order = np.argsort(items)
    at = np.minimum(np.searchsorted(items, number, sorter=order), len(items) - 1)
    refuse_rows(items[order[at]] != number, file, "has an item that items.parquet lacks")
    return order[at]


def _vectors(folder: Path, name: str, entry: Mapping[str, Any], n_items: int) -> np.ndarray:
    file = folder / entry["file"]
    vectors = read_vectors(file, n_items, "items.parquet")
    made_by = Embedding.from_table(entry, f"{folder / FILE}: embeddings.{name}")
    made_by.check(vectors, str(file))
    return vectors.astype(np.float32, copy=False)


def _graph(file: Path, n_items: int) -> Neighbors:
    arrays = read_arrays(file, ("neighbors", "cosine"))
    try:
        graph = Neighbors(arrays["neighbors"], arrays["cosine"])
    except (InputError, ValueError) as error:
        raise InputError(f"{file}: {error}; fetch or prepare it again") from None
    if len(graph) != n_items:
        raise InputError(f"{file}: {len(graph)} rows, but items.parquet has {n_items}")
    return graph


def _found(items: pd.DataFrame, taken: Interactions | None) -> dict[str, int]:
    if taken is None:
        return {"items": len(items)}
    notes = {"interactions": len(taken), "users": taken.n_users, "items": len(items)}
    if taken.split is not None:
        notes |= {part: int((taken.split == part).sum()) for part in ("train", "valid", "test")}
    for name in ("rating", "timestamp"):
        values = getattr(taken, name)
        if values is not None:
            notes[f"{name}s_unknown"] = int(np.isnan(values).sum())
    return notes


def _missing(
    items: pd.DataFrame, vectors: Mapping[str, np.ndarray], graphs: Mapping[str, Neighbors]
) -> dict[str, int]:
    empty = {name: int((items[name] == "").sum()) for name in _TEXTS if name in items}
    empty = {name: n for name, n in empty.items() if not is_numeric_dtype(items[name])}
    absent = {name: int((~rows.any(axis=1)).sum()) for name, rows in vectors.items()}
    nan = {name: int(np.isnan(graph.cosine).sum()) for name, graph in graphs.items()}
    return (
        {f"items_without_{name}": n for name, n in empty.items()}
        | {f"items_without_{name}_vector": n for name, n in absent.items()}
        | {f"{name}_cosines_unknown": n for name, n in nan.items()}
    )
