import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data import Interactions, Neighbors
from mmnotes.errors import InputError
from mmnotes.recommenders import ContentKNN, NeighborPop


def by_definition(grid, graph):
    scores = np.zeros(grid.shape)
    for user in range(len(grid)):
        for item in range(len(graph)):
            for near, cosine in zip(graph.index[item], graph.cosine[item], strict=True):
                if near != item and grid[user, near] and not np.isnan(cosine):
                    scores[user, item] += cosine
    return scores


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 6), holes=st.sampled_from([0, 0.3, 1]))
def test_the_definition(seed, k, holes):
    rng = np.random.default_rng(seed)
    grid = rng.random((5, 7)) < 0.4
    grid[0, 0] = True
    cosine = np.where(rng.random((7, k)) < holes, np.nan, rng.uniform(-1, 1, (7, k)))
    graph = Neighbors(np.array([rng.permutation(7)[:k] for _ in range(7)]), cosine)
    user, item = np.nonzero(grid)
    scores = ContentKNN(graph).fit(Interactions(user, item, 5, 7)).score(np.arange(5))
    np.testing.assert_allclose(scores, by_definition(grid, graph), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_popular_neighbours_are_what_all_users_say_together(seed):
    rng = np.random.default_rng(seed)
    graph = Neighbors(rng.permuted(np.tile(np.arange(7), (7, 1)), axis=1)[:, :3], np.ones((7, 3)))
    rows = Interactions(*np.nonzero(rng.random((5, 7)) < 0.4), 5, 7)
    users = np.arange(5)
    everybody = ContentKNN(graph).fit(rows).score(users).sum(axis=0)
    scores = NeighborPop(graph).fit(rows).score(users)
    np.testing.assert_allclose(scores, np.tile(everybody, (5, 1)), rtol=1e-6)


def test_an_item_that_nobody_took_is_found_by_what_is_like_it():
    graph = Neighbors(np.array([[1], [0], [0]]), np.array([[0.5], [0.5], [0.25]]))
    model = ContentKNN(graph).fit(Interactions(np.array([0]), np.array([0]), 2, 3))
    np.testing.assert_array_equal(model.score(np.array([0, 1])), [[0, 0.5, 0.25], [0, 0, 0]])


def test_a_graph_of_other_items():
    graph = Neighbors(np.array([[1], [0]]), np.ones((2, 1)))
    with pytest.raises(InputError, match="neighbours of 2 items, but interactions with 3"):
        ContentKNN(graph).fit(Interactions(np.array([0]), np.array([0]), 1, 3))
