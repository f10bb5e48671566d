import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate.neighbors import (
    chance_agreement,
    neighbor_agreement,
    neighbor_overlap,
    random_pair_cosines,
)


def test_random_pairs_are_cosines_of_different_items():
    values = np.eye(5) * [1, 2, 3, 4, 5]
    assert random_pair_cosines(values, n_pairs=500) == pytest.approx(0)  # never an item with itself
    assert random_pair_cosines(np.ones((5, 3)), n_pairs=50) == pytest.approx(1)


def test_random_pairs_average_to_the_mean_over_all_pairs():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 4)) + 1
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    exact = (unit @ unit.T)[~np.eye(30, dtype=bool)].mean()
    assert random_pair_cosines(values, n_pairs=100_000).mean() == pytest.approx(exact, abs=0.01)


def test_random_pairs_skip_zero_vectors_and_repeat_under_a_seed():
    values = np.vstack([np.zeros((50, 2)), [[1, 0], [1, 0]]])
    assert random_pair_cosines(values, n_pairs=20) == pytest.approx(1)
    rng = np.random.default_rng(0).normal(size=(20, 3))
    one, two, other = (random_pair_cosines(rng, 30, random_state=s) for s in (0, 0, 1))
    assert (one == two).all()
    assert (one != other).any()


def test_random_pairs_need_two_items():
    with pytest.raises(InputError, match="at least two items"):
        random_pair_cosines(np.array([[1.0, 0], [0, 0]]))


def test_agreement_by_hand_and_absent_items():
    labels = np.array(["a", "a", "b", "b"])
    index = np.array([[1, 2], [0, 3], [3, 0], [-1, -1]])
    assert neighbor_agreement(index, labels)[:3] == pytest.approx([0.5, 0.5, 0.5])
    assert np.isnan(neighbor_agreement(index, labels)[3])


def test_chance_agreement_is_the_share_of_pairs():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 40)
    pairs = [(i, j) for i in range(40) for j in range(40) if i != j]
    exact = np.mean([labels[i] == labels[j] for i, j in pairs])
    assert chance_agreement(labels) == pytest.approx(exact)
    assert chance_agreement(np.zeros(5)) == 1


def test_overlap_ignores_order():
    one = np.array([[1, 2, 3], [4, 5, 6], [-1, -1, -1]])
    other = np.array([[3, 2, 9], [6, 5, 4], [1, 2, 3]])
    assert neighbor_overlap(one, other)[:2] == pytest.approx([2 / 3, 1])
    assert np.isnan(neighbor_overlap(one, other)[2])
    with pytest.raises(InputError, match="differ in shape"):
        neighbor_overlap(one, other[:, :2])
