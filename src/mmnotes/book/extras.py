"""Packages of the ``book`` extra, and what they have to be told."""

from pathlib import Path
from types import ModuleType

from mmnotes import extras


def need(module: str) -> ModuleType:
    """Import a module of the ``book`` extra; see ``mmnotes.extras.need``."""
    return extras.need(module, "book")


def literal(path: Path) -> str:
    """A path that papermill, which fills in ``{names}``, takes as it stands."""
    return str(path).replace("{", "{{").replace("}", "}}")
