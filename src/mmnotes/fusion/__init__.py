"""Rankers on impressions that use several modalities: early fusion, late fusion, one alone.

All are scikit-learn estimators: ``fit(X, y, groups)``, ``score_items(X)``, ``predict_proba(X)``.
``MlpRanker`` loads torch, and only when it is first named.
"""

from typing import TYPE_CHECKING

from mmnotes.fusion.base import Ranker
from mmnotes.fusion.columns import without
from mmnotes.fusion.early import EarlyFusion
from mmnotes.fusion.late import LateFusion
from mmnotes.fusion.learners import gbdt, logistic
from mmnotes.fusion.single import SingleModality
from mmnotes.lazy import attach

if TYPE_CHECKING:
    from mmnotes.fusion.mlp import MlpRanker

__all__ = [
    "EarlyFusion",
    "LateFusion",
    "MlpRanker",
    "Ranker",
    "SingleModality",
    "gbdt",
    "logistic",
    "without",
]

__getattr__, _ = attach(__name__, {"mlp": ("MlpRanker",)})
