"""Work: from a file of reviews, as Amazon's of 2023, to who took what, once each."""

from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from mmnotes.bench import preparing_peers as peers
from mmnotes.bench.generated_reviews import write_reviews
from mmnotes.bench.works import OURS, Arrays, Implementation, Values, Work

_CORE = 5
_COUNTS = "counts only: checks no line, gives nobody a number, sorts and writes nothing"


def _ours(arrays: Arrays, k_core: int) -> Values:
    from mmnotes.data.options import Options
    from mmnotes.data.preparing.prepare import prepare
    from mmnotes.data.preparing.reviews import RawFiles

    raw = RawFiles("amazon-2023", Path(arrays[peers.FILE].item()))
    with TemporaryDirectory(prefix="mmnotes-bench-") as folder:
        record = prepare(Path(folder) / "prepared", raw, Options(k_core=k_core, threads=1))
    tables = {"users": "users", "items": "items", "pairs": "interactions"}
    return {name: record.counts[table] for name, table in tables.items()}


@cache
def _written(size: int) -> tuple[Path, TemporaryDirectory]:
    """A file of reviews, written once, and the folder that goes with this process."""
    folder = TemporaryDirectory(prefix="mmnotes-bench-")
    file = Path(folder.name) / peers.FILE
    write_reviews(size, file)
    return file, folder


def _link(size: int, file: Path) -> None:
    """The same file for both works: it takes longer to write than to read."""
    file.hardlink_to(_written(size)[0])


WORKS = tuple(
    Work(
        f"{{size:,}} reviews, prepared{filtered}",
        size=10_000_000,
        quick=100_000,
        make=lambda size: {},
        implementations=(
            Implementation(
                OURS,
                partial(_ours, k_core=k_core),
                "mmnotes.data.preparing.prepare",
                hint="pip install 'mmnotes[data]'",
            ),
            Implementation(
                "DuckDB, read_json", partial(peers.duckdb, k_core=k_core), "duckdb", about=_COUNTS
            ),
            Implementation(
                "Polars, scan_ndjson",
                partial(peers.polars, k_core=k_core),
                "polars",
                about=f"{_COUNTS}; decompresses in a thread of its own",
            ),
            Implementation(
                "pandas, read_json in chunks",
                partial(peers.pandas, k_core=k_core),
                "pandas",
                about=_COUNTS,
            ),
        ),
        files={peers.FILE: _link},
        unit="reviews",
    )
    for k_core, filtered in ((1, ""), (_CORE, f", {_CORE}-core"))
)
