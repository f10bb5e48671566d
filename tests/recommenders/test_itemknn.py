import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics.pairwise import cosine_similarity

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders import ItemKNN, itemknn

GRIDS = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8))


def interactions(grid) -> Interactions:
    user, item = np.nonzero(grid)
    return Interactions(user, item, *grid.shape)


def by_definition(grid, k, shrink):
    """The scores, from the formula and with loops."""
    n_users, n_items = grid.shape
    takers = [set(np.flatnonzero(grid[:, item])) for item in range(n_items)]
    scores = np.zeros(grid.shape)
    for i in range(n_items):
        near = []
        for j in range(n_items):
            common = len(takers[i] & takers[j])
            if j != i and common:
                length = np.sqrt(len(takers[i]) * len(takers[j]))
                near.append((round(-common / (length + shrink), 12), j))
        for cosine, j in sorted(near)[:k]:
            for user in range(n_users):
                scores[user, i] -= cosine * grid[user, j]
    return scores


@settings(max_examples=60, deadline=None)
@given(grid=GRIDS, k=st.integers(1, 9), shrink=st.sampled_from([0, 0.5, 10, 1e6]))
def test_the_definition(grid, k, shrink):
    grid[0, 0] = True
    model = ItemKNN(k, shrink).fit(interactions(grid))
    scores = model.score(np.arange(len(grid)))
    np.testing.assert_allclose(scores, by_definition(grid, k, shrink), rtol=1e-5)


def test_the_cosines_of_scikit_learn():
    grid = np.random.default_rng(0).random((60, 40)) < 0.1
    near = ItemKNN(k=40, shrink=0).fit(interactions(grid)).neighbors_.toarray()
    expected = cosine_similarity(grid.T.astype(float))
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(near, expected, rtol=1e-6)


@pytest.mark.parametrize("entries", [1, 50, 10**9])
def test_the_size_of_blocks_does_not_matter(monkeypatch, entries):
    grid = np.random.default_rng(1).random((80, 50)) < 0.1
    expected = ItemKNN(k=5, shrink=2).fit(interactions(grid)).neighbors_
    monkeypatch.setattr(itemknn, "_BLOCK_ENTRIES", entries)
    found = ItemKNN(k=5, shrink=2).fit(interactions(grid)).neighbors_
    np.testing.assert_array_equal(found.toarray(), expected.toarray())


def test_blocks_cover_every_item_once_and_keep_to_their_size(monkeypatch):
    grid = np.random.default_rng(2).random((80, 50)) < 0.1
    monkeypatch.setattr(itemknn, "_BLOCK_ENTRIES", 120)
    taken = itemknn.taken(interactions(grid))
    by_item = taken.T.tocsr()
    blocks = list(itemknn._blocks(by_item, taken))
    assert [item for block in blocks for item in range(50)[block]] == list(range(50))
    assert 1 < len(blocks) < 50
    for block in blocks:
        assert (by_item[block] @ taken).nnz <= 120


def test_of_equally_near_items_the_lower_number_stays():
    grid = np.ones((2, 4), bool)
    near = ItemKNN(k=2, shrink=0).fit(interactions(grid)).neighbors_.toarray()
    kept = [np.flatnonzero(row).tolist() for row in near]
    assert kept == [[1, 2], [0, 2], [0, 1], [0, 1]]


def test_similarities_that_differ_by_rounding_are_equal():
    assert 3 / np.sqrt(3 * 9) < 1 / np.sqrt(3 * 1)  # both are 1/√3
    grid = np.zeros((9, 3), bool)
    grid[:3, 0] = grid[:, 1] = grid[0, 2] = True
    near = ItemKNN(k=1, shrink=0).fit(interactions(grid)).neighbors_.toarray()
    assert np.flatnonzero(near[0]).tolist() == [1]


def test_a_user_without_history_gets_ties():
    grid = np.array([[1, 1, 0], [0, 0, 0]], bool)
    assert not ItemKNN().fit(interactions(grid)).score(np.array([1])).any()


@pytest.mark.parametrize(
    "parameters",
    [{"k": 0}, {"k": 2.5}, {"k": "5"}, {"shrink": -1}, {"shrink": np.inf}, {"shrink": np.nan}],
)
def test_parameters_out_of_range(parameters):
    with pytest.raises(InputError, match="k must be a whole number from 1, shrink a number from 0"):
        ItemKNN(**parameters).fit(interactions(np.eye(2, dtype=bool)))
