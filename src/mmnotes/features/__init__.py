"""What the items look like in numbers: a matrix for each modality, and who has it."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmnotes.features.block import FeatureBlock, Layout, ModalityColumns, stack
    from mmnotes.features.image import PcaImage
    from mmnotes.features.metadata import OneHotMetadata
    from mmnotes.features.neighbors import centred, cosine_neighbors
    from mmnotes.features.rows import Rows, impression_rows, user_profiles
    from mmnotes.features.text import TfidfText
    from mmnotes.features.trial import Sample, Trial, known_and_new

_WHERE = {
    "block": ("FeatureBlock", "Layout", "ModalityColumns", "stack"),
    "image": ("PcaImage",),
    "metadata": ("OneHotMetadata",),
    "neighbors": ("centred", "cosine_neighbors"),
    "rows": ("Rows", "impression_rows", "user_profiles"),
    "text": ("TfidfText",),
    "trial": ("Sample", "Trial", "known_and_new"),
}
_MODULE = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [
    "FeatureBlock",
    "Layout",
    "ModalityColumns",
    "OneHotMetadata",
    "PcaImage",
    "Rows",
    "Sample",
    "TfidfText",
    "Trial",
    "centred",
    "cosine_neighbors",
    "impression_rows",
    "known_and_new",
    "stack",
    "user_profiles",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: scikit-learn takes a second to load."""
    if name not in _MODULE:
        raise AttributeError(f"module 'mmnotes.features' has no attribute {name!r}")
    return getattr(importlib.import_module(f"mmnotes.features.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
