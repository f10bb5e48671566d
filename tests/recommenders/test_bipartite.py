"""The graph of users and items against the same algebra with dense matrices."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.recommenders import sparse
from mmnotes.recommenders.bipartite import NORMALISATIONS, Bipartite

N_USERS, N_ITEMS = 7, 5


def pairs(seed=0, share=0.4):
    """Pairs by user and item; user 6 and item 4 have none."""
    taken = np.random.default_rng(seed).random((N_USERS, N_ITEMS)) < share
    taken[6] = taken[:, 4] = False
    taken[0, 0] = True
    return taken, *map(torch.from_numpy, np.nonzero(taken))


def adjacency(taken, normalise):
    """As its definition says, (n_users + n_items) squared, float64."""
    n = N_USERS + N_ITEMS
    whole = np.zeros((n, n))
    whole[:N_USERS, N_USERS:] = taken
    whole += whole.T
    if normalise != "symmetric":
        whole += np.eye(n)
    degree = np.maximum(whole.sum(1), 1)
    if normalise == "row-loops":
        return whole / degree[:, None]
    return whole / np.sqrt(degree[:, None] * degree)


def draw(n, d=3, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


def expected_sum(matrix, users, items, n_layers):
    """By powers of the matrix."""
    below = torch.cat([users, items]).double()
    total, at = below, below
    for _ in range(n_layers):
        at = torch.from_numpy(matrix) @ at
        total = total + at
    return total.split([N_USERS, N_ITEMS])


@pytest.fixture(params=NORMALISATIONS)
def normalise(request):
    return request.param


@pytest.mark.parametrize("n_layers", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("layout", ["rows", "coordinates"])
def test_sums_and_gradients_are_those_of_dense_matrices(normalise, n_layers, layout, monkeypatch):
    monkeypatch.setattr(sparse, "_ROWS", layout == "rows" and sparse._ROWS)
    taken, user, item = pairs()
    graph = Bipartite(user, item, taken.shape, normalise)
    users, items = draw(N_USERS).requires_grad_(), draw(N_ITEMS, seed=1).requires_grad_()
    weights = draw(N_USERS, seed=2), draw(N_ITEMS, seed=3)
    before = users.detach().clone(), items.detach().clone()
    found = graph.sum_of_layers(users, items, n_layers, scale=0.5)
    sum((part * weight).sum() for part, weight in zip(found, weights, strict=True)).backward()
    gradients = users.grad, items.grad
    assert users.equal(before[0])  # nothing was written where the tables stand
    assert items.equal(before[1])

    wanted = [part.detach().double().requires_grad_() for part in before]
    dense = expected_sum(adjacency(taken, normalise), *wanted, n_layers)
    sum((0.5 * part * weight).sum() for part, weight in zip(dense, weights, strict=True)).backward()
    for ours, theirs in zip(found, dense, strict=True):
        torch.testing.assert_close(ours.double(), 0.5 * theirs, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(ours.double(), theirs.grad, rtol=1e-5, atol=1e-6)


def test_a_gradient_may_come_from_one_side_alone(normalise):
    taken, user, item = pairs()
    graph = Bipartite(user, item, taken.shape, normalise)
    users, items = draw(N_USERS).requires_grad_(), draw(N_ITEMS, seed=1).requires_grad_()
    graph.mean_of_layers(users, items, 2)[1].sum().backward()  # spread out, not contiguous
    matrix = adjacency(taken, normalise)
    ends = np.r_[np.zeros(N_USERS), np.ones(N_ITEMS)]
    sums = (ends + ends @ matrix + ends @ matrix @ matrix) / 3
    gradient = torch.cat([users.grad, items.grad])
    np.testing.assert_allclose(gradient, np.tile(sums[:, None], 3), rtol=1e-5, atol=1e-6)


@given(
    seed=st.integers(0, 50), n_layers=st.integers(0, 3), normalise=st.sampled_from(NORMALISATIONS)
)
@settings(max_examples=40, deadline=None)
def test_the_way_back_is_the_transpose(seed, n_layers, normalise):
    """For every x and y, <y, A x> = <A' y, x>."""
    taken, user, item = pairs(seed)
    graph = Bipartite(user, item, taken.shape, normalise)
    x = draw(N_USERS, seed=seed), draw(N_ITEMS, seed=seed + 1)
    y = draw(N_USERS, seed=seed + 2), draw(N_ITEMS, seed=seed + 3)
    there = graph._summed(*x, n_layers, 1.0, back=False)
    back = graph._summed(*y, n_layers, 1.0, back=True)
    one = sum(float((a * b).sum()) for a, b in zip(y, there, strict=True))
    other = sum(float((a * b).sum()) for a, b in zip(back, x, strict=True))
    assert one == pytest.approx(other, rel=1e-4, abs=1e-4)


