"""Is a dataset folder still what was prepared?"""

from dataclasses import dataclass
from pathlib import Path

from mmnotes.data.prepared import load
from mmnotes.data.record import FILE, StoredFile, file_sha256, read_record
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Verification:
    """What a look at a dataset folder found. All are names of files, or sentences about them.

    Parameters
    ----------
    same : tuple of str
        Files whose size and sha256 are those recorded.
    unknown : tuple of str
        Files of which no checksum is recorded.
    faults : tuple of str
    """

    same: tuple[str, ...]
    unknown: tuple[str, ...]
    faults: tuple[str, ...]


def verify(folder: Path) -> Verification:
    """Are its files those that ``dataset.toml`` records, and can they be read?

    Raises
    ------
    InputError
        If it is no dataset folder, or its ``dataset.toml`` is broken.
    """
    record = read_record(folder)
    said = {stored.name: _compared(folder / stored.name, stored) for stored in record.files}
    faults = [fault for fault in said.values() if fault]
    if (folder / FILE).is_file():
        there = {
            file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
        }
        faults += [f"{name}: not recorded in {FILE}" for name in sorted(there - {*said, FILE})]
    try:
        load(folder)
    except InputError as error:
        faults.append(str(error))
    good = [stored for stored in record.files if not said[stored.name]]
    return Verification(
        same=tuple(stored.name for stored in good if stored.sha256),
        unknown=tuple(stored.name for stored in good if not stored.sha256),
        faults=tuple(faults),
    )


def _compared(file: Path, stored: StoredFile) -> str:
    """What is wrong with this file; empty if nothing is."""
    if not file.is_file():
        return f"{file.name}: missing"
    size = file.stat().st_size
    if stored.bytes not in (None, size):
        return f"{file.name}: {size:,} bytes, but {stored.bytes:,} were written"
    if stored.sha256 and file_sha256(file) != stored.sha256:
        return f"{file.name}: changed since it was written (sha256 differs)"
    return ""
