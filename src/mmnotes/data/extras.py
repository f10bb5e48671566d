"""Packages of the ``data`` extra, imported when first needed."""

from types import ModuleType

from mmnotes import extras


def need(module: str) -> ModuleType:
    """Import a module of the ``data`` extra; see ``mmnotes.extras.need``."""
    return extras.need(module, "data")
