"""Which bytes were seen first: ``fetched.toml``, beside the files that were fetched."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import tomli_w

from mmnotes.data.writing import replaced
from mmnotes.errors import InputError

NAME = "fetched.toml"


@dataclass(frozen=True)
class Seen:
    """A file as it was when it came.

    Parameters
    ----------
    path : str
        Where it lies, from the folder of the lock.
    bytes : int
    sha256 : str
    url : str
        Where it came from; empty if someone put it there.
    date : str
        When, as ``2026-11-21``.
    """

    path: str
    bytes: int
    sha256: str
    url: str
    date: str


def read_lock(folder: Path) -> dict[str, Seen]:
    """What was seen of the files in this folder, by path; empty where nothing was fetched yet.

    Raises
    ------
    InputError
        If the lock is no TOML, or an entry lacks a field or has a wrong one.
    """
    file = folder / NAME
    advice = "mend it, or remove it to trust the files as they are"
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("file", [])
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}; {advice}") from None
    kinds = {each.name: each.type for each in fields(Seen)}
    for number, table in enumerate(tables, start=1):
        found = {name: type(value) for name, value in table.items()}
        if found != kinds:
            raise InputError(f"{file}: file number {number} must have {', '.join(kinds)}; {advice}")
    return {table["path"]: Seen(**table) for table in tables}


def write_lock(folder: Path, seen: Mapping[str, Seen]) -> None:
    """Keep what was seen, whole or not at all."""
    with replaced(folder / NAME) as file:
        tables = [asdict(seen[path]) for path in sorted(seen)]
        file.write_text(tomli_w.dumps({"file": tables}), encoding="utf-8")
