"""Items, who took them, and what was shown to whom: simulated, or read from prepared folders."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.data.decode import ImageReport
    from mmnotes.data.graphs import Neighbors
    from mmnotes.data.images import ArrayImages, Images
    from mmnotes.data.knobs import KNOBS, MarketConfig
    from mmnotes.data.logged import LoggedActions
    from mmnotes.data.market import Market, simulate
    from mmnotes.data.prepared import Dataset, at_hand, available, fingerprint, load
    from mmnotes.data.ratings import rated_slates
    from mmnotes.data.registry import DatasetInfo, data_folder, listing
    from mmnotes.data.splits import by_day
    from mmnotes.data.stored import FolderImages, ZipImages
    from mmnotes.data.tables import Catalog, Impressions, Interactions
    from mmnotes.data.traits import photo_statistics, traits_of

_WHERE = {
    "decode": ("ImageReport",),
    "graphs": ("Neighbors",),
    "images": ("ArrayImages", "Images"),
    "knobs": ("KNOBS", "MarketConfig"),
    "logged": ("LoggedActions",),
    "market": ("Market", "simulate"),
    "prepared": ("Dataset", "at_hand", "available", "fingerprint", "load"),
    "ratings": ("rated_slates",),
    "registry": ("DatasetInfo", "data_folder", "listing"),
    "splits": ("by_day",),
    "stored": ("FolderImages", "ZipImages"),
    "tables": ("Catalog", "Impressions", "Interactions"),
    "traits": ("photo_statistics", "traits_of"),
}

__all__ = [
    "KNOBS",
    "ArrayImages",
    "Catalog",
    "Dataset",
    "DatasetInfo",
    "FolderImages",
    "ImageReport",
    "Images",
    "Impressions",
    "Interactions",
    "LoggedActions",
    "Market",
    "MarketConfig",
    "Neighbors",
    "ZipImages",
    "at_hand",
    "available",
    "by_day",
    "data_folder",
    "fingerprint",
    "listing",
    "load",
    "photo_statistics",
    "rated_slates",
    "simulate",
    "traits_of",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