def test_rows_of_a_row_normalised_graph_add_up_to_one():
    taken, user, item = pairs()
    graph = Bipartite(user, item, taken.shape, "row-loops")
    sums = graph.mean_of_layers(torch.ones(N_USERS, 1), torch.ones(N_ITEMS, 1), 3)
    for part in sums:
        torch.testing.assert_close(part, torch.ones_like(part))


def test_degrees_are_of_the_edges_that_stay(normalise):
    taken, user, item = pairs()
    keep = torch.arange(len(user)) % 2 == 0
    thinned = np.zeros_like(taken)
    thinned[user[keep], item[keep]] = True
    x = draw(N_USERS), draw(N_ITEMS, seed=1)
    found = Bipartite(user, item, taken.shape, normalise, keep).sum_of_layers(*x, 2)
    again = Bipartite(user[keep], item[keep], taken.shape, normalise).sum_of_layers(*x, 2)
    wanted = expected_sum(adjacency(thinned, normalise), *x, 2)
    for ours, other, dense in zip(found, again, wanted, strict=True):
        assert ours.equal(other)
        torch.testing.assert_close(ours.double(), dense, rtol=1e-5, atol=1e-6)


def test_who_has_no_edge_hears_of_nobody(normalise):
    taken, user, item = pairs()
    graph = Bipartite(user, item, taken.shape, normalise)
    x = draw(N_USERS), draw(N_ITEMS, seed=1)
    users, items = graph.sum_of_layers(*x, 1)
    itself = 1 if normalise == "symmetric" else 2  # its loop gives it itself once more
    torch.testing.assert_close(users[6], itself * x[0][6])
    torch.testing.assert_close(items[4], itself * x[1][4])


def test_has_no_second_derivative():
    taken, user, item = pairs()
    graph = Bipartite(user, item, taken.shape, "symmetric")
    users = draw(N_USERS).requires_grad_()
    total = graph.sum_of_layers(users, draw(N_ITEMS), 1)[0].square().sum()
    (first,) = torch.autograd.grad(total, users, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_settings_out_of_range():
    taken, user, item = pairs()
    with pytest.raises(InputError, match="no normalisation 'rows'; choose from symmetric, "):
        Bipartite(user, item, taken.shape, "rows")
    graph = Bipartite(user, item, taken.shape, "symmetric")
    with pytest.raises(InputError, match="n_layers must be a whole number from 0, not -1"):
        graph.mean_of_layers(draw(N_USERS), draw(N_ITEMS), -1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
def test_gpu_gives_the_same(normalise):
    taken, user, item = pairs()
    x = draw(N_USERS), draw(N_ITEMS, seed=1)
    here = Bipartite(user, item, taken.shape, normalise).sum_of_layers(*x, 3)
    graph = Bipartite(user.cuda(), item.cuda(), taken.shape, normalise)
    there = graph.sum_of_layers(x[0].cuda(), x[1].cuda(), 3)
    for ours, theirs in zip(there, here, strict=True):
        torch.testing.assert_close(ours.cpu(), theirs, rtol=1e-4, atol=1e-5)
