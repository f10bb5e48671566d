"""Notes on multimodal recommendation, and how it fools you: the library behind the book.

The rooms, in the order in which data flows through them; each imports only from those before it:
``data``, ``features``, ``fusion``, ``evaluate`` and ``recommenders`` (which do not know each
other), ``report``, ``bench`` and ``book``, ``cli``. They load when first named, so that
``import mmnotes`` costs nothing.
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

_ROOMS = ("data", "features", "fusion", "evaluate", "recommenders", "report", "bench", "book")

__all__ = ["__version__", *_ROOMS]


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"mmnotes.{name}")
    raise AttributeError(f"module 'mmnotes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
