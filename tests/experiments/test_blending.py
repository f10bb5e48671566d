"""What scorers say together, and how much of their lists is the same."""

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import full_ranking
from mmnotes.experiments import blending
from mmnotes.experiments.blending import blended, overlap


def table(scores):
    scores = np.asarray(scores, float)
    return lambda users: scores[users]


def test_scale_has_no_say_in_a_blend():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 5, 8))
    items, users = np.arange(6), np.arange(5)
    blend = blended([table(one), table(other)], items, [1, 2])(users)
    moved = blended([table(100 * one - 7), table(other)], items, [1, 2])(users)
    assert np.allclose(blend, moved)
    assert np.allclose(blend[:, items].mean(1), 0)


def test_who_says_the_same_of_all_has_no_say():
    rng = np.random.default_rng(1)
    content, flat = rng.normal(size=(3, 6)), np.ones((3, 6))
    truth = np.arange(3), np.array([2, 0, 5])
    blend = blended([table(content), table(flat)], np.arange(6), [1, 50])
    ranked = [
        full_ranking(score, truth, metrics=["recall@2"], n_items=6)["recall@2"].values
        for score in (blend, table(content))
    ]
    assert np.array_equal(*ranked)


def test_who_differs_by_rounding_alone_has_no_say():
    """The mean of equal numbers may be off in its last digit; that must not become a spread."""
    content = np.random.default_rng(5).normal(size=(3, 7))
    flat = np.full((3, 7), 0.1)
    assert np.std(flat, axis=1).max() > 0
    users, items = np.arange(3), np.arange(7)
    alone, blend = (blended([table(content), table(flat)], items, [1, w])(users) for w in (0, 9))
    assert np.array_equal(blend, alone)


@pytest.mark.parametrize(
    "weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [np.nan, 1.0], [1.0, np.nan], [np.inf, 1.0]]
)
def test_bad_weights(weights):
    with pytest.raises(InputError, match="as many weights from 0"):
        blended([table([[1.0]])] * 2, np.array([0]), weights)


def test_overlap_by_hand():
    seen = Interactions(np.array([0]), np.array([3]), n_users=2, n_items=5)
    one = table([[5, 4, 3, 9, 0], [5, 4, 0, 0, 0]])
    other = table([[5, 0, 4, 9, 1], [5, 4, 0, 0, 0]])
    shared, chance = overlap(one, other, seen, k=2)
    assert shared.values.tolist() == [0.5, 1.0]
    assert chance.values.tolist() == [2 / 4, 2 / 5]


def test_overlap_by_blocks_is_overlap_at_once(monkeypatch):
    rng = np.random.default_rng(4)
    one, other = rng.integers(0, 6, (2, 50, 12)).astype(float)  # with ties
    user = np.repeat(np.arange(50), 3)
    seen = Interactions(user, rng.integers(0, 12, len(user)), n_users=50, n_items=12)
    hidden = np.zeros((50, 12), bool)
    hidden[seen.user, seen.item] = True
    expected = []
    for rows in zip(one, other, hidden, strict=True):
        shown = [np.lexsort((np.arange(12), -row, rows[2]))[:4] for row in rows[:2]]
        expected.append(len(np.intersect1d(*shown)) / 4)
    monkeypatch.setattr(blending, "_USERS", 7)
    shared, chance = overlap(table(one), table(other), seen, k=4)
    assert shared.values.tolist() == expected
    assert chance.values.tolist() == (4 / (12 - hidden.sum(axis=1))).tolist()


def test_overlap_of_random_lists_is_chance():
    rng = np.random.default_rng(2)
    seen = Interactions(np.arange(300), rng.integers(0, 40, 300), n_users=300, n_items=40)
    one, other = rng.normal(size=(2, 300, 40))
    shared, chance = overlap(table(one), table(other), seen, k=10)
    assert shared.values.mean() == pytest.approx(chance.values.mean(), abs=0.02)


def test_overlap_wants_items_left():
    seen = Interactions(np.array([0]), np.array([3]), n_users=1, n_items=5)
    with pytest.raises(InputError, match="from 1 to 4"):
        overlap(table(np.zeros((1, 5))), table(np.zeros((1, 5))), seen, k=5)
