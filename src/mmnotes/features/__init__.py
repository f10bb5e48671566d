"""What the items look like in numbers: a matrix for each modality, and who has it."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.features.block import FeatureBlock, Layout, ModalityColumns, stack
    from mmnotes.features.image import PcaImage
    from mmnotes.features.metadata import OneHotMetadata
    from mmnotes.features.neighbors import centred, cosine_neighbors
    from mmnotes.features.rows import Rows, click_rates, impression_rows, user_profiles
    from mmnotes.features.text import TfidfText
    from mmnotes.features.trial import Sample, Trial, known_and_new

_WHERE = {
    "block": ("FeatureBlock", "Layout", "ModalityColumns", "stack"),
    "image": ("PcaImage",),
    "metadata": ("OneHotMetadata",),
    "neighbors": ("centred", "cosine_neighbors"),
    "rows": ("Rows", "click_rates", "impression_rows", "user_profiles"),
    "text": ("TfidfText",),
    "trial": ("Sample", "Trial", "known_and_new"),
}

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
    "click_rates",
    "cosine_neighbors",
    "impression_rows",
    "known_and_new",
    "stack",
    "user_profiles",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
