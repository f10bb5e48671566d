import numpy as np

from mmnotes.data import Interactions
from mmnotes.recommenders import MostPop


def test_counts_users_and_not_rows():
    user, item = np.array([0, 0, 0, 1, 2]), np.array([1, 1, 0, 1, 2])
    scores = MostPop().fit(Interactions(user, item, 4, 4)).score(np.arange(4))
    np.testing.assert_array_equal(scores, [[1, 2, 1, 0]] * 4)  # user 3 took nothing


def test_on_amazon_baby(baby):
    """The counts are those of the column of items: no pair comes twice."""
    train = baby.interactions.part("train")
    scores = MostPop().fit(train).score(np.array([0]))[0]
    assert scores.sum() == 118_551
    counts = dict(zip(*np.unique(train.item, return_counts=True), strict=True))
    assert all(scores[item] == count for item, count in counts.items())
