"""Kept results: what a page computed on real data once, for those who do not have the data."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from mmnotes.data.writing import replaced
from mmnotes.errors import InputError
from mmnotes.report.shelf import results_folder
from mmnotes.report.values import check_entry, freeze, thaw

MODES = ("fast", "full")
PROVENANCE = (
    "commit",
    "date",
    "data_sha256",
    "device",
    "cpu",
    "python",
    "versions",
    "wall_seconds",
)


@dataclass(frozen=True)
class Kept:
    """One result on real data.

    Parameters
    ----------
    dataset : str
    mode : str
        ``"fast"`` or ``"full"``.
    null : bool
        Whether the effect was switched off.
    payload : dict
        As ``freeze`` writes it; ``values`` has its estimates restored.
    provenance : dict
        At least commit, date, data_sha256, device, cpu, python, versions and wall_seconds.
    records : dict
        Of a run in full mode as it stands what the page recorded of this dataset, so that the
        ledger's claims can be held against it; else empty.
    """

    dataset: str
    mode: str
    null: bool
    payload: dict[str, Any]
    provenance: dict[str, Any]
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """The payload with its estimates restored."""
        return thaw(self.payload)


def read(notebook: str, folder: str | Path | None = None) -> list[Kept]:
    """The kept results of a notebook (``"03_fusion"``); empty if it has none.

    Raises
    ------
    InputError
        If the file is not strict JSON or not of this shape; the message names the field.
    """
    path = _path(notebook, folder)
    if not path.is_file():
        return []
    try:
        document = json.loads(
            path.read_text(encoding="utf-8"), parse_constant=_refuse, object_pairs_hook=_unique
        )
    except ValueError as error:
        raise InputError(f"{path}: no strict JSON: {error}") from error
    if not isinstance(document, dict) or set(document) != {"notebook", "kept"}:
        raise InputError(f"{path}: must be an object with the fields 'notebook' and 'kept'")
    if document["notebook"] != notebook:
        raise InputError(f"{path}: field 'notebook' is {document['notebook']!r}, not {notebook!r}")
    if not isinstance(document["kept"], list):
        raise InputError(f"{path}: field 'kept' must be a list")
    kept = [_kept(entry, f"{path}: kept[{i}]") for i, entry in enumerate(document["kept"])]
    _no_twins(kept, path)
    return kept


def write(notebook: str, kept: Sequence[Kept], folder: str | Path | None = None) -> Path:
    """Write the kept results of a notebook, all or nothing; returns the file.

    Entries stand in the file by dataset, mode and null, so that the same results give the same
    bytes.

    Raises
    ------
    InputError
        If a result is not of the right shape; nothing is written then.
    """
    path = _path(notebook, folder)
    ordered = sorted(kept, key=_key)
    for i, entry in enumerate(ordered):
        _kept(asdict(entry), f"kept[{i}]")
    _no_twins(ordered, path)
    document = {"notebook": notebook, "kept": [asdict(entry) for entry in ordered]}
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def keep(notebook: str, new: Sequence[Kept], folder: str | Path | None = None) -> Path:
    """Add results to those already kept; a new one replaces its dataset, mode and null."""
    fresh = {_key(entry): entry for entry in new}
    old = [entry for entry in read(notebook, folder) if _key(entry) not in fresh]
    return write(notebook, [*old, *fresh.values()], folder)


def find(
    notebook: str, dataset: str, *, mode: str, null: bool, folder: str | Path | None = None
) -> Kept | None:
    """The kept result that fits best: the same null, and this mode, else full, else fast."""
    fitting = {
        entry.mode: entry
        for entry in read(notebook, folder)
        if entry.dataset == dataset and entry.null == null
    }
    for wanted in (mode, "full", "fast"):
        if wanted in fitting:
            return fitting[wanted]
    return None


def recorded_in_full(notebook: str, folder: str | Path | None = None) -> dict[str, dict[str, Any]]:
    """What the kept runs in full mode recorded, of all datasets: name to entry.

    Raises
    ------
    InputError
        If two datasets have a record of one name, as when one was kept before it went to the
        other; or as :func:`read`.
    """
    found: dict[str, dict[str, Any]] = {}
    for kept in read(notebook, folder):
        for name, value in kept.records.items():
            if name in found:
                raise InputError(
                    f"{_path(notebook, folder)}: record {name!r} is kept of {found[name]['data']} "
                    f"and of {kept.dataset}; keep the full run again that records it no longer"
                )
            found[name] = value
    return found


def _path(notebook: str, folder: str | Path | None) -> Path:
    return (Path(folder) if folder is not None else results_folder()) / f"{notebook}.json"


def _key(entry: Kept) -> tuple[str, str, bool]:
    return entry.dataset, entry.mode, entry.null


def _kept(entry: Any, where: str) -> Kept:
    known = [each.name for each in fields(Kept)]
    if not isinstance(entry, dict) or set(entry) != set(known):
        raise InputError(f"{where}: needs the fields {', '.join(known)} and no other")
    dicts = ("payload", "provenance", "records")
    for name, kind in (("dataset", str), ("null", bool), *((name, dict) for name in dicts)):
        if not isinstance(entry[name], kind):
            raise InputError(f"{where}: field {name!r} is {entry[name]!r}, no {kind.__name__}")
    if entry["mode"] not in MODES:
        raise InputError(f"{where}: field 'mode' is {entry['mode']!r}, not fast or full")
    for name in PROVENANCE:
        if name not in entry["provenance"]:
            raise InputError(f"{where}: provenance lacks {name!r}")
    freeze(thaw(entry["payload"]), f"{where}: payload")
    freeze(entry["records"], f"{where}: records")
    for name, value in entry["records"].items():
        check_entry(value, entry["dataset"], f"{where}: record {name!r}")
    if entry["records"] and (entry["mode"] != "full" or entry["null"]):
        raise InputError(f"{where}: records are kept of a run in full mode as it stands, no other")
    return Kept(**entry)


def _no_twins(kept: Sequence[Kept], path: Path) -> None:
    seen: set[tuple[str, str, bool]] = set()
    for entry in kept:
        if _key(entry) in seen:
            raise InputError(
                f"{path}: dataset {entry.dataset!r}, mode {entry.mode!r}, null {entry.null} is "
                "kept twice; delete one"
            )
        seen.add(_key(entry))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"field {name!r} is there twice")
    return dict(pairs)
