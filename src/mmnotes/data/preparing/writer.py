"""Parts, written as a dataset folder."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from mmnotes import __version__
from mmnotes.data.embedding import Embedding
from mmnotes.data.preparing.parts import Parts
from mmnotes.data.preparing.workshop import put, refuse_existing, workshop
from mmnotes.data.record import Drop, Record, StoredFile, file_sha256, write_record
from mmnotes.errors import InputError

_BLOCK_BYTES = 2**24


def write_dataset(
    out: Path, parts: Parts | Callable[[Path], Parts], record: Record, force: bool = False
) -> Record:
    """Write a dataset folder: whole, or not at all.

    It is written beside ``out`` and then takes the name in one step.

    Parameters
    ----------
    out : Path
        The folder to be.
    parts : Parts or callable
        What goes into it; or what makes it, given a folder for its files, which is on the same disk
        and removed at the end.
    record : Record
        What is known of the dataset. Reader, counts, what was dropped and files are filled in here.
    force : bool
        Replace a prepared dataset that is there.

    Returns
    -------
    Record
        What ``dataset.toml`` says.

    Raises
    ------
    InputError
        If something is at ``out`` that may not be replaced, or the place or the disk does not allow
        to write. Then nothing has changed.
    """
    refuse_existing(out, force)
    try:
        with workshop(out) as shop:
            if not isinstance(parts, Parts):
                scratch = shop / "scratch"
                scratch.mkdir()
                parts = parts(scratch)
            new = shop / "new"
            new.mkdir()
            record = _write(new, parts, record)
            put(new, out, shop, force)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error})") from error
    return record


def _write(folder: Path, parts: Parts, record: Record) -> Record:
    files = _write_files(folder, parts)
    record = replace(
        record,
        reader=parts.reader,
        prepared_with=__version__,
        date=datetime.now(UTC).date().isoformat(),
        counts=parts.tally.counts | _rows(files),
        dropped=tuple(Drop(why, d.n, d.first) for why, d in parts.tally.dropped.items()),
        files=files,
        embeddings={name: _embedding(folder, parts, name) for name in parts.embeddings},
        graphs={
            name: {"file": f"{stem}.npz", "k": parts.archives[stem]["neighbors"].shape[1]}
            for name, stem in parts.graphs.items()
        },
    )
    write_record(folder, record)
    return record


def _write_files(folder: Path, parts: Parts) -> tuple[StoredFile, ...]:
    stored = [
        _write_table(folder / f"{stem}.parquet", table) for stem, table in parts.tables.items()
    ]
    stored += [
        _write_vectors(folder / f"{stem}.npy", vectors) for stem, vectors in parts.vectors.items()
    ]
    for stem, arrays in parts.archives.items():
        file = folder / f"{stem}.npz"
        np.savez_compressed(file, **dict(arrays))  # type: ignore[arg-type]
        stored.append(_stored(file))
    return tuple(stored)


def _write_table(file: Path, table: pd.DataFrame | Path) -> StoredFile:
    if isinstance(table, Path):
        shutil.move(table, file)
    else:
        table.to_parquet(file, index=False)
    with pq.ParquetFile(file) as written:
        return _stored(file, written.metadata.num_rows, tuple(written.schema_arrow.names))


def _write_vectors(file: Path, vectors: np.ndarray | Path) -> StoredFile:
    if isinstance(vectors, Path):
        shutil.move(vectors, file)
        return _stored(file, len(np.load(file, mmap_mode="r", allow_pickle=False)))
    copy = np.lib.format.open_memmap(file, "w+", vectors.dtype, vectors.shape)
    step = max(1, _BLOCK_BYTES * len(vectors) // max(1, vectors.nbytes))
    for start in range(0, len(vectors), step):
        copy[start : start + step] = vectors[start : start + step]
    copy.flush()
    return _stored(file, len(vectors))


def _rows(files: Iterable[StoredFile]) -> dict[str, int]:
    """The rows of each table, by its name."""
    tables = (file for file in files if file.columns)
    return {Path(file.name).stem: file.rows for file in tables if file.rows is not None}


def _stored(file: Path, rows: int | None = None, columns: tuple[str, ...] = ()) -> StoredFile:
    return StoredFile(file.name, file.stat().st_size, file_sha256(file), rows, columns)


def _embedding(folder: Path, parts: Parts, name: str) -> Mapping[str, Any]:
    file = folder / f"{parts.embeddings[name]}.npy"
    made_by = parts.made_by.get(name, Embedding())
    vectors = np.load(file, mmap_mode="r", allow_pickle=False)
    return {"file": file.name, **made_by.of(vectors).table()}
