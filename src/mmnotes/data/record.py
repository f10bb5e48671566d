"""What a dataset folder says of itself: ``dataset.toml``."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from mmnotes.data.extras import need
from mmnotes.data.fields import made
from mmnotes.data.registry import sources
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError

FILE = "dataset.toml"
_EMPTY: tuple[Any, ...] = ("", (), [], {})
_LISTS = {
    "dropped": "dropped",
    "sources": "source",
    "files": "file",
}  # attribute: key, as [[file]] reads better


@dataclass(frozen=True)
class Drop:
    """What was dropped for one reason: how many, and where the first of them stood."""

    why: str
    n: int
    first: str = ""


@dataclass(frozen=True)
class RawSource:
    """A raw file that a dataset was prepared from.

    Parameters
    ----------
    file : str
        Its name, or its path among the raw files of the dataset.
    bytes : int
    sha256 : str
    url : str
        Where it can be had; empty where unknown.
    """

    file: str
    bytes: int
    sha256: str
    url: str = ""


@dataclass(frozen=True)
class StoredFile:
    """A file of the folder.

    Parameters
    ----------
    name : str
    bytes : int or None
        None where unknown.
    sha256 : str
        Empty where unknown.
    rows : int or None
        None where it has no rows.
    columns : tuple of str
        Of a table; of an ``.npz``, its arrays.
    """

    name: str
    bytes: int | None = None
    sha256: str = ""
    rows: int | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What is known of a dataset folder.

    Parameters
    ----------
    name, about, licence, citation : str
    format : str
        The format of the raw files.
    reader : str
        Module of ``mmnotes.data`` that reads the folder.
    prepared_with : str
        The version of mmnotes that wrote it; empty for a folder that has no ``dataset.toml``.
    date : str
        The day on which it was written, as ``"2026-01-31"``.
    options : dict
        What it was prepared with.
    counts : dict of int
        What was read, and what there is.
    dropped : tuple of Drop
    sources : tuple of RawSource
    files : tuple of StoredFile
    embeddings : dict of dict
        Of each, the ``file``, and what is known of its making: the fields of ``Embedding``.
    graphs : dict of dict
        Of each, the ``file`` and ``k``.
    """

    name: str
    about: str = ""
    format: str = ""
    reader: str = "folder"
    prepared_with: str = ""
    date: str = ""
    licence: str = ""
    citation: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[Drop, ...] = ()
    sources: tuple[RawSource, ...] = ()
    files: tuple[StoredFile, ...] = ()
    embeddings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    graphs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def file_sha256(file: Path) -> str:
    """Which bytes are these?"""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_record(folder: Path) -> Record:
    """What is known of this dataset folder?

    What its ``dataset.toml`` says; of a folder without one, what the registry says of the dataset
    of the folder's name.

    Raises
    ------
    InputError
        If ``dataset.toml`` is broken, or there is none and the registry does not know the name.
    """
    file = folder / FILE
    if file.is_file():
        return _from_toml(file)
    known = sources().get(folder.name)
    if known is None or not known.files:
        raise InputError(
            f"{folder} has no {FILE}, and no dataset of the registry is prepared as a folder "
            f"{folder.name!r}: prepare it with mmnotes data prepare"
        )
    return Record(
        name=known.name,
        about=known.about,
        reader=known.reader,
        licence=known.licence,
        citation=known.citation,
        options=known.options,
        files=tuple(StoredFile(name) for name in known.files),
        embeddings={name: {"file": f"{stem}.npy"} for name, stem in known.embeddings.items()},
        graphs={name: {"file": f"{stem}.npz"} for name, stem in known.graphs.items()},
    )


def write_record(folder: Path, record: Record) -> None:
    """Write ``dataset.toml``; what is unknown is left out."""
    table = {key: value for key, value in vars(record).items() if key not in _LISTS}
    for name, key in _LISTS.items():
        table[key] = [_known(vars(entry)) for entry in getattr(record, name)]
    text = need("tomli_w").dumps(_known(table))
    with replaced(folder / FILE) as part:
        part.write_text(text, encoding="utf-8")


def _known(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None and value not in _EMPTY}


def _from_toml(file: Path) -> Record:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}; prepare the dataset again") from None
    for name, key in _LISTS.items():
        if name in given and name != key:
            raise InputError(f"{file}: field {name!r} is unknown: write [[{key}]] tables")
        if key in given:
            given[name] = given.pop(key)
    sources = _tables(given, "sources", file)
    files = _tables(given, "files", file)
    drops = _tables(given, "dropped", file)
    given["sources"] = tuple(made(RawSource, entry, f"{file}: source") for entry in sources)
    given["files"] = tuple(_file(entry, file) for entry in files)
    given["dropped"] = tuple(made(Drop, entry, f"{file}: dropped") for entry in drops)
    record = made(Record, given, str(file))
    _check_stored(file, record)
    return record


def _check_stored(file: Path, record: Record) -> None:
    """Refuse embeddings and graphs that lie in no file of the folder."""
    names = {stored.name for stored in record.files}
    for kind, suffix in (("embeddings", ".npy"), ("graphs", ".npz")):
        for name, entry in getattr(record, kind).items():
            stored = entry.get("file") if isinstance(entry, dict) else None
            if stored not in names or not str(stored).endswith(suffix):
                raise InputError(
                    f"{file}: {kind}.{name}: field 'file' must name one of the files that "
                    f"[[file]] lists, and end with {suffix}"
                )


def _tables(given: Mapping[str, Any], name: str, file: Path) -> list[dict[str, Any]]:
    tables = given.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(entry, dict) for entry in tables):
        raise InputError(f"{file}: write {name} as [[{_LISTS[name]}]] tables")
    return tables


def _file(entry: dict[str, Any], file: Path) -> StoredFile:
    columns = entry.get("columns", [])
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InputError(f"{file}: file: field 'columns' must be a list of names")
    stored = made(StoredFile, entry | {"columns": tuple(columns)}, f"{file}: file")
    # A path would reach for files outside the folder.
    if PurePath(stored.name).name != stored.name or "\\" in stored.name or stored.name == "..":
        raise InputError(f"{file}: file: field 'name' is {stored.name!r}: give a plain file name")
    return stored
