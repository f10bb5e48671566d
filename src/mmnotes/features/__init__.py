"""What the items look like in numbers: a matrix for each modality, and who has it."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.features.approximate import FoundNeighbors, approximate_neighbors
    from mmnotes.features.block import FeatureBlock, Layout, ModalityColumns, stack
    from mmnotes.features.content import Content, Modality, dataset_content
    from mmnotes.features.graphs import graph_key, item_graph
    from mmnotes.features.image import PcaImage
    from mmnotes.features.knockout import knock_out
    from mmnotes.features.metadata import OneHotMetadata
    from mmnotes.features.neighbors import centred, cosine_neighbors
    from mmnotes.features.rows import Rows, click_rates, impression_rows, user_profiles
    from mmnotes.features.spectral import spectral_features
    from mmnotes.features.text import TfidfText
    from mmnotes.features.trial import Sample, Trial, known_and_new

_WHERE = {
    "approximate": ("FoundNeighbors", "approximate_neighbors"),
    "block": ("FeatureBlock", "Layout", "ModalityColumns", "stack"),
    "content": ("Content", "Modality", "dataset_content"),
    "graphs": ("graph_key", "item_graph"),
    "image": ("PcaImage",),
    "knockout": ("knock_out",),
    "metadata": ("OneHotMetadata",),
    "neighbors": ("centred", "cosine_neighbors"),
    "rows": ("Rows", "click_rates", "impression_rows", "user_profiles"),
    "spectral": ("spectral_features",),
    "text": ("TfidfText",),
    "trial": ("Sample", "Trial", "known_and_new"),
}

__all__ = [
    "Content",
    "FeatureBlock",
    "FoundNeighbors",
    "Layout",
    "Modality",
    "ModalityColumns",
    "OneHotMetadata",
    "PcaImage",
    "Rows",
    "Sample",
    "TfidfText",
    "Trial",
    "approximate_neighbors",
    "centred",
    "click_rates",
    "cosine_neighbors",
    "dataset_content",
    "graph_key",
    "impression_rows",
    "item_graph",
    "knock_out",
    "known_and_new",
    "spectral_features",
    "stack",
    "user_profiles",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
