"""What does a run depend on? An executed copy is used again only if none of it has changed."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from mmnotes import data
from mmnotes.book.checkout import Checkout
from mmnotes.book.extras import need
from mmnotes.report import results
from mmnotes.report.claims import claims_of

_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "matplotlib", "pillow")


def key(checkout: Checkout, notebook: Path, parameters: Mapping[str, Any], threads: int) -> str:
    """The sha256 over all that a run of this notebook can depend on.

    The notebook, the whole library, the parameters, the pins, the notebook's own claims, the kept
    results that it can read, the datasets that it names in its metadata (their content, or that
    they are absent) and the registry that says how to read them, Python, the packages of the core
    as installed, and the number of threads.
    """
    parts = {
        "notebook": _file(notebook),
        "library": library(checkout),
        "parameters": dict(parameters),
        "pins": _file(checkout.root / "constraints.txt"),
        "claims": _claims(checkout, notebook.stem),
        "kept": _kept(checkout, notebook, parameters),
        "data": {name: _dataset(name) for name in datasets(notebook)},
        "registry": _file(checkout.root / "data" / "registry.toml"),
        "python": platform.python_version(),
        "packages": _installed(_PACKAGES),
        "threads": threads,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def datasets(notebook: Path) -> list[str]:
    """The datasets that a notebook names in its metadata (``mmnotes.data``)."""
    nb = need("nbformat").read(notebook, as_version=4)
    return list(nb.metadata.get("mmnotes", {}).get("data", []))


def library(checkout: Checkout) -> str:
    """The sha256 over the Python files of the library, by name and content."""
    digest = hashlib.sha256()
    source = checkout.root / "src"
    for path in sorted(source.rglob("*.py")):
        digest.update(f"{path.relative_to(source).as_posix()}\0{_file(path)}\n".encode())
    return digest.hexdigest()


def _file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"


def _claims(checkout: Checkout, notebook: str) -> list[str]:
    return [repr(claim) for claim in claims_of(notebook, checkout.ledger)]


def _kept(checkout: Checkout, notebook: Path, parameters: Mapping[str, Any]) -> list[str]:
    """The kept results that the page can read.

    Where the data are at hand the page computes, and in fast mode shows the kept result of full
    mode beside it; elsewhere it takes any. So keeping what a run has just computed does not make
    it stale.
    """
    beside = parameters["mode"] == "fast"
    return [
        repr(kept)
        for kept in results.read(notebook.stem, checkout.results)
        if kept.null == parameters["null"]
        and ((beside and kept.mode == "full") or not data.at_hand(kept.dataset))
    ]


def _dataset(name: str) -> str:
    return data.fingerprint(name) if data.at_hand(name) else "absent"


def _installed(packages: Iterable[str]) -> dict[str, str]:
    return {name: _version(name) for name in packages}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
