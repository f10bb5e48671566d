"""Open Bandit from public copies: what two policies showed, how likely, and what was clicked."""

from pathlib import Path

import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.published_tables import column_names, read_columns
from mmnotes.data.raw.tally import Tally

_CAMPAIGNS = ("men", "women")
_POLICIES = ("random", "bts")
_ROUND = {
    "timestamp": "string",
    "item_id": "int64",
    "position": "int64",
    "click": "int64",
    "propensity_score": "float64",
    **{f"user_feature_{i}": "string" for i in range(4)},
}
_ITEM = {
    "item_id": "int64",
    "item_feature_0": "float64",
    **{f"item_feature_{i}": "string" for i in range(1, 4)},
}
_AFFINITY = "user-item_affinity_"


def read(folder: Path, tally: Tally) -> Parts:
    """What does the sample of Open Bandit hold that its repository ships?

    Described in Saito and others 2020, https://arxiv.org/abs/2008.07146.

    Parameters
    ----------
    folder : Path
        Holds ``obd/POLICY/CAMPAIGN/CAMPAIGN.csv`` for the policies random and bts and the campaigns
        men and women, and ``obd/random/CAMPAIGN/item_context.csv``.

    Returns
    -------
    Parts
        A table a log, ``random_men``, and a table of items a campaign, ``items_men``, row by row as
        published.

    Raises
    ------
    InputError
        If a file is missing or broken, or lacks a column.
    """
    tables = {}
    for campaign in _CAMPAIGNS:
        items = folder / "obd" / "random" / campaign / "item_context.csv"
        tables[f"items_{campaign}"] = _without_lines(read_columns(items, _ITEM))
        for policy in _POLICIES:
            file = folder / "obd" / policy / campaign / f"{campaign}.csv"
            affinities = {
                name: "float64" for name in column_names(file) if name.startswith(_AFFINITY)
            }
            log = _without_lines(read_columns(file, _ROUND | affinities))
            tables[f"{policy}_{campaign}"] = log
            tally.read(f"rounds of {policy}_{campaign}", len(log))
            tally.read(f"clicks of {policy}_{campaign}", int(log["click"].sum()))
    return Parts(tables=tables, tally=tally, reader="open_bandit")


def _without_lines(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)
