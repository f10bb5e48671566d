"""Datasets that were prepared once and lie in a folder."""

import hashlib
import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmnotes.data.graphs import Neighbors
from mmnotes.data.logged import LoggedActions
from mmnotes.data.record import FILE, file_sha256, read_record
from mmnotes.data.registry import VARIABLE, data_folder, source, sources
from mmnotes.data.tables import Catalog, Interactions
from mmnotes.errors import DataNotFound, InputError

_READERS = ("apparel", "captions", "coat", "folder", "open_bandit")


@dataclass(frozen=True)
class Dataset:
    """A prepared dataset, read.

    Parameters
    ----------
    name : str
    catalog : Catalog
    interactions : Interactions or None
        None where the set does not say who took what.
    embeddings : dict of (n_items, d) float32
        Vectors that came with the set, one row an item of ``catalog``, by name; a zero row where
        there is none.
    fingerprint : str
        sha256 over the names and bytes of the folder's files, but for ``dataset.toml``.
    path : Path
        The folder.
    notes : dict of int
        What was found and what was dropped, counted.
    graphs : dict of Neighbors
        Nearest items that came with the set, one row an item of ``catalog``, by name.
    logs : dict of LoggedActions
        What a policy did and what came of it, by name.
    arrays : dict of arrays
        What else came with the set, by name; the reader's docstring gives the shapes.

    Raises
    ------
    InputError
        If interactions, vectors or neighbours are of another number of items than the catalog.
    """

    name: str
    catalog: Catalog
    interactions: Interactions | None
    embeddings: Mapping[str, np.ndarray]
    fingerprint: str
    path: Path
    notes: Mapping[str, int] = field(default_factory=dict)
    graphs: Mapping[str, Neighbors] = field(default_factory=dict)
    logs: Mapping[str, LoggedActions] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = {f"the embedding {name!r}": len(rows) for name, rows in self.embeddings.items()}
        sizes |= {f"the graph {name!r}": len(rows) for name, rows in self.graphs.items()}
        if self.interactions is not None:
            sizes["the interactions"] = self.interactions.n_items
        for part, size in sizes.items():
            if size != len(self.catalog):
                raise InputError(
                    f"dataset {self.name!r}: {len(self.catalog)} items but {size} rows in {part}"
                )

    def __len__(self) -> int:
        return len(self.catalog)


def load(name: str | Path, folder: str | Path | None = None, **options: Any) -> Dataset:
    """Read a prepared dataset.

    Parameters
    ----------
    name : str or Path
        A name of the registry or of a folder with a ``dataset.toml`` beside those; or the path of
        such a folder (one that has a slash, or is a ``Path``).
    folder : path, optional
        The folder that holds the dataset's own folder; see ``data_folder``.
    **options
        Passed to the reader, for example ``joined=False`` of
        ``mmnotes.data.apparel.read``.

    Raises
    ------
    DataNotFound
        If the dataset is not at hand; the message says where it was looked for.
    InputError
        If no such dataset is known, or a file of it is missing or broken; the message names it.
    """
    path = dataset_folder(name, folder)
    record = read_record(path)
    missing = [stored.name for stored in record.files if not (path / stored.name).is_file()]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}: bring the whole folder again")
    # A dataset.toml may come from anywhere: it does not choose what is imported.
    if record.reader not in _READERS:
        raise InputError(
            f"{path}: field 'reader' is {record.reader!r}; choose one of {', '.join(_READERS)}"
        )
    reader = importlib.import_module(f"mmnotes.data.{record.reader}")
    parts = reader.read(path, **options)
    return Dataset(name=record.name, fingerprint=_digest(path), path=path, **parts)


def dataset_folder(name: str | Path, folder: str | Path | None = None) -> Path:
    """Where is this dataset? Its folder, for a name or a path as ``load`` takes them.

    Raises
    ------
    DataNotFound
        If it is not at hand; the message says where it was looked for.
    InputError
        If no such dataset is known.
    """
    if isinstance(name, Path) or "/" in name or os.sep in name:
        path = Path(name).expanduser().absolute()
        if not path.is_dir():
            raise DataNotFound(f"{path} is no folder; correct the path")
        return path
    root = data_folder(folder)
    path = root / name
    if path.is_dir():
        return path
    known = source(name)
    bring = f"mmnotes data fetch {name}" if known.raw else "there is no address to fetch it from"
    raise DataNotFound(
        f"dataset {name!r} is not at hand: {path} is no folder ({bring}). "
        f"Set {VARIABLE} to the folder that holds {name}/"
    )


def at_hand(name: str, folder: str | Path | None = None) -> bool:
    """Is the folder of this dataset there?"""
    try:
        return dataset_folder(name, folder).is_dir()
    except DataNotFound:
        return False


def available(folder: str | Path | None = None) -> list[str]:
    """Which datasets are at hand? Their names, those of the registry first."""
    root = data_folder(folder)
    known = [name for name in sources() if (root / name).is_dir()]
    own = sorted(file.parent.name for file in root.glob(f"*/{FILE}"))
    return [*known, *(name for name in own if name not in known)]


def fingerprint(name: str | Path, folder: str | Path | None = None) -> str:
    """Which bytes are these? A sha256 over the names and bytes of the dataset's files."""
    return _digest(dataset_folder(name, folder))


def _digest(folder: Path) -> str:
    """Not over ``dataset.toml``: the same data prepared tomorrow are the same data."""
    total = hashlib.sha256()
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for file in files:
        if file == folder / FILE:
            continue
        digest = file_sha256(file)
        total.update(f"{file.relative_to(folder).as_posix()}\0{digest}\n".encode())
    return total.hexdigest()
