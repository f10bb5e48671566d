"""Folders of MMRec: interactions in a table, vectors and raw ids beside it."""

from pathlib import Path

import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.published_split import Part, folder_parts, in_order, joined
from mmnotes.data.raw.published_tables import column_names, read_columns, refuse_lines
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_PARTS = ("train", "val", "test")  # x_label 0, 1, 2


def read(folder: Path, tally: Tally) -> Parts:
    """What does a dataset folder of MMRec hold?

    See https://github.com/enoche/MMRec/tree/master/preprocessing for how such folders are made.

    Parameters
    ----------
    folder : Path
        Holds one ``NAME.inter``, tab-separated: userID, itemID, x_label (0 train, 1 validation,
        2 test), and where known rating and timestamp (seconds). Where they are there,
        ``image_feat.npy`` and ``text_feat.npy``, one row an item, and ``i_id_mapping.csv`` and
        ``u_id_mapping.csv``, tab-separated: a raw id and its number. Nothing else is read.
    tally : Tally
        Counts what was read and dropped.

    Returns
    -------
    Parts
        interactions by user, time and item.

    Raises
    ------
    InputError
        If a file is missing, broken, or does not match the others; the message names it.
    """
    files = sorted(folder.glob("*.inter"))
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise InputError(f"{folder}: there must be one file NAME.inter, but there is {found}")
    table = _interactions(files[0])
    label = table.pop("x_label")
    parts = {
        name: Part(table[label == number], files[0], "line") for number, name in enumerate(_PARTS)
    }
    interactions = joined(parts, tally)
    if "timestamp" in interactions:
        interactions = interactions.sort_values(["user", "timestamp", "item"], ignore_index=True)
    items = raw_ids(folder / "i_id_mapping.csv", "itemID", "item")
    users = raw_ids(folder / "u_id_mapping.csv", "userID", "user")
    return folder_parts(folder, interactions, tally, items=items, users=users)


def _interactions(file: Path) -> pd.DataFrame:
    table = read_columns(
        file,
        {"userID": "int64", "itemID": "int64", "x_label": "int64"},
        separator="\t",
        optional={"rating": "float64", "timestamp": "float64"},
    )
    refuse_lines(~table["x_label"].between(0, 2), file, "has an x_label that is none of 0, 1, 2")
    return table.rename(columns={"userID": "user", "itemID": "item"})


def raw_ids(file: Path, number: str, whose: str) -> pd.DataFrame | None:
    """The raw ids of the items or users, in the order of their numbers.

    Parameters
    ----------
    file : Path
        A mapping of MMRec, two tab-separated columns; the one of the ids goes by many names.
    number : str
        The column of the numbers, ``"itemID"`` or ``"userID"``.
    whose : str
        What the numbers are to be called, ``"item"`` or ``"user"``.

    Returns
    -------
    DataFrame (n, 2) or None
        ``whose``, and ``asin`` if it is called so, else ``id``. None where there is no file.
    """
    if not file.is_file():
        return None
    others = [name for name in column_names(file, "\t") if name != number]
    if len(others) != 1:
        raise InputError(f"{file}: there must be two tab-separated columns, {number!r} and the id")
    table = read_columns(file, {others[0]: "string", number: "int64"}, separator="\t")
    ids = in_order(file, table[others[0]], table[number])
    return pd.DataFrame({whose: range(len(ids)), "asin" if others[0] == "asin" else "id": ids})
