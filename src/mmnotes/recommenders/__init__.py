"""Recommenders: interactions in, a score for every item out."""

from typing import TYPE_CHECKING

from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.recommenders.base import Recommender
    from mmnotes.recommenders.bm3 import BM3
    from mmnotes.recommenders.bpr import BPR
    from mmnotes.recommenders.conditioned import ConditionedDiffMM
    from mmnotes.recommenders.contentknn import ContentKNN, NeighborPop
    from mmnotes.recommenders.diffmm import DiffMM
    from mmnotes.recommenders.ease import EASE
    from mmnotes.recommenders.freedom import FREEDOM
    from mmnotes.recommenders.itemknn import ItemKNN
    from mmnotes.recommenders.lattice import LATTICE
    from mmnotes.recommenders.lightgcn import LightGCN
    from mmnotes.recommenders.micro import MICRO
    from mmnotes.recommenders.popularity import MostPop
    from mmnotes.recommenders.ratings import RatingBiases
    from mmnotes.recommenders.sea import SEA
    from mmnotes.recommenders.trained import TrainedRecommender
    from mmnotes.recommenders.training import Training
    from mmnotes.recommenders.vbpr import VBPR

_WHERE = {
    "base": ("Recommender",),
    "bm3": ("BM3",),
    "bpr": ("BPR",),
    "conditioned": ("ConditionedDiffMM",),
    "contentknn": ("ContentKNN", "NeighborPop"),
    "diffmm": ("DiffMM",),
    "ease": ("EASE",),
    "freedom": ("FREEDOM",),
    "itemknn": ("ItemKNN",),
    "lattice": ("LATTICE",),
    "lightgcn": ("LightGCN",),
    "micro": ("MICRO",),
    "popularity": ("MostPop",),
    "ratings": ("RatingBiases",),
    "sea": ("SEA",),
    "trained": ("TrainedRecommender",),
    "training": ("Training",),
    "vbpr": ("VBPR",),
}

__all__ = [
    "BM3",
    "BPR",
    "EASE",
    "FREEDOM",
    "LATTICE",
    "MICRO",
    "SEA",
    "VBPR",
    "ConditionedDiffMM",
    "ContentKNN",
    "DiffMM",
    "ItemKNN",
    "LightGCN",
    "MostPop",
    "NeighborPop",
    "RatingBiases",
    "Recommender",
    "TrainedRecommender",
    "Training",
]

__getattr__, __dir__ = attach(__name__, _WHERE)
