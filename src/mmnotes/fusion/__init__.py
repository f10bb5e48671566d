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


def __getattr__(name: str) -> type:
    if name == "MlpRanker":
        from mmnotes.fusion.mlp import MlpRanker

        return MlpRanker
    raise AttributeError(f"module 'mmnotes.fusion' has no attribute {name!r}")
