"""Amazon Grocery from public copies: who took what when, categories, complements, substitutes."""

from pathlib import Path

import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.documents import parse_json
from mmnotes.data.raw.published_tables import read_columns, refuse_lines
from mmnotes.data.raw.tally import Tally

_INTERACTIONS = {"user_id": "int64", "item_id": "int64", "time": "int64"}
_ITEMS = {
    "item_id": "int64",
    "i_category": "int64",
    "r_complement": "string",
    "r_substitute": "string",
}


def read(folder: Path, tally: Tally) -> Parts:
    """What do the public copies of Amazon Grocery hold?

    Parameters
    ----------
    folder : Path
        Holds ``train.csv`` (user_id, item_id, time) and ``item_meta.csv`` (item_id, i_category,
        r_complement, r_substitute), tab-separated, in ``data/Grocery_and_Gourmet_Food/``, as
        ReChorus makes them (https://github.com/THUwangcy/ReChorus). The last two interactions of
        each user are in other files of theirs, among negatives.

    Returns
    -------
    Parts
        interactions (user, item, timestamp in seconds, whole days) in the order of the file; items
        (item, category, complements, substitutes: lists of items). Users and items are numbered
        from 1, as they are published.

    Raises
    ------
    InputError
        If a file is missing, broken, or does not match the other.
    """
    place = folder / "data" / "Grocery_and_Gourmet_Food"
    items = _items(place / "item_meta.csv")
    file = place / "train.csv"
    table = read_columns(file, _INTERACTIONS, "\t")
    table.columns = ["user", "item", "timestamp"]
    refuse_lines(table["user"] < 1, file, "has a user below 1")
    refuse_lines(~table["item"].isin(items["item"]), file, "has an item not in item_meta.csv")
    refuse_lines(table.duplicated(["user", "item"]), file, "repeats a user and item")
    tally.read("interactions", len(table))
    tally.read("items", len(items))
    tally.read("items without an interaction", len(items) - table["item"].nunique())
    tables = {"interactions": table.reset_index(drop=True), "items": items}
    return Parts(tables=tables, tally=tally)


def _items(file: Path) -> pd.DataFrame:
    table = read_columns(file, _ITEMS, "\t")
    refuse_lines(table["item_id"] < 1, file, "has an item below 1")
    refuse_lines(table["item_id"].duplicated(), file, "repeats an item")
    known = set(table["item_id"])
    return pd.DataFrame(
        {
            "item": table["item_id"],
            "category": table["i_category"],
            "complements": _lists(file, table["r_complement"], known),
            "substitutes": _lists(file, table["r_substitute"], known),
        }
    ).reset_index(drop=True)


def _lists(file: Path, cells: pd.Series, known: set[int]) -> list[list[int]]:
    """The item numbers in cells like ``[6285, 194]``."""
    lists = [parse_json(cell.encode(), f"{file}: line {at}") for at, cell in cells.items()]
    wrong = [
        not (type(each) is list and all(type(item) is int and item in known for item in each))
        for each in lists
    ]
    refuse_lines(pd.Series(wrong, cells.index), file, f"has no list of known items in {cells.name}")
    return lists
