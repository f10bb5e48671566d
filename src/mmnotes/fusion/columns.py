"""Where the modalities lie in a stacked matrix: check it, cut it, take one out."""

from collections.abc import Mapping, Sequence

import numpy as np

from mmnotes.errors import InputError
from mmnotes.features.block import Layout, ModalityColumns

Context = slice | Sequence[int] | None


def check_layout(layout: Layout, X: np.ndarray) -> None:
    """Refuse a layout that does not fit X (n_rows, n_columns), or whose modalities overlap.

    Raises
    ------
    InputError
        Naming the modality: it lies outside X, claims another's column, or its presence column
        holds something else than 0 and 1.
    """
    if not isinstance(layout, Mapping) or not layout:
        raise InputError("layout must name at least one modality: use the one that stack() returns")
    taken = np.zeros(X.shape[1], dtype=int)
    for name, columns in layout.items():
        if not isinstance(columns, ModalityColumns):
            raise InputError(f"layout: {name!r} must be a ModalityColumns, not {columns!r}")
        where = columns_of(columns)
        if not len(where) or where.min() < 0 or where.max() >= X.shape[1]:
            raise InputError(f"layout: {name!r} lies outside a matrix of {X.shape[1]} columns")
        np.add.at(taken, where, 1)
        if taken.max() > 1:
            raise InputError(f"layout: column {int(taken.argmax())} of {name!r} is claimed twice")
        check_presence(X[:, columns.present], name)


def check_presence(column: np.ndarray, name: str) -> None:
    """Refuse a presence column (n_rows,) that holds something else than 0 and 1."""
    odd = np.flatnonzero((column != 0) & (column != 1))
    if len(odd):
        raise InputError(
            f"the presence column of {name!r} must hold 0 and 1, but row {odd[0]} holds "
            f"{column[odd[0]]}: is the layout the one of this matrix?"
        )


def columns_of(columns: ModalityColumns) -> np.ndarray:
    """Column numbers of a modality, values first and presence last, (d + 1,) int."""
    values = columns.values
    return np.append(np.arange(values.start, values.stop, values.step or 1), columns.present)


def context_columns(context: Context, layout: Layout, n_columns: int) -> np.ndarray:
    """Column numbers of the context, empty if there is none.

    Raises
    ------
    InputError
        If a column lies outside the matrix or belongs to a modality.
    """
    if context is None:
        return np.empty(0, dtype=int)
    where = np.arange(n_columns)[context] if isinstance(context, slice) else np.asarray(context)
    if not len(where) or where.dtype.kind not in "iu":
        raise InputError(f"context must be a slice or a list of columns of X, not {context!r}")
    if where.min() < 0 or where.max() >= n_columns:
        raise InputError(f"context {context!r} lies outside a matrix of {n_columns} columns")
    for name, columns in layout.items():
        if np.intersect1d(where, columns_of(columns)).size:
            raise InputError(f"context {context!r} overlaps the columns of {name!r}")
    return where


def present(X: np.ndarray, columns: ModalityColumns) -> np.ndarray:
    """Which rows have the modality, (n_rows,) bool."""
    return X[:, columns.present] != 0


def levels(columns: np.ndarray) -> np.ndarray:
    """Which of the one-hot columns (n_rows, n_levels) is set, (n_rows,) int, -1 for none.

    Raises
    ------
    InputError
        If a row holds something else than 0 and 1, or more than one 1.
    """
    odd = ((columns != 0) & (columns != 1)).any(axis=1) | (columns.sum(axis=1) > 1)
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise InputError(
            f"the gate needs one-hot context columns, but row {row} holds {columns[row].tolist()}"
        )
    return np.where(columns.any(axis=1), columns.argmax(axis=1), -1)


def without(
    X: np.ndarray, layout: Layout, modality: str, rows: np.ndarray | None = None
) -> np.ndarray:
    """What if this modality had not arrived? A copy of X with its values and presence at zero.

    Parameters
    ----------
    X : (n_rows, n_columns)
    layout : mapping of ModalityColumns
    modality : str
    rows : (n_rows,) bool, optional
        Only where True; all rows if not given.

    Raises
    ------
    InputError
        If the layout has no such modality, or the mask has another length.
    """
    if modality not in layout:
        raise InputError(f"no modality {modality!r} in the layout, which has {sorted(layout)}")
    rows = np.ones(len(X), dtype=bool) if rows is None else np.asarray(rows)
    if rows.dtype != bool or rows.shape != (len(X),):
        raise InputError(
            f"rows must be a mask, ({len(X)},) of bool, not {rows.shape} of {rows.dtype}"
        )
    X = X.copy()
    X[np.ix_(rows, columns_of(layout[modality]))] = 0
    return X
