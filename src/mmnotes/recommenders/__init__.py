"""Recommenders: interactions in, a score for every item out."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.recommenders.base import Recommender
    from mmnotes.recommenders.contentknn import ContentKNN
    from mmnotes.recommenders.ease import EASE
    from mmnotes.recommenders.itemknn import ItemKNN
    from mmnotes.recommenders.popularity import MostPop
    from mmnotes.recommenders.ratings import RatingBiases

_WHERE = {
    "base": ("Recommender",),
    "contentknn": ("ContentKNN",),
    "ease": ("EASE",),
    "itemknn": ("ItemKNN",),
    "popularity": ("MostPop",),
    "ratings": ("RatingBiases",),
}

__all__ = ["EASE", "ContentKNN", "ItemKNN", "MostPop", "RatingBiases", "Recommender"]

__getattr__, __dir__ = attach(__name__, _WHERE)
