"""What is in a dataset, in numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.prepared import Dataset
from mmnotes.data.record import Record
from mmnotes.data.tables import Catalog, Interactions


def describe(data: Dataset, record: Record) -> dict[str, Any]:
    """What is in a dataset, where does it come from, and what was dropped?

    Parameters
    ----------
    data : Dataset
    record : Record
        Of its folder; see ``read_record``.

    Returns
    -------
    dict
        Of texts, numbers, and dicts of them: as JSON can hold them.
    """
    told = {
        name: getattr(record, name)
        for name in ("about", "format", "prepared_with", "date", "licence", "citation")
    }
    found: dict[str, Any] = {
        "name": data.name,
        **told,
        "fingerprint": data.fingerprint,
        "options": dict(record.options),
        "counts when prepared": dict(record.counts),
        "dropped": {drop.why: {"n": drop.n, "first": drop.first} for drop in record.dropped},
        "items": _items(data.catalog),
        "interactions": {} if data.interactions is None else _interactions(data.interactions),
        "embeddings": {
            name: _vectors(rows) | dict(record.embeddings.get(name, {}))
            for name, rows in data.embeddings.items()
        },
        "graphs": {
            name: {
                "k": graph.k,
                "items among their own neighbours": int(
                    (graph.index == np.arange(len(graph))[:, None]).any(axis=1).sum()
                ),
                "cosines unknown": int(np.isnan(graph.cosine).sum()),
            }
            for name, graph in data.graphs.items()
        },
        "logs": {
            name: {"rounds": len(log), "actions": log.n_actions, "rewards": float(log.reward.sum())}
            for name, log in data.logs.items()
        },
        "arrays": {name: " × ".join(map(str, array.shape)) for name, array in data.arrays.items()},
        "found when read": dict(data.notes),
    }
    return {key: value for key, value in found.items() if value not in ({}, "")}


def _items(catalog: Catalog) -> dict[str, Any]:
    """How many items there are, and of how many each column knows something."""
    known = {name: int(_known(column).sum()) for name, column in catalog.items.items()}
    photos = {} if catalog.images is None else {"photos": len(catalog.images)}
    return {"n": len(catalog), "known": {name: n for name, n in known.items() if n}, **photos}


def _known(column: pd.Series) -> pd.Series:
    return column.notna() & ~column.isin([""])


def _interactions(rows: Interactions) -> dict[str, Any]:
    per_user = np.bincount(rows.user, minlength=rows.n_users)
    per_item = np.bincount(rows.item, minlength=rows.n_items)
    found: dict[str, Any] = {
        "rows": len(rows),
        "users": rows.n_users,
        "items taken": int((per_item > 0).sum()),
        "density": len(rows) / (rows.n_users * rows.n_items),
        "rows a user": _spread(per_user),
        "rows an item": _spread(per_item),
    }
    if rows.split is not None:
        found["split"] = _counted(rows.split)
    if rows.rating is not None:
        found["ratings"] = _counted(rows.rating)
    if rows.timestamp is not None:
        when = pd.to_datetime(pd.Series(rows.timestamp).dropna(), unit="s", utc=True)
        found["times"] = {
            "first": when.min().isoformat(),
            "last": when.max().isoformat(),
            "instants": int(when.nunique()),
        }
    return found


def _spread(counts: np.ndarray) -> Mapping[str, float]:
    return {
        "least": int(counts.min()),
        "median": float(np.median(counts)),
        "mean": float(counts.mean()),
        "most": int(counts.max()),
    }


def _counted(values: np.ndarray) -> dict[str, int]:
    """How often each value occurs, ``unknown`` for NaN."""
    labels = pd.Series(values).value_counts(dropna=False).sort_index()
    return {"unknown" if pd.isna(value) else str(value): int(n) for value, n in labels.items()}


def _vectors(rows: np.ndarray) -> dict[str, Any]:
    there = rows.any(axis=1)
    lengths = np.linalg.norm(rows[there], axis=1)
    return {
        "width": rows.shape[1],
        "zero rows": int((~there).sum()),
        "median length": float(np.median(lengths)) if len(lengths) else 0.0,
    }
