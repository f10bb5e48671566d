"""The tables in DuckDB, against the same by hand."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.preparing import database as room
from mmnotes.data.preparing import pairs
from mmnotes.data.raw.schemas import REVIEWS
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

FILE = Path("reviews.json")
# Ids whose order differs by byte, by code point of UTF-16, by alphabet and by number.
IDS = st.sampled_from(
    ["A", "B", "a", "ä", "Z", "10", "9", "é", "\U0001f600", "\uffee", "A ", "a'b"]
)
REVIEW = st.tuples(
    IDS,
    IDS,
    st.none() | st.integers(1, 5).map(float),
    st.none() | st.sampled_from([0.0, 1.5, 1e9]),
)


def prepared(rows, folder, k_core=1, memory=128, threads=1, size=3):
    """Interactions and users as they are written, and the tally."""
    table = pa.table(list(zip(*rows, strict=True)) or [[]] * 4, schema=REVIEWS)
    tally = Tally()
    with room.database(folder, memory, threads) as con:
        pairs.store_reviews(con, table.to_batches(max_chunksize=size))
        pairs.keep_earliest(con, tally, FILE)
        pairs.keep_core(con, k_core, tally, FILE)
        pairs.number_kept(con)
        files = pairs.write_pairs(con, folder)
    return {name: pd.read_parquet(file) for name, file in files.items()}, tally


def by_hand(rows, k):
    """The same without a database: who took what, in raw ids, and how many were dropped when."""
    late = float("inf")
    first: dict = {}
    for place, (user, item, rating, time) in enumerate(rows):
        key = (late if time is None else time, place)
        if (user, item) not in first or key < first[user, item][0]:
            first[user, item] = key, rating, time
    rounds = []
    while True:
        n = [Counter(pair[side] for pair in first) for side in (0, 1)]
        kept = {p: v for p, v in first.items() if min(n[0][p[0]], n[1][p[1]]) >= k}
        if len(kept) == len(first):
            break
        rounds.append(len(first) - len(kept))
        first = kept
    users, items = (sorted({pair[side] for pair in first}, key=str.encode) for side in (0, 1))
    table = [
        (users.index(user), items.index(item), rating, time)
        for (user, item), (_, rating, time) in first.items()
    ]
    table.sort(key=lambda row: (row[0], late if row[3] is None else row[3], row[1]))
    return table, users, rounds


@settings(max_examples=30, deadline=None)
@given(st.lists(REVIEW, min_size=1, max_size=40), st.integers(1, 3))
def test_the_same_by_hand(tmp_path_factory, rows, k):
    table, users, rounds = by_hand(rows, k)
    folder = tmp_path_factory.mktemp("pairs")
    if not table:
        with pytest.raises(InputError, match=f"no user and item have {k} interactions each"):
            prepared(rows, folder, k)
        return
    found, tally = prepared(rows, folder, k)
    taken = found["interactions"]
    for name in ("rating", "timestamp"):  # a column in which nothing is known is not there
        if name not in taken:
            assert all(row[("rating", "timestamp").index(name) + 2] is None for row in table)
            taken[name] = None
    plain = taken[["user", "item", "rating", "timestamp"]].astype(object)
    plain = plain.where(plain.notna(), None)
    assert [tuple(row) for row in plain.to_numpy()] == table
    assert found["users"]["id"].tolist() == users
    assert found["users"]["user"].tolist() == list(range(len(users)))
    dropped = {why: drop.n for why, drop in tally.dropped.items()}
    expected = {
        f"a user or item with fewer than {k} interactions, round {i}": n
        for i, n in enumerate(rounds, start=1)
    }
    repeated = len(rows) - len({row[:2] for row in rows})
    if repeated:
        expected["a later review of the same item by the same user"] = repeated
    assert dropped == expected


def test_numbers_do_not_depend_on_the_order_of_the_file(tmp_path):
    rows = [("b", "y", 1.0, 1.0), ("a", "x", 2.0, 2.0), ("b", "x", 3.0, 3.0)]
    one, other = (prepared(r, tmp_path)[0] for r in (rows, rows[::-1]))
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name])


def test_the_first_dropped_is_named(tmp_path):
    rows = [("u", "i", 1.0, 5.0), ("u", "i", 2.0, 4.0), ("v", "i", 1.0, 1.0), ("v", "j", 1.0, 1.0)]
    found, tally = prepared(rows, tmp_path)
    assert found["interactions"]["rating"].tolist() == [2.0, 1.0, 1.0]  # the earliest is kept
    assert tally.dropped["a later review of the same item by the same user"].first == (
        "reviews.json user u, item i"
    )
    rows = [(u, i, 1.0, 1.0) for u in "uv" for i in "ij"] + [("w", "j", 1.0, 1.0)]
    _, tally = prepared(rows, tmp_path, k_core=2)
    drop = tally.dropped["a user or item with fewer than 2 interactions, round 1"]
    assert (drop.n, drop.first) == (1, "reviews.json user w")


def test_no_review(tmp_path):
    with pytest.raises(InputError, match=r"reviews\.json: there is no review, so nothing is left"):
        prepared([], tmp_path)


@pytest.mark.parametrize(("memory", "threads"), [(128, 1), (128, 2), (1024, 3)])
def test_memory_and_threads_change_no_byte(tmp_path, memory, threads):
    def written(name, memory, threads):
        folder = tmp_path / name
        folder.mkdir()
        prepared(rows, folder, 2, memory, threads, size=5000)
        return [(folder / f"{part}.parquet").read_bytes() for part in ("interactions", "users")]

    rows = [(f"u{i * 7919 % 5003}", f"i{i * i % 997}", 1.0, float(i % 50)) for i in range(20_000)]
    assert written("one", memory, threads) == written("two", 512, 1)


def test_what_does_not_fit_goes_to_disk(tmp_path):
    """Some 60 MB of ids, twice, in 64 MiB."""
    n = 400_000
    ids = pa.array([f"user-with-a-long-name-{i:0>110}" for i in range(n)])
    rest = [pa.array(["x"]).take(pa.array([0] * n)), pa.nulls(n, pa.float64())]
    batch = pa.record_batch([ids, *rest, rest[1]], schema=REVIEWS)
    with room.database(tmp_path, 64, 1) as con:
        pairs.store_reviews(con, [batch.slice(i, 50_000) for i in range(0, n, 50_000)])
        assert room.one(con, "SELECT count(DISTINCT user) FROM reviews") == (n,)
        assert any((tmp_path / "spilled").iterdir())


def test_a_disk_that_cannot_be_written_says_so(tmp_path):
    with (
        pytest.raises(InputError, match=r"gone.* is there room on the disk"),
        room.database(tmp_path, 128, 1) as con,
    ):
        room.write(con, "SELECT 1 AS x", tmp_path / "gone" / "it's.parquet")


def test_too_little_memory_says_so(tmp_path):
    with (
        pytest.raises(InputError, match=r"2 MiB of memory do not suffice .*--memory"),
        room.database(tmp_path, 2, 1) as con,
    ):
        con.execute("CREATE TABLE big AS SELECT range::VARCHAR AS x FROM range(3000000) ORDER BY x")
