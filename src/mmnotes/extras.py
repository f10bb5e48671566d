"""Packages of the extras, imported when first needed."""

import importlib
from types import ModuleType

from mmnotes.errors import InputError


def need(module: str, extra: str) -> ModuleType:
    """Import a module that one of the extras brings.

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
            f"{module.split('.')[0]} is not installed; it comes with the {extra} extra: "
            f"pip install 'mmnotes[{extra}]' (in a checkout: pip install -e '.[{extra}]')"
        ) from None
