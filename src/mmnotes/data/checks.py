"""Checks that the tables of this room share."""

import numpy as np

from mmnotes.errors import InputError


def same_length(table: object, names: tuple[str, ...]) -> None:
    """Refuse columns of unequal length; those that are None are not there."""
    arrays = {name: getattr(table, name) for name in names if getattr(table, name) is not None}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{type(table).__name__}: columns differ in length: {lengths}")


def ids(values: np.ndarray, n: int, what: str) -> np.ndarray:
    """Ids as (n_rows,) int64, so that no later product of them overflows.

    Raises
    ------
    InputError
        If they are not one column of whole numbers in 0 … n - 1.
    """
    values = np.asarray(values)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "iu"):
        raise InputError(
            f"{what} ids must be (n_rows,) whole numbers, not {values.dtype} of shape "
            f"{values.shape}"
        )
    if len(values) and (values.min() < 0 or values.max() >= n):
        raise InputError(
            f"{what} ids run from {values.min()} to {values.max()}, but must lie in 0 … {n - 1}"
        )
    return values.astype(np.int64)


def mask(rows: np.ndarray, n_rows: int) -> np.ndarray:
    """Which rows to keep, (n_rows,) bool.

    Raises
    ------
    InputError
        If it is of another type or length: numbers would pick rows rather than keep them.
    """
    rows = np.asarray(rows)
    if rows.dtype != bool or rows.shape != (n_rows,):
        raise InputError(
            f"a mask of {n_rows} rows must be ({n_rows},) bool, not {rows.dtype} of shape "
            f"{rows.shape}"
        )
    return rows
