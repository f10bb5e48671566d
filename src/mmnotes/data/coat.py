"""Coat: shoppers rated coats that they chose themselves, and coats drawn for them at random."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.data.files import read_arrays
from mmnotes.data.tables import Catalog, Interactions
from mmnotes.errors import InputError

_GRIDS = ("train_mnar", "test_mcar", "propensities")
_ONE_HOT = ("item_features", "user_features")


def read(folder: Path) -> dict[str, Any]:
    """Read the set from its folder.

    290 workers rated 24 coats of 300 that they picked, and 16 drawn at random (Schnabel and others
    2016, https://proceedings.mlr.press/v48/schnabel16.html). The first are the training part, the
    second an unbiased test; a pair may be in both.

    Parameters
    ----------
    folder : Path
        Holds ``coat.npz``: ``train_mnar``, ``test_mcar`` (ratings 1 to 5, 0 where there is none)
        and ``propensities``, users × items; ``item_features``, ``user_features`` (0/1) with their
        names (``gender:men``) in ``item_feature_names``, ``user_feature_names``.

    Returns
    -------
    dict
        ``catalog`` (content columns gender, jackettype, color; the platform decided on
        onfrontpage; titles are empty), ``interactions`` (split ``train`` and ``test``, with
        ratings), ``arrays``: ``propensity`` (n_users, n_items) float64, the estimated probability
        that a user rated an item in the training part, as the set brings it; ``user_features``
        (n_users, d) float32 and ``user_feature_names`` (d,). ``embeddings`` is empty. ``notes``
        counts both parts and the ``pairs_in_both``.

    Raises
    ------
    InputError
        If the file is broken, lacks an array, or holds values out of range; the message names it.
    """
    file = folder / "coat.npz"
    arrays = read_arrays(file, (*_GRIDS, *_ONE_HOT, *(f"{n[:-1]}_names" for n in _ONE_HOT)))
    n_users, n_items = _check_grids(file, arrays)
    content = _categories(file, arrays, "item", n_items)
    _categories(file, arrays, "user", n_users)
    chosen, drawn = arrays["train_mnar"], arrays["test_mcar"]
    notes = {
        "users": n_users,
        "items": n_items,
        "train": int(np.count_nonzero(chosen)),
        "test": int(np.count_nonzero(drawn)),
        "pairs_in_both": int(np.count_nonzero(chosen * drawn)),
    }
    policy = tuple(name for name in content if name == "onfrontpage")
    catalog = Catalog(
        name="coat",
        items=content.assign(title=""),
        content=tuple(name for name in content if name not in policy),
        policy=policy,
    )
    return {
        "catalog": catalog,
        "interactions": _ratings({"train": chosen, "test": drawn}),
        "embeddings": {},
        "arrays": {
            "propensity": arrays["propensities"].astype(np.float64),
            "user_features": arrays["user_features"].astype(np.float32),
            "user_feature_names": arrays["user_feature_names"],
        },
        "notes": notes,
    }


def _ratings(grids: dict[str, np.ndarray]) -> Interactions:
    """The cells of the grids that hold a rating, part by part."""
    cells = {part: np.nonzero(grid) for part, grid in grids.items()}
    n_users, n_items = grids["train"].shape
    return Interactions(
        user=np.concatenate([user for user, _ in cells.values()]),
        item=np.concatenate([item for _, item in cells.values()]),
        n_users=n_users,
        n_items=n_items,
        split=np.repeat(list(cells), [len(user) for user, _ in cells.values()]),
        rating=np.concatenate([grids[part][cell] for part, cell in cells.items()], dtype=float),
    )


def _check_grids(file: Path, arrays: dict[str, np.ndarray]) -> tuple[int, int]:
    shapes = {name: arrays[name].shape for name in _GRIDS}
    if len(set(shapes.values())) > 1 or arrays["train_mnar"].ndim != 2:
        raise InputError(f"{file}: users × items differ: {shapes}; fetch it again")
    for name in ("train_mnar", "test_mcar"):
        _refuse(file, name, ~np.isin(arrays[name], range(6)), "is no rating from 0 (none) to 5")
    propensity = arrays["propensities"]
    if propensity.dtype.kind != "f":
        raise InputError(f"{file}: propensities holds {propensity.dtype}, not probabilities")
    _refuse(file, "propensities", ~((propensity > 0) & (propensity <= 1)), "is not in (0, 1]")
    return shapes["train_mnar"]


def _categories(file: Path, arrays: dict[str, np.ndarray], whose: str, n: int) -> pd.DataFrame:
    """One column a feature ("gender"), from one 0/1 column a value ("gender:men")."""
    flags, names = arrays[f"{whose}_features"], arrays[f"{whose}_feature_names"]
    if flags.shape != (n, len(names)) or names.dtype.kind != "U":
        raise InputError(
            f"{file}: {whose}_features is {flags.shape}, but there are {n} {whose}s and "
            f"{len(names)} {whose}_feature_names; fetch it again"
        )
    _refuse(file, f"{whose}_features", ~np.isin(flags, (0, 1)), "is neither 0 nor 1")
    feature, _, value = np.char.partition(names, ":").T
    columns = {}
    for name in dict.fromkeys(feature.tolist()):
        of_it = feature == name
        rows = np.flatnonzero(flags[:, of_it].sum(axis=1) != 1)
        if len(rows):
            raise InputError(f"{file}: {whose} {rows[0]} has not exactly one {name}")
        columns[name] = value[of_it][flags[:, of_it].argmax(axis=1)]
    return pd.DataFrame(columns)


def _refuse(file: Path, name: str, bad: np.ndarray, fault: str) -> None:
    cells = np.argwhere(bad)
    if len(cells):
        row, column = cells[0]
        raise InputError(f"{file}: {name}[{row}, {column}] {fault}, and {len(cells)} cells in all")
