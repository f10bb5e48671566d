"""What is known of the items that somebody took."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from mmnotes.data.preparing.database import insert, one, write
from mmnotes.data.raw.tally import Tally

_TEXTS = ("title", "description", "brand", "category", "image_url")
_KNOWN = (*_TEXTS, "price")


def store_metadata(
    con: DuckDBPyConnection, metadata: Iterable[pa.RecordBatch], tally: Tally, file: Path
) -> None:
    """Store as ``metadata`` the first row of each kept item, and count the others."""
    columns = ", ".join(f"{name} VARCHAR" for name in _TEXTS)
    con.execute(f"CREATE TABLE described (number BIGINT, row BIGINT, {columns}, price DOUBLE)")
    con.execute("CREATE TABLE others (row BIGINT, id VARCHAR)")
    n_rows = insert(
        con,
        f"INSERT INTO described SELECT number, row, {', '.join(_KNOWN)} FROM batch "
        "JOIN kept_items ON item = id; "
        "INSERT INTO others SELECT row, item FROM batch ANTI JOIN kept_items ON item = id "
        "ORDER BY row LIMIT 1",
        metadata,
    )
    con.execute(
        "CREATE TABLE metadata AS FROM described SEMI JOIN "
        "(SELECT min(row) AS row FROM described GROUP BY number) AS first USING (row)"
    )
    (n_described,) = one(con, "SELECT count(*) FROM described")
    (n_kept,) = one(con, "SELECT count(*) FROM metadata")
    if n_described < n_rows:
        (item,) = one(con, "SELECT arg_min(id, row) FROM others")
        where = f"{file.name} item {item}"
        tally.drop("metadata of an item that nobody took", where, n_rows - n_described)
    if n_kept < n_described:
        (item,) = one(
            con,
            "SELECT arg_min(id, row) FROM described ANTI JOIN metadata USING (row) "
            "JOIN kept_items USING (number)",
        )
        where = f"{file.name} item {item}"
        tally.drop("metadata of an item that came before", where, n_described - n_kept)
    tally.read("items with metadata", n_kept)


def write_items(
    con: DuckDBPyConnection, id_name: str, scratch: Path, tally: Tally, described: bool
) -> Path:
    """Write the kept items by number, with what is known of them.

    An item without metadata stays, with empty fields. A column in which nothing is known is left
    out.

    Parameters
    ----------
    id_name : str
        What the raw id is called: ``"asin"`` or ``"id"``.
    described : bool
        Whether there is a table ``metadata``.
    """
    columns = ["item.number AS item", f"item.id AS {id_name}"]
    tables = "kept_items AS item"
    if described:
        counts = one(con, f"SELECT {', '.join(f'count({name})' for name in _KNOWN)} FROM metadata")
        for name, n in zip(_KNOWN, counts, strict=True):
            tally.read(f"items with {name}", n)
            columns += [name] if n else []
        tables += " LEFT JOIN metadata USING (number)"
    file = scratch / "items.parquet"
    write(con, f"SELECT {', '.join(columns)} FROM {tables} ORDER BY item.number", file)
    return file


def write_vectors(
    con: DuckDBPyConnection,
    blocks: Iterator[tuple[np.ndarray, np.ndarray]],
    width: int,
    scratch: Path,
    tally: Tally,
    file: Path,
) -> Path:
    """Write the vectors of the kept items, one row each; a zero row where there is none.

    Parameters
    ----------
    blocks : iterator of (ids, vectors)
        No id twice; (n,) of str and (n, width) float32.
    file : Path
        Where they came from.
    """
    numbers = dict(con.execute("SELECT id, number FROM kept_items").fetchall())
    target = scratch / "vectors.npy"
    shape = (len(numbers), width)
    vectors = np.lib.format.open_memmap(target, "w+", np.float32, shape)  # zero, and sparse on disk
    found = 0
    for ids, block in blocks:
        number = np.array([numbers.get(each, -1) for each in ids], np.int64)
        kept = number >= 0
        vectors[number[kept]] = block[kept]
        found += int(kept.sum())
        if not kept.all():
            where = f"{file.name} item {ids[np.argmin(kept)]}"
            tally.drop("the image vector of an item that nobody took", where, int((~kept).sum()))
    vectors.flush()
    tally.read("items with an image vector", found)
    return target
