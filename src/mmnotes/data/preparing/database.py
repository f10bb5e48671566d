"""A DuckDB database whose tables need not fit into memory.

Sorting, grouping and joining a hundred million reviews is DuckDB's work
(https://duckdb.org/docs/stable/guides/performance/how_to_tune_workloads): it goes to disk where the
limit is reached, and pandas does not. Every order that matters is asked for, so that neither the
limit nor the number of threads changes a byte of what is written.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from mmnotes.errors import InputError

_ROWS = 2**18  # inserted at once: DuckDB compresses by row groups of 122,880


@contextmanager
def database(scratch: Path, memory: int, threads: int | None) -> Iterator[DuckDBPyConnection]:
    """A connection to a new database in this folder, which is also where it spills.

    Parameters
    ----------
    scratch : Path
    memory : int
        What DuckDB may hold, MiB. The process takes some more: Python, and a batch.
    threads : int or None
        All of the machine's if None.

    Raises
    ------
    InputError
        If DuckDB is not installed, or the memory or the disk does not suffice.
    """
    config: dict[str, Any] = {
        "memory_limit": f"{memory}MiB",
        "temp_directory": str(scratch / "spilled"),
        "preserve_insertion_order": False,  # it costs memory, and every order is asked for
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads is not None:
        config["threads"] = threads
    con = duckdb.connect(config=config)
    try:
        yield con
    except duckdb.OutOfMemoryException as error:
        raise InputError(
            f"{memory} MiB of memory do not suffice ({str(error).splitlines()[0]}); give more with "
            "--memory"
        ) from None
    except duckdb.IOException as error:
        raise InputError(f"{error}; is there room on the disk, and may it be written?") from None
    finally:
        con.close()


def insert(con: DuckDBPyConnection, sql: str, batches: Iterable[pa.RecordBatch]) -> int:
    """Run INSERTs that select from ``batch`` on the rows of a stream, some at a time.

    ``batch`` has their columns and ``row``, the place of each in the stream, from zero.

    Returns
    -------
    int
        How many rows the stream had.
    """
    row = 0
    for table in _gathered(batches):
        places = pa.array(np.arange(row, row + len(table)))
        con.register("batch", table.append_column("row", places))
        con.execute(sql)
        con.unregister("batch")
        row += len(table)
    return row


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= _ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def one(con: DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The only row of an answer."""
    row = con.execute(sql).fetchone()
    if row is None:
        raise LookupError(f"no row: {sql}")
    return row


def write(con: DuckDBPyConnection, sql: str, file: Path) -> None:
    """Write an answer, which must be ordered, as parquet."""
    name = str(file).replace("'", "''")
    con.execute(f"COPY ({sql}) TO '{name}' (FORMAT parquet)")
