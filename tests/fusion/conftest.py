"""Small worlds with known truth."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import expit

from mmnotes.evaluate import ndcg_at_k
from mmnotes.features.block import FeatureBlock, stack

SLATE = 10


class World(NamedTuple):
    """Two modalities whose first column carries taste, and clicks that follow from it."""

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    layout: dict
    context: slice

    def ndcg(self, ranker, X=None) -> float:
        scores = ranker.score_items(self.X if X is None else X)
        return float(ndcg_at_k(scores, self.y, self.groups).values.mean())


def make_world(
    seed,
    utility,
    n_slates=1000,
    n_columns=4,
    missing=0.0,
    alike=0.0,
    centre=0.0,
):
    """A log in which ``utility(text, image, device)`` decides the clicks.

    ``alike`` is the correlation of the two modalities, ``centre`` the mean of their columns (what
    TF-IDF and counts have, and centred PCA does not), ``missing`` the share of rows without each.
    """
    rng = np.random.default_rng(seed)
    n = n_slates * SLATE
    common = rng.normal(size=n)
    device = np.repeat(rng.integers(0, 2, n_slates), SLATE)
    taste, blocks = {}, {}
    for name in ("text", "image"):
        taste[name] = np.sqrt(alike) * common + np.sqrt(1 - alike) * rng.normal(size=n)
        values = rng.normal(size=(n, n_columns)).astype(np.float32)
        values[:, 0] = taste[name] + centre
        present = rng.random(n) >= missing
        values[~present] = 0
        blocks[name] = FeatureBlock(values, present)
    X, layout = stack(blocks)
    context = slice(X.shape[1], X.shape[1] + 2)
    X = np.hstack([X, np.eye(2, dtype=np.float32)[device]])
    y = (rng.random(n) < expit(utility(taste["text"], taste["image"], device) - 1.5)).astype(int)
    return World(X, y, np.repeat(np.arange(n_slates), SLATE), layout, context)


def additive(text, image, device):
    return text + image


@pytest.fixture(scope="session")
def world():
    """A few hundred rows with holes, for tests of manners rather than of skill."""
    return make_world(0, additive, n_slates=60, missing=0.2)


@pytest.fixture(scope="session")
def make():
    """Build a world: ``make(seed, utility, ...)``."""
    return make_world
