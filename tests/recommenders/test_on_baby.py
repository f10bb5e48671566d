"""What the recommenders reach on Amazon Baby, all items ranked and those of training masked."""

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.evaluate import full_ranking
from mmnotes.recommenders import EASE, ItemKNN, MostPop

pytestmark = pytest.mark.slow


def recall(model, interactions, part="test") -> float:
    train = interactions.part("train")
    model.fit(train)
    found = full_ranking(model.score, interactions.part(part), train, metrics=("recall@20",))
    return float(found["recall@20"].values.mean())


def test_most_popular(baby):
    assert recall(MostPop(), baby.interactions) == pytest.approx(0.0506, abs=0.0005)


def test_neighbours_need_shrinking(baby):
    """Validation data show it, as the docstring says: without it, worse than popularity."""
    popular = recall(MostPop(), baby.interactions, "valid")
    assert recall(ItemKNN(shrink=0), baby.interactions, "valid") < 0.7 * popular
    assert recall(ItemKNN(), baby.interactions, "valid") > 1.3 * popular


def test_neighbours_of_shuffled_items_know_no_more_than_popularity(baby):
    """Null: the same users and items, but who took what is shuffled in the training part."""
    rows = baby.interactions
    train = rows.split == "train"
    item = rows.item.copy()
    item[train] = np.random.default_rng(0).permutation(item[train])
    shuffled = Interactions(rows.user, item, rows.n_users, rows.n_items, split=rows.split)
    # A pair of the test part may now be among those of training: it is no longer to be found.
    pair = rows.user * rows.n_items + item
    shuffled = shuffled.where(train | ~np.isin(pair, pair[train]))
    assert recall(ItemKNN(), shuffled) < 1.1 * recall(MostPop(), shuffled)


def test_a_linear_model_needs_no_content(baby):
    """As much as was published for LATTICE (0.083), which reads pictures and texts."""
    assert recall(EASE(regularisation=400), baby.interactions) == pytest.approx(0.0821, abs=0.0005)
