"""Which datasets can be had, and where they lie."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from mmnotes.data.sources import RawFile, Source, read_sources
from mmnotes.errors import InputError

__all__ = [
    "VARIABLE",
    "DatasetInfo",
    "RawFile",
    "Source",
    "data_folder",
    "listing",
    "raw_folder",
    "source",
    "sources",
]

VARIABLE = "MMNOTES_DATA"
_PACKAGE = Path(__file__).resolve().parents[1]
# In a checkout, else the copy that is installed with the package.
_FILES = (
    _PACKAGE.parents[1] / "data" / "registry.toml",
    _PACKAGE / "_data" / "registry.toml",
)


@dataclass(frozen=True)
class DatasetInfo:
    """One line of ``mmnotes data list``. ``path`` is where the folder is, or would be."""

    name: str
    about: str
    path: Path
    at_hand: bool
    fetchable: bool
    n_rows: int
    counted: str
    licence: str
    citation: str
    doubt: str


@cache
def sources() -> Mapping[str, Source]:
    """Every dataset of the registry, by name.

    Raises
    ------
    InputError
        If the registry is not where it belongs, or an entry is wrong.
    """
    found = [file for file in _FILES if file.is_file()]
    if not found:
        looked = " and ".join(str(file) for file in _FILES)
        raise InputError(f"the registry of datasets is neither at {looked}: install mmnotes again")
    return read_sources(found[0])


def source(name: str) -> Source:
    """What is known of the dataset of this name?

    Raises
    ------
    InputError
        If the registry has no dataset of this name.

    Examples
    --------
    >>> source("amazon-baby").n_rows
    160792
    """
    known = sources()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose one of {sorted(known)}"
        raise InputError(f"no dataset {name!r} is known; {hint}")
    return known[name]


def data_folder(folder: str | Path | None = None) -> Path:
    """Where do the prepared datasets lie?

    In ``folder`` if given; else where the environment variable ``MMNOTES_DATA`` says; else in
    ``data/`` of a checkout; else in the user's cache.

    Raises
    ------
    InputError
        If ``folder`` or ``MMNOTES_DATA`` names no folder.
    """
    named = folder or os.environ.get(VARIABLE)
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_dir():
            who = "folder" if folder else VARIABLE
            raise InputError(f"{who} is {str(named)!r}, but {path} is no folder; correct the path")
        return path
    return own_folder("data", "data")


def own_folder(in_checkout: str, in_cache: str) -> Path:
    """Where does the library keep what it makes: in a checkout, else in the user's cache?"""
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file() and (checkout / "src" / "mmnotes").is_dir():
        return checkout / in_checkout
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mmnotes" / in_cache


def raw_folder(name: str, folder: str | Path | None = None) -> Path:
    """Where do the raw files of a dataset lie, as they were fetched?"""
    return data_folder(folder) / "raw" / source(name).name


def listing(folder: str | Path | None = None) -> list[DatasetInfo]:
    """Which datasets are known, where are they, which are at hand, and which can be fetched?"""
    root = data_folder(folder)
    return [
        DatasetInfo(
            name=known.name,
            about=known.about,
            path=root / known.name,
            at_hand=(root / known.name).is_dir(),
            fetchable=bool(known.raw),
            n_rows=known.n_rows,
            counted=known.counted,
            licence=known.licence,
            citation=known.citation,
            doubt=known.doubt,
        )
        for known in sources().values()
    ]
