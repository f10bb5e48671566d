"""Folders of LATTICE and its family: a JSON file a part, from users to lists of items."""

import re
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.documents import read_json
from mmnotes.data.raw.published_split import MAX_ID, Part, folder_parts, in_order, joined
from mmnotes.data.raw.published_tables import read_columns
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_PARTS = ("train", "val", "test")
_NUMBER = re.compile("0|[1-9][0-9]{0,8}")  # "07" would be a second name of user 7


def read(folder: Path, tally: Tally) -> Parts:
    """What does a dataset folder of LATTICE hold?

    See https://github.com/CRIPAC-DIG/LATTICE/blob/main/data/build_data.py for how such folders are
    made. MICRO, MMSSL and LLMRec read the same files.

    Parameters
    ----------
    folder : Path
        Holds ``5-core/train.json``, ``val.json`` and ``test.json``, or these files themselves: from
        the number of a user to the numbers of the items. Where they are there, ``image_feat.npy``
        and ``text_feat.npy`` in the folder, one row an item, and ``item_list.txt`` and
        ``user_list.txt`` beside the JSON: a raw id and its number on a line. Nothing else is read.
    tally : Tally
        Counts what was read and dropped.

    Returns
    -------
    Parts
        interactions by user and item.

    Raises
    ------
    InputError
        If a file is missing, broken, or does not match the others; the message names it.
    """
    core = folder / "5-core" if (folder / "5-core").is_dir() else folder
    parts = {name: _part(core / f"{name}.json") for name in _PARTS}
    interactions = joined(parts, tally)
    items = _raw_ids(core / "item_list.txt", "item")
    users = _raw_ids(core / "user_list.txt", "user")
    return folder_parts(folder, interactions, tally, items=items, users=users)


def _part(file: Path) -> Part:
    lists = read_json(file)
    if type(lists) is not dict or not all(type(items) is list for items in lists.values()):
        raise InputError(f"{file}: must go from the number of a user to a list of items")
    for user in lists:
        if not _NUMBER.fullmatch(user):
            raise InputError(f"{file}: user {user[:40]!r} is no whole number from 0")
    for user, items in lists.items():
        if not all(type(item) is int and 0 <= item <= MAX_ID for item in items):
            raise InputError(f"{file}: user {user}: an item is no whole number in 0 … {MAX_ID}")
    user = np.repeat([int(user) for user in lists], [len(items) for items in lists.values()])
    item = np.fromiter(chain.from_iterable(lists.values()), np.int64, len(user))
    return Part(pd.DataFrame({"user": user.astype(np.int64), "item": item}), file, "entry")


def _raw_ids(file: Path, whose: str) -> pd.DataFrame | None:
    if not file.is_file():
        return None
    table = read_columns(file, {"id": "string", "number": "int64"}, "\t", header=False)
    return pd.DataFrame(
        {whose: range(len(table)), "id": in_order(file, table["id"], table["number"])}
    )
