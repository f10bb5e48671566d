"""Edges that no diffusion drew."""

import numpy as np
import pytest
import torch

from mmnotes.data import Interactions
from mmnotes.recommenders import ItemKNN
from mmnotes.recommenders.base import taken
from mmnotes.recommenders.fixedlinks import fixed_links, nearest_items, own_items
from mmnotes.recommenders.problem import Problem


def own(problem):
    shape = problem.n_users, problem.n_items
    return taken(Interactions(problem.user.numpy(), problem.item.numpy(), *shape)).toarray() > 0


def test_nearest_items_are_the_best_that_the_user_has_not(problem):
    """By brute force over all items."""
    has = own(problem)
    shape = problem.n_users, problem.n_items
    rows = Interactions(problem.user.numpy(), problem.item.numpy(), *shape)
    buyers = np.flatnonzero(has.any(1))
    scores = np.where(has, -np.inf, ItemKNN().fit(rows).score(np.arange(problem.n_users)))
    found = nearest_items(problem, 3).numpy()
    best = -np.sort(-scores[buyers], axis=1)[:, :3]
    np.testing.assert_array_equal(np.take_along_axis(scores[buyers], found, axis=1), best)
    assert not np.take_along_axis(has[buyers], found, axis=1).any()


def test_where_too_few_are_left_there_are_fewer_links():
    """Neither cold items nor the user's own fill up the row."""
    user, item = np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3]), np.array([0, 1, 2, 0, 3, 1, 0, 1, 2, 3])
    rows = Interactions(user, item, n_users=5, n_items=6)
    problem = Problem.of(rows, None, torch.device("cpu"))  # items 4 and 5 are cold
    found = nearest_items(problem, 3)
    assert [set(row) - {-1} for row in found.tolist()] == [{3}, {1, 2}, {0, 2, 3}, set()]
    assert (found >= 0).sum() == 6  # none twice
    linked = fixed_links(problem, ("text",), 3, "neighbors").links()["text"]
    assert linked[0].tolist() == [0, 1, 1, 2, 2, 2]
    assert linked[1].tolist() == [3, 1, 2, 0, 2, 3]


def test_who_has_no_neighbour_gets_no_link():
    rows = Interactions(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 3]), 3, 4)
    found = nearest_items(Problem.of(rows, None, torch.device("cpu")), 2)
    assert found.tolist() == [[2, -1], [0, -1], [-1, -1]]


def test_own_items_are_the_users_own_each_once(problem):
    has = own(problem)
    for k in (3, 20):
        found = own_items(problem, k).tolist()
        for items, mine in zip(found, has[has.any(1)], strict=True):
            drawn = [item for item in items if item >= 0]
            assert len(items) == k
            assert len(set(drawn)) == len(drawn) == min(k, mine.sum())
            assert set(drawn) <= set(np.flatnonzero(mine).tolist())


def test_each_own_item_is_as_likely():
    torch.manual_seed(0)
    n_users, n_own, k = 4000, 5, 3
    user, item = np.repeat(np.arange(n_users), n_own), np.tile(np.arange(n_own), n_users)
    rows = Interactions(user, item, n_users, n_own)
    found = own_items(Problem.of(rows, None, torch.device("cpu")), k)
    shares = torch.bincount(found.ravel(), minlength=n_own) / n_users
    torch.testing.assert_close(shares, torch.full((n_own,), k / n_own), rtol=0, atol=0.03)


@pytest.mark.parametrize(("source", "n_links"), [("own", 100), ("neighbors", 100), ("none", 0)])
def test_each_modality_has_its_graph(problem, source, n_links):
    graphs = fixed_links(problem, ("image", "text"), 2, source)
    links = graphs.links()
    assert [len(user) for user, _ in links.values()] == [n_links, n_links]
    assert [graph.shape for graph in graphs.graphs().values()] == 2 * [
        (problem.n_users, problem.n_items)
    ]
