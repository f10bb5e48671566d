"""What the registry says of each dataset, read from ``registry.toml``."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mmnotes.data.fields import made
from mmnotes.errors import InputError

_INHERITED = ("licence", "citation", "counted")


@dataclass(frozen=True)
class RawFile:
    """A file as its authors, or those who copied it, publish it.

    Parameters
    ----------
    role : str
        What the reader knows it by: ``"reviews"``, ``"meta"``, ``"images"``; its path where the
        file comes from a public copy.
    path : str
        Where it lies in the folder of raw files, and below the addresses of its origin.
    urls : tuple of str
        Where it can be had, the first to be tried first.
    origin : str
        Who publishes it; a mirror holds the file at ``origin/path``.
    bytes : int or None
        Its size, where that is known for certain.
    sha256 : str or None
        Its checksum, where that is known; else the first download settles it.
    holds : str
        What is in it.
    """

    role: str
    path: str
    urls: tuple[str, ...]
    origin: str
    bytes: int | None = None
    sha256: str | None = None
    holds: str = ""


@dataclass(frozen=True)
class Source:
    """What is known of a dataset before it is read.

    Parameters
    ----------
    name : str
        The name of its folder, and of the dataset in the book.
    about : str
        What it holds, in a few words.
    reader : str
        Module of ``mmnotes.data`` whose ``read(folder, **options)`` reads the prepared folder.
    files : tuple of str
        Files that a prepared folder without a ``dataset.toml`` must hold.
    n_rows : int
        Rows as published, before anything is dropped.
    counted : str
        Who published that number, and how exactly.
    licence, citation : str
    format : str
        How the raw files are read: ``"amazon-2014"``, …; ``"public"`` for the recipe of this name;
        empty where there is none.
    options : dict
        What they are prepared with, if nothing else is said: ``k_core``, ``split``, …
    raw : tuple of RawFile
        What to fetch; empty where no address is known.
    embeddings, graphs : dict of str
        Vectors and neighbour graphs of a prepared folder without a ``dataset.toml``, by name: the
        stem of the file.
    doubt : str
        What could not be confirmed of this entry; empty where nothing is in doubt.
    """

    name: str
    about: str
    n_rows: int
    counted: str
    licence: str
    citation: str
    reader: str = "folder"
    files: tuple[str, ...] = ()
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    raw: tuple[RawFile, ...] = ()
    embeddings: Mapping[str, str] = field(default_factory=dict)
    graphs: Mapping[str, str] = field(default_factory=dict)
    doubt: str = ""


def read_sources(file: Path) -> dict[str, Source]:
    """Every dataset of a registry file, in the order of the file.

    ``[origins.NAME]`` has ``bases``, addresses that a file's path is added to, and may have
    ``licence``, ``citation`` and ``counted`` for the datasets whose ``origin`` it is. Each
    ``[[dataset]]`` has the fields of ``Source``, and each of its ``raw`` those of ``RawFile``
    except ``urls``.

    Raises
    ------
    InputError
        If the file is absent or no TOML, or an entry lacks a field, has an unknown one, or a wrong
        one; the message names the entry and the field.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{file}: there is no registry of datasets here") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}") from None
    origins = document.get("origins", {})
    sources: dict[str, Source] = {}
    for number, table in enumerate(document.get("dataset", []), start=1):
        where = f"{file}: dataset {table.get('name', f'number {number}')}"
        known = _source(table, origins, where)
        if known.name in sources:
            raise InputError(f"{where}: field 'name' is there twice")
        sources[known.name] = known
    return sources


def _source(table: dict[str, Any], origins: Mapping[str, Any], where: str) -> Source:
    given = dict(table)
    origin = given.pop("origin", None)
    if origin is not None:
        shared = _origin(origin, origins, where)
        given = {key: shared[key] for key in _INHERITED if key in shared} | given
    raw = [
        _raw(entry, origin, origins, f"{where}: raw file {number}")
        for number, entry in enumerate(given.get("raw", []), start=1)
    ]
    for key in ("role", "path"):
        values = [getattr(entry, key) for entry in raw]
        if len(set(values)) < len(values):
            raise InputError(f"{where}: two raw files have the same {key}")
    given["raw"] = tuple(raw)
    given["files"] = tuple(given.get("files", ()))
    source = made(Source, given, where)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", source.name):
        raise InputError(f"{where}: field 'name' must be like 'amazon-baby'")
    return source


def _raw(table: Any, origin: str | None, origins: Mapping[str, Any], where: str) -> RawFile:
    if not isinstance(table, dict) or not isinstance(table.get("path"), str):
        raise InputError(f"{where}: write it as a table with a 'path'")
    if "urls" in table:
        raise InputError(f"{where}: field 'urls' follows from the origin: give its bases")
    given = {"role": table["path"], "origin": origin, **table}
    bases = _origin(given["origin"], origins, where)["bases"]
    given["urls"] = tuple(f"{base}/{given['path']}" for base in bases)
    raw = made(RawFile, given, where)
    if not _stays_below(raw.path):
        raise InputError(f"{where}: field 'path' is {raw.path!r}: give it relative, without '..'")
    if raw.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", raw.sha256):
        raise InputError(f"{where}: field 'sha256' must be 64 hexadecimal digits in small letters")
    if raw.bytes is not None and raw.bytes < 1:
        raise InputError(f"{where}: field 'bytes' must be positive, not {raw.bytes}")
    return raw


def _stays_below(path: str) -> bool:
    """Is this a relative path, plainly written, to something below a folder?"""
    pure = PurePosixPath(path)
    plain = str(pure) == path and "\\" not in path
    return plain and bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts


def _origin(name: Any, origins: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    if name not in origins:
        raise InputError(f"{where}: origin {name!r} is not among {', '.join(origins) or 'none'}")
    origin: Mapping[str, Any] = origins[name]
    bases = origin.get("bases")
    if not bases or not all(re.fullmatch(r"https?://\S+[^/\s]", str(base)) for base in bases):
        raise InputError(
            f"{where}: origin {name!r} needs 'bases', a list of http(s) addresses without a slash "
            "at the end"
        )
    return origin
