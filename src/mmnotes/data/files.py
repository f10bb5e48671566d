"""Files of prepared datasets, read defensively: each error names the file and the field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.lib.npyio import NpzFile

from mmnotes.errors import InputError

_MOST = np.iinfo(np.int64).max

# `except Exception` below: in a broken file NumPy and pyarrow stumble anywhere in their parsers,
# over a KeyError, a TokenError or a RuntimeError as well as a ValueError.


def read_table(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a parquet file that must hold these columns.

    Raises
    ------
    InputError
        If pyarrow is not installed, or the file is broken or lacks a column.
    """
    try:
        table = pd.read_parquet(file)
    except ImportError:
        raise InputError(
            f"{file}: reading parquet needs pyarrow; install it with pip install 'mmnotes[data]'"
        ) from None
    except Exception as error:
        raise InputError(f"{file}: not a whole parquet file ({error}); fetch it again") from error
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise InputError(f"{file}: columns {absent} are missing; fetch it again")
    return table


def read_arrays(file: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Read arrays of an ``.npz`` file by name, never a pickle.

    Raises
    ------
    InputError
        If the file is broken or holds pickles, or has no array of a name.
    """
    archive = _load(file)
    if isinstance(archive, np.ndarray):
        raise InputError(f"{file}: holds a single array without a name; fetch it again")
    with archive:
        absent = [name for name in names if name not in archive]
        try:
            arrays = {name: archive[name] for name in names if name not in absent}
        except Exception as error:
            raise InputError(f"{file}: not whole arrays ({error}); fetch it again") from error
    if absent:
        raise InputError(f"{file}: arrays {absent} are missing; fetch it again")
    return arrays


def read_vectors(file: Path, n_rows: int, of: str) -> np.ndarray:
    """Read vectors from an ``.npy`` file, never a pickle: one finite row each row of ``of``.

    Raises
    ------
    InputError
        If the file is broken or a pickle, has another number of rows, or holds NaN.
    """
    vectors = open_vectors(file, n_rows, f"{of} has {n_rows} rows")
    refuse_rows(np.logical_not(np.isfinite(vectors).all(axis=1)), file, "holds NaN or infinity")
    return vectors


def open_vectors(
    file: Path, n_rows: int, wanted: str, mmap_mode: Literal["r"] | None = None
) -> np.ndarray:
    """Open an ``.npy`` file of floating-point vectors, (n_rows, d), whose values are not looked at.

    Parameters
    ----------
    wanted : str
        Why there must be so many rows, as an error says it.
    mmap_mode : "r", optional
        Leave the values on disk.

    Raises
    ------
    InputError
        If the file is broken or a pickle, or of another shape or type.
    """
    vectors = _load(file, mmap_mode)
    if not isinstance(vectors, np.ndarray):
        vectors.close()
        raise InputError(f"{file}: holds several arrays, not one; fetch it again")
    if vectors.ndim != 2 or len(vectors) != n_rows:
        raise InputError(f"{file}: shape {vectors.shape}, but {wanted}")
    if vectors.dtype.kind != "f":
        raise InputError(f"{file}: holds {vectors.dtype}, not floating-point numbers")
    return vectors


def read_whole(file: Path, most: int) -> bytes:
    """Read a file of at most so many bytes.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, or it is larger.
    """
    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= most else b""
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    if size > most:
        raise InputError(f"{file}: {size} bytes, but at most {most} are read")
    return content


def _load(file: Path, mmap_mode: Literal["r"] | None = None) -> np.ndarray | NpzFile:
    try:
        return np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
    except Exception as error:
        raise InputError(f"{file}: not a whole array ({error}); fetch it again") from error


def whole_numbers(
    file: Path, table: pd.DataFrame, column: str, low: int, high: int = _MOST
) -> np.ndarray:
    """A column of whole numbers from ``low`` to ``high``, (n_rows,) int64.

    Raises
    ------
    InputError
        If it holds anything else; the message names the first such row.
    """
    values = table[column].to_numpy()
    if values.dtype.kind not in "iu":
        raise InputError(f"{file}: column {column!r} holds {values.dtype}, not whole numbers")
    outside = (values < low) | (values > high)
    refuse_rows(outside, file, f"has a number out of {low} … {high} in column {column!r}")
    return values.astype(np.int64)


def numbers(file: Path, table: pd.DataFrame, column: str) -> np.ndarray:
    """A column of numbers, (n_rows,) float64; NaN where unknown.

    Raises
    ------
    InputError
        If it holds anything but numbers.
    """
    try:
        return table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"{file}: column {column!r} must hold numbers ({error})") from None


def texts(table: pd.DataFrame, column: str) -> np.ndarray:
    """A column of texts, (n_rows,) of str; empty where unknown."""
    return table[column].fillna("").astype(str).to_numpy(dtype=object)


def refuse_rows(bad: np.ndarray, file: Path, fault: str) -> None:
    """Raise an InputError that names the first row of a mask, and says how many there are."""
    rows = np.flatnonzero(bad)
    if len(rows):
        raise InputError(f"{file}: row {rows[0]} {fault}, and {len(rows)} rows in all")
