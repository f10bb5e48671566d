"""Open Bandit: what two policies showed in a fashion shop, how likely, and what was clicked."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.files import numbers, read_table, refuse_rows, whole_numbers
from mmnotes.data.logged import LoggedActions
from mmnotes.data.tables import Catalog
from mmnotes.errors import InputError

_CAMPAIGNS = ("men", "women")
_POLICIES = ("random", "bts")
_ITEM = tuple(f"item_feature_{i}" for i in range(4))
_USER = tuple(f"user_feature_{i}" for i in range(4))
_ROUND = ("timestamp", "item_id", "position", "click", "propensity_score", *_USER)
_AFFINITY = "user-item_affinity_"


def read(folder: Path) -> dict[str, Any]:
    """Read the set from its folder.

    Two campaigns, each logged under a uniformly random policy and under Bernoulli Thompson
    sampling (``bts``), 10,000 rounds a log (Saito and others 2020, https://arxiv.org/abs/2008.07146).
    A round is one of three places of a page: one item, the probability that the policy would put
    it there, and whether it was clicked.

    Parameters
    ----------
    folder : Path
        Holds ``items_CAMPAIGN.parquet`` and ``POLICY_CAMPAIGN.parquet`` for the campaigns men and
        women and the policies random and bts.

    Returns
    -------
    dict
        ``catalog``: the items of men, then those of women, with ``campaign`` and ``action`` (the
        number that the logs of the campaign know it by); titles are empty. ``interactions`` (None:
        users are not told apart). ``logs``: ``random_men``, ``bts_men``, ``random_women``,
        ``bts_women``, with four hashed user features as context. ``embeddings`` is empty.
        ``notes`` counts rounds and clicks of each log, and what was dropped:
        ``affinity_columns_dropped``, past clicks of the user on each item, and
        ``affinities_dropped``, those that are not zero.

    Raises
    ------
    InputError
        If a file is broken, lacks a column, or holds a value out of range; the message names it.
    """
    items = {name: _items(folder / f"items_{name}.parquet", name) for name in _CAMPAIGNS}
    logs: dict[str, LoggedActions] = {}
    notes = {"affinity_columns_dropped": 0, "affinities_dropped": 0}
    for campaign in _CAMPAIGNS:
        for policy in _POLICIES:
            name = f"{policy}_{campaign}"
            file = folder / f"{name}.parquet"
            table = read_table(file, _ROUND)
            logs[name] = _log(file, table, len(items[campaign]))
            affinity = table[[column for column in table if column.startswith(_AFFINITY)]]
            notes[f"{name}_rounds"] = len(table)
            notes[f"{name}_clicks"] = int(logs[name].reward.sum())
            notes["affinity_columns_dropped"] += affinity.shape[1]
            notes["affinities_dropped"] += int((affinity != 0).to_numpy().sum())
    catalog = Catalog(
        name="open-bandit",
        items=pd.concat(items.values()).assign(title=""),
        content=_ITEM,
    )
    return {
        "catalog": catalog,
        "interactions": None,
        "embeddings": {},
        "logs": logs,
        "notes": notes,
    }


def _items(file: Path, campaign: str) -> pd.DataFrame:
    table = read_table(file, ("item_id", *_ITEM))
    action = whole_numbers(file, table, "item_id", low=0)
    refuse_rows(action != np.arange(len(action)), file, "is not where its item_id says")
    return table[list(_ITEM)].assign(campaign=campaign, action=action)


def _log(file: Path, table: pd.DataFrame, n_actions: int) -> LoggedActions:
    if table.empty:
        raise InputError(f"{file}: holds no round; fetch it again")
    time = pd.to_datetime(table["timestamp"], utc=True, format="ISO8601", errors="coerce")
    refuse_rows(time.isna().to_numpy(), file, "has a timestamp that is no time")
    propensity = numbers(file, table, "propensity_score")
    impossible = ~((propensity > 0) & (propensity <= 1))
    refuse_rows(impossible, file, "has a propensity_score out of (0, 1]")
    return LoggedActions(
        action=whole_numbers(file, table, "item_id", low=0, high=n_actions - 1),
        reward=whole_numbers(file, table, "click", low=0, high=1),
        propensity=propensity,
        n_actions=n_actions,
        position=whole_numbers(file, table, "position", low=1),
        time=((time - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)).to_numpy(),
        context=table[list(_USER)],
    )
