"""A split for interactions that are about to be written."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.splits import split
from mmnotes.data.tables import Interactions

_COLUMNS = {"timestamp": "timestamp", "position_in_user_history": "order"}
_WRITTEN = {"train": "train", "valid": "val", "test": "test"}


def with_split(parts: Parts, how: str, seed: int) -> Parts:
    """The same parts, their interactions cut into train, val and test; see ``splits.split``.

    Unlike what comes before, this loads users, items and times of all interactions: some 100 bytes
    each. What the split leaves untestable is counted in the tally.

    Raises
    ------
    InputError
        If the split cannot be had of these interactions.
    """
    stored = parts.tables["interactions"]
    table = pd.read_parquet(stored) if isinstance(stored, Path) else stored
    known = {name: table[column].to_numpy() for column, name in _COLUMNS.items() if column in table}
    user, item = table["user"].to_numpy(), table["item"].to_numpy()
    rows = Interactions(user, item, n_users=user.max() + 1, n_items=item.max() + 1, **known)
    cut = split(rows, how, random_state=seed)
    for what, n in cut.report.items():
        parts.tally.read(f"{how} split: {what.replace('_', ' ')}", n)
    labels = pd.Series(cut.interactions.split, table.index).map(_WRITTEN)
    return replace(parts, tables={**parts.tables, "interactions": table.assign(split=labels)})
