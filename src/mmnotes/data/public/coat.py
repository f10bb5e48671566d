"""Coat from public copies: ratings, propensities, and features with their names."""

from pathlib import Path

import numpy as np

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

# The copies have no names for the columns of features; these are those of the set itself.
_VALUES = {
    "item": {
        "gender": "men women",
        "jackettype": "bomber cropped field fleece insulated motorcycle other packable parkas pea "
        "rain shells track trench vests waterproof",
        "color": "beige black blue brown gray green multi navy olive other pink purple red",
        "onfrontpage": "yes no",
    },
    "user": {
        "gender": "men women",
        "age": "20-30 30-40 40-50 50-60 over_60 under_20",
        "location": "rural suburban urban",
        "fashioninterest": "moderately not_at_all very",
    },
}
_GRIDS = {"train_mnar": "train", "test_mcar": "test"}
_N_USERS, _N_ITEMS = 290, 300


def read(folder: Path, tally: Tally) -> Parts:
    """What do the public copies of Coat hold?

    Described in Schnabel and others 2016, https://proceedings.mlr.press/v48/schnabel16.html.

    Parameters
    ----------
    folder : Path
        Holds ``train.ascii``, ``test.ascii`` and ``propensities.ascii`` (290 users × 300 items),
        and ``user_item_features/`` with ``item_features.ascii`` and ``user_features.ascii``, in
        ``datasets/coat/``.

    Returns
    -------
    Parts
        ``coat.npz``, as ``mmnotes.data.coat`` reads it.

    Raises
    ------
    InputError
        If a file is missing, broken, or of another shape.
    """
    place = folder / "datasets" / "coat"
    arrays = {
        name: _whole(place / f"{stem}.ascii", (_N_USERS, _N_ITEMS)) for name, stem in _GRIDS.items()
    }
    for name in arrays:
        tally.read(f"ratings of {name}", int(np.count_nonzero(arrays[name])))
    propensities = _numbers(place / "propensities.ascii", (_N_USERS, _N_ITEMS))
    arrays["propensities"] = propensities.astype(np.float32)
    for whose, n in (("item", _N_ITEMS), ("user", _N_USERS)):
        names = _names(whose)
        file = place / "user_item_features" / f"{whose}_features.ascii"
        arrays[f"{whose}_features"] = _whole(file, (n, len(names)))
        arrays[f"{whose}_feature_names"] = names
    return Parts(tables={}, tally=tally, archives={"coat": arrays}, reader="coat")


def _names(whose: str) -> np.ndarray:
    """``gender:men`` and so on, one a column."""
    return np.array(
        [
            f"{feature}:{value.replace('_', ' ')}"
            for feature, values in _VALUES[whose].items()
            for value in values.split()
        ]
    )


def _numbers(file: Path, shape: tuple[int, int]) -> np.ndarray:
    try:
        values = np.loadtxt(file, ndmin=2)
    except FileNotFoundError:
        raise InputError(f"{file}: no such file; check the path") from None
    except (ValueError, OSError) as error:
        raise InputError(f"{file}: not a table of numbers ({error}); fetch it again") from None
    if values.shape != shape:
        raise InputError(f"{file}: shape {values.shape}, but Coat has {shape}; fetch it again")
    if not np.isfinite(values).all():
        raise InputError(f"{file}: holds NaN or infinity; fetch it again")
    return values


def _whole(file: Path, shape: tuple[int, int]) -> np.ndarray:
    values = _numbers(file, shape)
    if not np.isin(values, range(6)).all():
        raise InputError(f"{file}: holds other numbers than 0 … 5; fetch it again")
    return values.astype(np.int8)
