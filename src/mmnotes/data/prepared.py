"""Datasets that were prepared once and lie in a folder."""

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmnotes.data.graphs import Neighbors
from mmnotes.data.logged import LoggedActions
from mmnotes.data.registry import SOURCES, VARIABLE, data_folder, source
from mmnotes.data.tables import Catalog, Interactions
from mmnotes.errors import DataNotFound, InputError


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
        sha256 over the names and bytes of the folder's files.
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


def load(name: str, folder: str | Path | None = None, **options: Any) -> Dataset:
    """Read a prepared dataset.

    Parameters
    ----------
    name : str
        One of ``available()``.
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
    known = source(name)
    path = _require(name, folder)
    missing = [file for file in known.files if not (path / file).is_file()]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}: bring the whole folder again")
    reader = importlib.import_module(f"mmnotes.data.{known.reader}")
    parts = reader.read(path, **options)
    return Dataset(name=name, fingerprint=_digest(path), path=path, **parts)


def at_hand(name: str, folder: str | Path | None = None) -> bool:
    """Is the folder of this dataset there?"""
    return (data_folder(folder) / source(name).name).is_dir()


def available(folder: str | Path | None = None) -> list[str]:
    """Which datasets are at hand? Their names."""
    return [name for name in SOURCES if at_hand(name, folder)]


def fingerprint(name: str, folder: str | Path | None = None) -> str:
    """Which bytes are these? A sha256 over the names and bytes of the dataset's files."""
    return _digest(_require(name, folder))


def _require(name: str, folder: str | Path | None) -> Path:
    root = data_folder(folder)
    path = root / source(name).name
    if not path.is_dir():
        raise DataNotFound(
            f"dataset {name!r} is not at hand: {path} is no folder. "
            f"Set {VARIABLE} to the folder that holds {name}/"
        )
    return path


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for file in files:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{file.relative_to(folder).as_posix()}\0{digest}\n".encode())
    return total.hexdigest()
