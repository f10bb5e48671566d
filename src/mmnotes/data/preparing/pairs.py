"""Who took what, once each, from reviews that do not fit into memory."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from mmnotes.data.preparing.database import insert, one, write
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_IDS = ("user", "item")


def store_reviews(con: DuckDBPyConnection, reviews: Iterable[pa.RecordBatch]) -> None:
    """Store a stream of reviews as ``reviews``, with users and items as numbers.

    ``users`` and ``items`` have the raw ids in ``id``, numbered in the order of their bytes:
    neither the order of the file nor the process decides on a number.
    """
    con.execute(
        "CREATE TABLE raw (user VARCHAR, item VARCHAR, rating DOUBLE, timestamp DOUBLE, row BIGINT)"
    )
    insert(con, "INSERT INTO raw SELECT user, item, rating, timestamp, row FROM batch", reviews)
    for name in _IDS:
        con.execute(
            f"CREATE TABLE {name}s AS SELECT {name} AS id, row_number() OVER (ORDER BY {name}) - 1 "
            f"AS number FROM (SELECT DISTINCT {name} FROM raw)"
        )
    con.execute(
        "CREATE TABLE reviews AS SELECT users.number AS user, items.number AS item, rating, "
        "timestamp, row FROM raw JOIN users ON raw.user = users.id "
        "JOIN items ON raw.item = items.id"
    )
    con.execute("DROP TABLE raw")


def keep_earliest(con: DuckDBPyConnection, tally: Tally, file: Path) -> None:
    """Store as ``pairs`` the earliest review of each user and item, and count the others.

    Of reviews at the same time, the first of the file; one whose time is unknown comes last.
    """
    con.execute(
        "CREATE TABLE pairs AS SELECT *, row_number() OVER (PARTITION BY user, item ORDER BY "
        "timestamp NULLS LAST, row) AS nth FROM reviews"
    )
    con.execute("DROP TABLE reviews")
    n, row = one(con, "SELECT count(*), min(row) FROM pairs WHERE nth > 1")
    if n:
        user, item = one(
            con,
            "SELECT users.id, items.id FROM pairs JOIN users ON pairs.user = users.number "
            f"JOIN items ON pairs.item = items.number WHERE row = {row}",
        )
        where = f"{file.name} user {user}, item {item}"
        tally.drop("a later review of the same item by the same user", where, n)
        con.execute("DELETE FROM pairs WHERE nth > 1")


def keep_core(con: DuckDBPyConnection, k: int, tally: Tally, file: Path) -> None:
    """Keep the pairs of users and items that have at least ``k`` pairs each, and count the others.

    Who falls below takes others along, so it is done in rounds until nobody does: what is left is
    the largest set of that property (Seidman 1983, https://doi.org/10.1016/0378-8733(83)90028-X).
    """
    rounds = 0
    while k > 1:
        first = ""
        for name in _IDS:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE few_{name}s AS SELECT {name} FROM pairs "
                f"GROUP BY {name} HAVING count(*) < {k}"
            )
            (number,) = one(con, f"SELECT min({name}) FROM few_{name}s")
            if number is not None and not first:
                (raw,) = one(con, f"SELECT id FROM {name}s WHERE number = {number}")
                first = f"{file.name} {name} {raw}"
        if not first:
            break
        rounds += 1
        (n,) = one(
            con,
            "DELETE FROM pairs WHERE user IN (FROM few_users) OR item IN (FROM few_items)",
        )
        tally.drop(f"a user or item with fewer than {k} interactions, round {rounds}", first, n)
    if one(con, "SELECT count(*) FROM pairs") == (0,):
        what = f"no user and item have {k} interactions each" if rounds else "there is no review"
        raise InputError(f"{file}: {what}, so nothing is left to prepare")


def number_kept(con: DuckDBPyConnection) -> None:
    """Store as ``kept_users`` and ``kept_items`` those with a pair: id, old and new number."""
    for name in _IDS:
        con.execute(
            f"CREATE TABLE kept_{name}s AS SELECT number AS old, id, row_number() OVER "
            f"(ORDER BY number) - 1 AS number FROM {name}s "
            f"WHERE number IN (SELECT DISTINCT {name} FROM pairs)"
        )


def write_pairs(con: DuckDBPyConnection, scratch: Path) -> dict[str, Path]:
    """Write interactions, by user, time and item, and the users.

    Returns
    -------
    dict of Path
        ``interactions`` (user, item, and timestamp and rating where any is known) and ``users``.
    """
    files = {name: scratch / f"{name}.parquet" for name in ("interactions", "users")}
    known = ("timestamp", "rating")
    counts = one(con, f"SELECT {', '.join(f'count({name})' for name in known)} FROM pairs")
    columns = [name for name, n in zip(known, counts, strict=True) if n]
    write(
        con,
        f"SELECT {', '.join(['u.number AS user', 'i.number AS item', *columns])} FROM pairs "
        "JOIN kept_users u ON pairs.user = u.old JOIN kept_items i ON pairs.item = i.old "
        "ORDER BY u.number, timestamp NULLS LAST, i.number",
        files["interactions"],
    )
    write(con, "SELECT number AS user, id FROM kept_users ORDER BY number", files["users"])
    return files
