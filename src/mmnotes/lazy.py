"""Packages whose names load when they are first asked for."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def attach(
    package: str, where: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package that imports a module when a name is asked for.

    So ``import mmnotes.data`` costs nothing, and torch or matplotlib load for those who use them
    (PEP 562, https://peps.python.org/pep-0562/).

    Parameters
    ----------
    package : str
        Its ``__name__``.
    where : mapping from module to its public names
    """
    home = {name: module for module, names in where.items() for name in names}

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{home[name]}"), name)

    return get, lambda: sorted(home)
