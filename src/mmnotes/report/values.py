"""Numbers that JSON can hold: plain Python values, and payloads with estimates in them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate

Value = float | int | bool | Estimate

_TAG = "__estimate__"
_FRAME = "__frame__"


def plain(value: Any, what: str) -> Value:
    """The same number without NumPy: float, int, bool or Estimate.

    Parameters
    ----------
    value : float, int, bool, Estimate, NumPy scalar, or array of one value without shape
    what : str
        What the number is, for the message: ``"record 'gain'"``.

    Raises
    ------
    InputError
        If it is not one number, or is NaN or infinite, or an interval is upside down.
    """
    if isinstance(value, Estimate):
        return _plain_estimate(value, what)
    return _plain_number(value, what)


def _plain_number(value: Any, what: str) -> float | int | bool:
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if not isinstance(value, bool | int | float):
        raise InputError(
            f"{what} must be one number, a bool or an Estimate, not {type(value).__name__}"
        )
    if not math.isfinite(value):
        raise InputError(f"{what} is {value}: find out why before showing it")
    return value


def _plain_estimate(estimate: Estimate, what: str) -> Estimate:
    value, low, high, level = (
        _plain_number(getattr(estimate, name), f"{what}, its {name},")
        for name in ("value", "low", "high", "level")
    )
    if low > high:
        raise InputError(f"{what} has an interval from {low} down to {high}: swap its low and high")
    users, seeds = int(estimate.n_users), int(estimate.n_seeds)
    return Estimate(float(value), float(low), float(high), users, seeds, float(level))


def freeze(payload: Any, where: str = "payload") -> Any:
    """The payload as strict JSON can hold it: estimates and tables tagged, arrays as lists.

    Raises
    ------
    InputError
        If a leaf is infinite, NaN outside a table's cell, or nothing that JSON knows; the message
        says which.
    """
    if isinstance(payload, pd.DataFrame):
        return _freeze_frame(payload, where)
    if isinstance(payload, Mapping):
        return {_key(k, where): freeze(leaf, f"{where}[{k!r}]") for k, leaf in payload.items()}
    if isinstance(payload, np.ndarray) and payload.ndim:
        payload = payload.tolist()
    if isinstance(payload, list | tuple):
        return [freeze(leaf, f"{where}[{i}]") for i, leaf in enumerate(payload)]
    if payload is None or isinstance(payload, str):
        return payload
    value = plain(payload, where)
    return {_TAG: value.to_dict()} if isinstance(value, Estimate) else value


def _freeze_frame(frame: pd.DataFrame, where: str) -> dict[str, Any]:
    cells = frame.astype(object).where(frame.notna(), None)  # an empty cell says: not measured
    columns = {str(name): column.tolist() for name, column in cells.items()}
    return {
        _FRAME: {
            "name": frame.index.name,
            "index": freeze(frame.index.tolist(), f"{where}: index"),
            "columns": freeze(columns, where),
        }
    }


def thaw(payload: Any) -> Any:
    """What ``freeze`` was given, with lists in place of arrays and tuples."""
    if isinstance(payload, dict):
        if set(payload) == {_TAG}:
            return Estimate.from_dict(payload[_TAG])
        if set(payload) == {_FRAME}:
            table = {key: thaw(part) for key, part in payload[_FRAME].items()}
            return pd.DataFrame(
                table["columns"], index=pd.Index(table["index"], name=table["name"]), dtype=object
            )
        return {key: thaw(leaf) for key, leaf in payload.items()}
    if isinstance(payload, list):
        return [thaw(leaf) for leaf in payload]
    return payload


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise InputError(f"{where}: keys must be text, not {key!r}; write str(key)")
    if key in (_TAG, _FRAME):
        raise InputError(f"{where}: the key {key!r} is taken; choose another")
    return key


def check_entry(entry: Any, data: str, where: str) -> None:
    """Refuse what is no entry of :func:`record_entry`, or one of other data than these.

    Raises
    ------
    InputError
        Beginning with ``where``.
    """
    known = record_entry(0.0, "", data, "run")
    if not isinstance(entry, dict) or set(entry) != set(known):
        raise InputError(f"{where} needs the fields {', '.join(known)} and no other")
    if entry["data"] != data:
        raise InputError(f"{where}: field 'data' is {entry['data']!r}, not {data!r}")
    without_interval = entry["low"] is entry["high"] is None
    for name in ("value",) if without_interval else ("value", "low", "high"):
        if not isinstance(entry[name], int | float):
            raise InputError(f"{where}: field {name!r} is {entry[name]!r}, no number")
    if not without_interval and entry["low"] > entry["high"]:
        raise InputError(
            f"{where}: field 'low' is {entry['low']}, above field 'high', {entry['high']}"
        )


def record_entry(value: Value, unit: str, data: str, source: str) -> dict[str, Any]:
    """One recorded value as the runner reads it: number, interval, unit and where it is from."""
    point = value.value if isinstance(value, Estimate) else value
    interval = value if isinstance(value, Estimate) else None
    return {
        "value": point,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "n_users": interval and interval.n_users,
        "n_seeds": interval and interval.n_seeds,
        "unit": unit,
        "data": data,
        "source": source,
    }
