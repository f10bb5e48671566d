"""What the folders that others publish have in common: parts of a split, vectors of the items."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.features import read_features
from mmnotes.data.raw.published_tables import refuse_lines
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

MAX_ID = 2**25  # a file can claim any number of users and items for nothing
_FEATURES = {"image": "image_feat", "text": "text_feat"}


class Part(NamedTuple):
    """One part of a split.

    ``rows`` has columns user and item (whole numbers) and may have more; its index numbers the
    rows in the file. ``file`` is where they came from, ``row`` what a row is called there.
    """

    rows: pd.DataFrame
    file: Path
    row: str


def joined(parts: Mapping[str, Part], tally: Tally) -> pd.DataFrame:
    """One table of all parts, by user and item, in which each pair stands once.

    Parameters
    ----------
    parts : mapping from "train", "val" or "test" to Part
    tally : Tally
        Counts the interactions, and repeated pairs: the first is kept, in the order of ``parts``.

    Returns
    -------
    DataFrame
        user and item (int64), split, and the other columns.

    Raises
    ------
    InputError
        If there is no interaction, or a number is no id.
    """
    for name, (rows, file, row) in parts.items():
        tally.read(f"interactions of {name}", len(rows))
        for column in ("user", "item"):
            outside = (rows[column] < 0) | (rows[column] > MAX_ID)
            refuse_lines(outside, file, f"has a {column} out of 0 … {MAX_ID}", row)
    table = pd.concat([part.rows.assign(split=name) for name, part in parts.items()])
    if table.empty:
        places = " and ".join(str(part.file) for part in parts.values())
        raise InputError(f"{places}: no interaction is there; check that these are the files")
    twice = table.duplicated(["user", "item"]).to_numpy()
    if twice.any():
        first = int(twice.argmax())
        part = parts[table["split"].iloc[first]]
        where = f"{part.file.name} {part.row} {table.index[first]}"
        tally.drop("the user has the item already", where, int(twice.sum()))
    table = table[~twice].sort_values(["user", "item"], ignore_index=True)
    columns = ["user", "item", "split", *table.columns.drop(["user", "item", "split"])]
    return table[columns].astype({"user": np.int64, "item": np.int64})


def folder_parts(
    folder: Path,
    interactions: pd.DataFrame,
    tally: Tally,
    items: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    n_items: int = 0,
) -> Parts:
    """Interactions, with the item vectors that lie beside them in ``image_feat.npy`` and so on.

    Parameters
    ----------
    folder : Path
        Where the vectors are looked for; those that are not there are done without.
    interactions : DataFrame
        As ``joined`` gives them.
    tally : Tally
        Counts the vectors, and the items that nobody took.
    items, users : DataFrame (n, 2), optional
        Raw ids, row by row of the numbers; where there are none, the items are only numbered.
    n_items : int
        How many items there are at least.

    Raises
    ------
    InputError
        If an interaction is of an item or user that is in no row of ``items`` or ``users``, or the
        vectors are of another number of items.
    """
    n_items = max(n_items, int(interactions["item"].max()) + 1)
    n_users = int(interactions["user"].max()) + 1
    if items is None:
        items = pd.DataFrame({"item": np.arange(n_items)})
    for name, n, table in (("items", n_items, items), ("users", n_users, users)):
        if table is not None and len(table) < n:
            raise InputError(
                f"{folder}: {len(table)} {name} have an id, but there are {n} {name}; "
                "the files do not belong together"
            )
    files = {name: folder / f"{stem}.npy" for name, stem in _FEATURES.items()}
    there = {name: _FEATURES[name] for name, file in files.items() if file.is_file()}
    for name in files:
        tally.read(f"{name} vectors", len(items) if name in there else 0)
    tally.read("items without an interaction", len(items) - interactions["item"].nunique())
    return Parts(
        tables={"interactions": interactions, "items": items}
        | ({} if users is None else {"users": users}),
        tally=tally,
        vectors={stem: read_features(files[n], len(items), tally) for n, stem in there.items()},
        embeddings=there,
    )


def in_order(file: Path, ids: pd.Series, number: pd.Series) -> np.ndarray:
    """Raw ids, (n,) str, in the order of their numbers, which must be 0, 1, 2, … and each once.

    Both are indexed by the lines of the file.

    Raises
    ------
    InputError
        If an id is empty or comes twice, or a number is left out or comes twice.
    """
    refuse_lines(ids == "", file, "has an empty id")
    refuse_lines(ids.duplicated(), file, "has an id that comes twice")
    refuse_lines(number.duplicated(), file, "has a number that comes twice")
    refuse_lines((number < 0) | (number >= len(number)), file, "has a number too high or below 0")
    return ids.iloc[number.argsort()].to_numpy(dtype=object)
