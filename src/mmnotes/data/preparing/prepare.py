"""From raw files to a dataset folder, in one call."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from mmnotes.data import public
from mmnotes.data.options import Options
from mmnotes.data.preparing.parts import Parts
from mmnotes.data.preparing.reviews import RawFiles, review_parts
from mmnotes.data.preparing.splitting import with_split
from mmnotes.data.preparing.writer import write_dataset
from mmnotes.data.raw.tally import Tally
from mmnotes.data.record import RawSource, Record, file_sha256
from mmnotes.data.registry import data_folder, raw_folder, source
from mmnotes.data.sources import Source
from mmnotes.errors import DataNotFound, InputError

_READ = (".csv", ".inter", ".json", ".npy", ".pkl", ".txt")  # in the folders of those formats
_NEEDLESS = ("meta", "images")  # reviews alone make a dataset

Make = Callable[[Path, Tally, Options], Parts]


@dataclass(frozen=True)
class RawFolder:
    """A dataset folder of somebody else's, in one of ``options.FOLDER_FORMATS``."""

    format: str
    folder: Path

    def files(self) -> dict[str, Path]:
        """The files that there may be something to read in, by their place in the folder."""
        files = sorted(file for file in self.folder.rglob("*") if file.is_file())
        return {
            file.relative_to(self.folder).as_posix(): file for file in files if file.suffix in _READ
        }


def prepare(
    out: str | Path,
    raw: RawFiles | RawFolder,
    options: Options | None = None,
    force: bool = False,
) -> Record:
    """Prepare a dataset from files at hand: the folder ``out`` is there whole, or not at all.

    Parameters
    ----------
    out : path
        The folder to be; the dataset is called by its name.
    raw : RawFiles or RawFolder
    options : Options, optional
    force : bool
        Replace a prepared dataset that is there.

    Returns
    -------
    Record
        What was read, dropped and kept.

    Raises
    ------
    InputError
        If ``out`` is there, or the files cannot be used; the message names file and line.
    """
    out = Path(out).expanduser().absolute()
    make: Make
    if isinstance(raw, RawFiles):
        make = partial(review_parts, raw)
    else:
        make = _as_it_is(importlib.import_module(f"mmnotes.data.raw.{raw.format}").read, raw.folder)
    record = Record(
        name=out.name,
        about=f"prepared from {raw.format} files",
        format=raw.format,
        sources=tuple(_source(name, file) for name, file in raw.files().items()),
    )
    return _write(out, make, record, options or Options(), force)


def prepare_known(
    name: str,
    folder: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    force: bool = False,
) -> Record:
    """Prepare a dataset of the registry from its raw files, as ``mmnotes data fetch`` brings them.

    Metadata and image vectors that are not at hand are done without.

    Parameters
    ----------
    name : str
    folder : path, optional
        The folder of datasets; see ``data_folder``.
    changes : mapping, optional
        Fields of Options that are to differ from those of the registry.
    force : bool
        Replace it if it is there.

    Returns
    -------
    Record
        What was read, dropped and kept.

    Raises
    ------
    DataNotFound
        If a raw file is not at hand.
    InputError
        If there is no such dataset, or a raw file is not the one that is known.
    """
    known = source(name)
    root = raw_folder(name, folder)
    files = {raw.role: root / raw.path for raw in known.raw if (root / raw.path).is_file()}
    missing = [raw.path for raw in known.raw if raw.role not in (*files, *_NEEDLESS)]
    if missing or not known.raw:
        fetch = f"bring the raw files with mmnotes data fetch {name}"
        said = fetch if known.raw else known.doubt
        raise DataNotFound(f"{root} lacks {', '.join(missing) or 'raw files'}: {said}")
    ours = {field.name for field in fields(Options)}
    chosen = {key: value for key, value in known.options.items() if key in ours}
    options = Options(**chosen | dict(changes or {}))
    make: Make
    if known.format == "public":
        make = _as_it_is(partial(public.read, name), root)
    else:
        make = partial(
            review_parts,
            RawFiles(known.format, files["reviews"], files.get("meta"), files.get("images")),
        )
    record = Record(
        name=known.name,
        about=known.about,
        format=known.format,
        licence=known.licence,
        citation=known.citation,
        options={key: value for key, value in known.options.items() if key not in ours},
        sources=_known_sources(known, files),
    )
    return _write(data_folder(folder) / name, make, record, options, force)


def _as_it_is(read: Callable[[Path, Tally], Parts], folder: Path) -> Make:
    """What makes the parts of a set whose users and items others have chosen and numbered."""

    def make(scratch: Path, tally: Tally, options: Options) -> Parts:
        if options.k_core > 1 or options.max_bad:
            raise InputError(f"{folder} is read as it is: leave out k-core and max-bad")
        return read(folder, tally)

    return make


def _write(out: Path, make: Make, record: Record, options: Options, force: bool) -> Record:
    def parts(scratch: Path) -> Parts:
        made = make(scratch, Tally(), options)
        return with_split(made, options.split, options.seed) if options.split else made

    record = replace(record, options={**record.options, **options.table()})
    return write_dataset(out, parts, record, force)


def _known_sources(known: Source, files: Mapping[str, Path]) -> tuple[RawSource, ...]:
    sources = []
    for raw in known.raw:
        if raw.role in files:
            found = _source(raw.path, files[raw.role], raw.urls[0])
            if raw.sha256 not in (None, found.sha256):
                raise InputError(
                    f"{files[raw.role]} is not the file that the registry knows: its sha256 is "
                    f"{found.sha256}, not {raw.sha256}; remove it and fetch it again"
                )
            sources.append(found)
    return tuple(sources)


def _source(name: str, file: Path, url: str = "") -> RawSource:
    try:
        return RawSource(name, file.stat().st_size, file_sha256(file), url)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the path") from None
