"""The raw files of a dataset, from their publishers or a mirror."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from mmnotes.data.fetching.alone import Say, alone, silent
from mmnotes.data.fetching.checking import examine
from mmnotes.data.fetching.download import download
from mmnotes.data.fetching.lock import NAME as LOCK
from mmnotes.data.fetching.lock import Seen, read_lock, write_lock
from mmnotes.data.fetching.manners import Manners
from mmnotes.data.fetching.transfer import Refused, Wanted
from mmnotes.data.registry import RawFile, data_folder, raw_folder, source
from mmnotes.errors import DataNotFound, InputError


def fetch(
    name: str,
    folder: str | Path | None = None,
    mirror: str | None = None,
    *,
    without: Collection[str] = (),
    accept: bool = False,
    say: Say = silent,
    manners: Manners | None = None,
) -> dict[str, Path]:
    """Bring the raw files of a dataset, and check them.

    A file that is there is not asked for again, but its checksum is compared: with that of the
    registry, else with the one in ``fetched.toml``, where the first download recorded it. So a
    file may also be put there by hand. Several processes may fetch the same dataset: they wait for
    each other.

    Parameters
    ----------
    name : str
        A name of the registry.
    folder : path, optional
        The folder of datasets; see ``data_folder``.
    mirror : str, optional
        An address that is tried before those of the registry: it holds each file at
        ``ORIGIN/PATH``.
    without : collection of str
        Roles that are not needed, for example ``{"images"}``.
    accept : bool
        Take a file that differs from what ``fetched.toml`` recorded, and record it anew.
    say : callable
        Told a line about each file.
    manners : Manners, optional
        How patient to be with the servers.

    Returns
    -------
    dict of Path
        Where each file lies, by its role.

    Raises
    ------
    DataNotFound
        If the dataset has no address.
    InputError
        If there is no such dataset or role, a file cannot be had or is not the one that is known,
        or the folder cannot be written. What came whole before stays.
    """
    known = source(name)
    root = raw_folder(name, folder)
    if not known.raw:
        where = data_folder(folder) / name
        raise DataNotFound(f"{name}: {known.doubt or 'it has no address'}; bring it to {where}")
    unknown = sorted(set(without) - {file.role for file in known.raw})
    if unknown:
        roles = ", ".join(file.role for file in known.raw)
        raise InputError(f"{name} has no file {unknown[0]!r} to do without; it has {roles}")
    found: dict[str, Path] = {}
    with alone(root, say):
        seen = read_lock(root)
        for file in (file for file in known.raw if file.role not in without):
            target, before = root / file.path, seen.get(file.path)
            wanted, hint = _wanted(file, None if accept else before), _hint(file, before)
            if target.is_file():
                say(f"{file.path}: at hand, checking")
                now = _at_hand(file, target, wanted, hint)
            else:
                say(f"{file.path}: fetching {file.holds}".rstrip())
                nearby = [f"{mirror.rstrip('/')}/{file.origin}/{file.path}"] if mirror else []
                now, refusals = _fetched(file, [*nearby, *file.urls], target, wanted, hint, manners)
                for refusal in refusals:
                    say(f"  passed over: {refusal}")
            if before is None or before.sha256 != now.sha256:
                seen[file.path] = now
                write_lock(root, seen)
            found[file.role] = target
    return found


def _fetched(
    file: RawFile,
    urls: list[str],
    target: Path,
    wanted: Wanted,
    hint: str,
    manners: Manners | None,
) -> tuple[Seen, tuple[str, ...]]:
    try:
        came = download(urls, target, wanted, manners)
    except InputError as error:
        raise InputError(
            f"{error}\nrun this again later to go on from where it stopped, name a mirror, "
            f"or bring the file yourself, to {target}{hint}"
        ) from None
    return Seen(file.path, came.bytes, came.sha256, came.url, _today()), came.refusals


def _wanted(file: RawFile, before: Seen | None) -> Wanted:
    """What the file must be: as the registry says, else as it was when it first came."""
    if file.sha256 or before is None:
        return Wanted(file.bytes, file.sha256)
    return Wanted(before.bytes, before.sha256)


def _at_hand(file: RawFile, target: Path, wanted: Wanted, hint: str) -> Seen:
    try:
        sha256 = examine(target, target.name, wanted)
    except Refused as refusal:
        fault = str(refusal).removeprefix("gave ")
        raise InputError(
            f"{target} is not what it should be: {fault}; remove it, to fetch it again{hint}"
        ) from None
    return Seen(file.path, target.stat().st_size, sha256, "", _today())


def _hint(file: RawFile, before: Seen | None) -> str:
    """How to take a file that has changed; nothing where the registry says how it must be."""
    if file.sha256 or before is None:
        return ""
    return (
        f"; if it was changed on purpose since {before.date}, when {LOCK} recorded it, "
        "say --accept-changes (accept=True)"
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
