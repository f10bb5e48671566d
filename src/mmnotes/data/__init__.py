"""Items, who took them, and what was shown to whom: simulated, or read from prepared folders."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.data.clicked import clicked_pairs
    from mmnotes.data.decode import ImageReport
    from mmnotes.data.embedding import (
        Embedding,
        array_sha256,
        load_embedding,
        save_embedding,
        texts_sha256,
    )
    from mmnotes.data.fetching.fetch import fetch
    from mmnotes.data.fetching.photo_report import PhotoReport
    from mmnotes.data.fetching.photos import fetch_photos, photo_name
    from mmnotes.data.graphs import Neighbors
    from mmnotes.data.images import ArrayImages, Images
    from mmnotes.data.knobs import KNOBS, MarketConfig
    from mmnotes.data.leakage import burst, future_share, rising_runs, untestable
    from mmnotes.data.logged import LoggedActions
    from mmnotes.data.market import Market, simulate
    from mmnotes.data.prepared import Dataset, at_hand, available, fingerprint, load
    from mmnotes.data.ratings import rated_slates
    from mmnotes.data.registry import DatasetInfo, data_folder, listing, raw_folder
    from mmnotes.data.split_checks import check_split
    from mmnotes.data.splits import Split, by_day, split
    from mmnotes.data.stored import FolderImages, ZipImages
    from mmnotes.data.tables import Catalog, Impressions, Interactions
    from mmnotes.data.traits import photo_statistics, traits_of

_WHERE = {
    "clicked": ("clicked_pairs",),
    "decode": ("ImageReport",),
    "embedding": (
        "Embedding",
        "array_sha256",
        "load_embedding",
        "save_embedding",
        "texts_sha256",
    ),
    "fetching.fetch": ("fetch",),
    "fetching.photo_report": ("PhotoReport",),
    "fetching.photos": ("fetch_photos", "photo_name"),
    "graphs": ("Neighbors",),
    "images": ("ArrayImages", "Images"),
    "knobs": ("KNOBS", "MarketConfig"),
    "leakage": ("burst", "future_share", "rising_runs", "untestable"),
    "logged": ("LoggedActions",),
    "market": ("Market", "simulate"),
    "prepared": ("Dataset", "at_hand", "available", "fingerprint", "load"),
    "ratings": ("rated_slates",),
    "registry": ("DatasetInfo", "data_folder", "listing", "raw_folder"),
    "split_checks": ("check_split",),
    "splits": ("Split", "by_day", "split"),
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
    "Embedding",
    "FolderImages",
    "ImageReport",
    "Images",
    "Impressions",
    "Interactions",
    "LoggedActions",
    "Market",
    "MarketConfig",
    "Neighbors",
    "PhotoReport",
    "Split",
    "ZipImages",
    "array_sha256",
    "at_hand",
    "available",
    "burst",
    "by_day",
    "check_split",
    "clicked_pairs",
    "data_folder",
    "fetch",
    "fetch_photos",
    "fingerprint",
    "future_share",
    "listing",
    "load",
    "load_embedding",
    "photo_name",
    "photo_statistics",
    "rated_slates",
    "raw_folder",
    "rising_runs",
    "save_embedding",
    "simulate",
    "split",
    "texts_sha256",
    "traits_of",
    "untestable",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
