"""Three witnesses for each metric: its definition, other libraries, and properties that hold."""

import importlib.util
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    dcg_score,
    label_ranking_average_precision_score,
    ndcg_score,
    precision_score,
    roc_auc_score,
    top_k_accuracy_score,
)

from mmnotes.errors import InputError
from mmnotes.evaluate import (
    PerGroup,
    auc,
    average_precision_at_k,
    chance,
    chance_ndcg,
    dcg_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    rank_metrics,
    recall_at_k,
    reciprocal_rank_at_k,
)
from mmnotes.evaluate.measures import MEASURES
from mmnotes.evaluate.ranks import TIES
