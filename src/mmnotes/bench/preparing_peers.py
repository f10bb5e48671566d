"""Users, items and their pairs in a file of reviews, as each package has them counted.

Each function takes the path of a gzip file with one JSON object a line, and leaves out, round by
round, users and items with fewer than ``k_core`` pairs.
"""

from mmnotes.bench.works import Arrays, Values

FILE = "reviews.jsonl.gz"
_USER, _ITEM = _IDS = ["user_id", "parent_asin"]
_CHUNK = 100_000  # lines


def pandas(arrays: Arrays, k_core: int) -> Values:
    """``read_json`` in chunks, and what is left of each put together."""
    import pandas as pd

    # Without `dtype=False` an ASIN of digits alone would lose its zeros.
    with pd.read_json(arrays[FILE].item(), lines=True, chunksize=_CHUNK, dtype=False) as chunks:
        pairs = pd.concat([chunk[_IDS].drop_duplicates() for chunk in chunks]).drop_duplicates()
    while True:
        enough = pairs[_USER].map(pairs[_USER].value_counts()) >= k_core
        enough &= pairs[_ITEM].map(pairs[_ITEM].value_counts()) >= k_core
        if enough.all():
            break
        pairs = pairs[enough]
    return _values(pairs[_USER].nunique(), pairs[_ITEM].nunique(), len(pairs))


def polars(arrays: Arrays, k_core: int) -> Values:
    """``scan_ndjson``, streamed."""
    import polars as pl

    lines = pl.scan_ndjson(arrays[FILE].item())
    pairs = lines.select(_IDS).unique().collect(engine="streaming")
    n = None
    while n != len(pairs):
        n = len(pairs)
        pairs = pairs.filter((pl.len().over(_USER) >= k_core) & (pl.len().over(_ITEM) >= k_core))
    return _values(pairs[_USER].n_unique(), pairs[_ITEM].n_unique(), n)


def duckdb(arrays: Arrays, k_core: int) -> Values:
    """``read_json``, and SQL in memory."""
    import duckdb as db

    with db.connect(config={"threads": 1}) as con:
        con.execute(
            f"CREATE TABLE pairs AS SELECT DISTINCT {_USER}, {_ITEM} FROM read_json(?, "
            f"format='newline_delimited', columns={{{_USER}: 'VARCHAR', {_ITEM}: 'VARCHAR'}})",
            [arrays[FILE].item()],
        )
        few = " OR ".join(
            f"{name} IN (SELECT {name} FROM pairs GROUP BY {name} HAVING count(*) < {k_core})"
            for name in _IDS
        )
        while con.execute(f"DELETE FROM pairs WHERE {few}").fetchone() != (0,):
            pass
        ((n_users, n_items, n_pairs),) = con.execute(
            f"SELECT count(DISTINCT {_USER}), count(DISTINCT {_ITEM}), count(*) FROM pairs"
        ).fetchall()
    return _values(n_users, n_items, n_pairs)


def _values(n_users: int, n_items: int, n_pairs: int) -> Values:
    return {"users": n_users, "items": n_items, "pairs": n_pairs}
