"""Small published tables: columns of text files, typed, with errors that name the line."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from mmnotes.data.extras import need
from mmnotes.errors import InputError

_NONE: Mapping[str, str] = MappingProxyType({})


def read_columns(
    file: Path,
    columns: Mapping[str, str],
    separator: str = ",",
    optional: Mapping[str, str] = _NONE,
    header: bool = True,
) -> pd.DataFrame:
    """Which values stand in these columns of a text file?

    For files whose form is known. A reader's own table, of which some rows may be malformed, is
    the work of ``raw.table``.

    Parameters
    ----------
    file : Path
        UTF-8, one row a line. Quotes are plain characters.
    columns : mapping from name to "int64", "float64" or "string"
        Those to read.
    separator : str
    optional : mapping
        Those to read if they are there; all others are left out.
    header : bool
        Does the first line name the columns? If not, ``columns`` are all that there are.

    Returns
    -------
    DataFrame (n_rows, n_columns)
        The index is the line in the file, from 1.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, has a row of another length, or a value that is
        missing, of another type or not finite; the message names the line ("Row #3" is line 3).
    """
    csv, arrow = need("pyarrow.csv"), need("pyarrow")
    there = column_names(file, separator) if header else list(columns)
    absent = [name for name in columns if name not in there]
    if absent:
        raise InputError(f"{file}: columns {absent} are missing; there is {', '.join(there)[:200]}")
    kinds = {**columns, **{name: kind for name, kind in optional.items() if name in there}}
    try:
        table = csv.read_csv(
            file,
            # Only one thread knows which row it is at.
            read_options=csv.ReadOptions(use_threads=False, column_names=None if header else there),
            parse_options=csv.ParseOptions(
                delimiter=separator, quote_char=False, ignore_empty_lines=False
            ),
            convert_options=csv.ConvertOptions(
                column_types={name: arrow.type_for_alias(kind) for name, kind in kinds.items()},
                include_columns=list(kinds),
                null_values=[],
            ),
        )
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not the table that it should be ({error})") from None
    frame = table.to_pandas()
    frame.index += 2 if header else 1
    for name in frame.select_dtypes("float"):
        refuse_lines(~np.isfinite(frame[name]), file, f"has no finite number in column {name!r}")
    return frame


def column_names(file: Path, separator: str = ",") -> list[str]:
    """What are the columns called, on the first line of a text file?

    Raises
    ------
    InputError
        If the file cannot be read, or a name comes twice.
    """
    try:
        with file.open("rb") as stream:
            line = stream.readline(2**20).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not text in UTF-8 ({error})") from None
    names = line.rstrip("\r\n").split(separator)
    if len(set(names)) < len(names):
        raise InputError(f"{file}: line 1: a column name comes twice")
    return names


def refuse_lines(bad: pd.Series, file: Path, fault: str, row: str = "line") -> None:
    """Raise an InputError that names the first row of a mask by its index, and says how many."""
    if bad.any():
        raise InputError(f"{file}: {row} {bad.idxmax()} {fault}, and {int(bad.sum())} in all")
