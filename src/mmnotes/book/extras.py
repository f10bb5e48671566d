"""Packages of the ``book`` extra, imported when first needed."""

import importlib
from pathlib import Path
from types import ModuleType

from mmnotes.errors import InputError


def need(module: str) -> ModuleType:
    """Import a module of the ``book`` extra.

    Raises
    ------
    InputError
        If it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as absent:
        if absent.name is None or absent.name.split(".")[0] != module.split(".")[0]:
            raise
        raise InputError(
            f"{module.split('.')[0]} is not installed; it comes with the book extra: "
            "pip install 'mmnotes[book]' (in a checkout: pip install -e '.[book]')"
        ) from None


def literal(path: Path) -> str:
    """A path that papermill, which fills in ``{names}``, takes as it stands."""
    return str(path).replace("{", "{{").replace("}", "}}")
