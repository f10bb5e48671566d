import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data import Interactions, Neighbors
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders.itemgraph import Edges, mixed, shares_of, warm_edges
from mmnotes.recommenders.problem import Problem

CPU = torch.device("cpu")


def dense(edges, n):
    matrix = np.zeros((n, n))
    np.add.at(matrix, (edges.row.numpy(), edges.column.numpy()), edges.value.detach().numpy())
    return matrix


def drawn(seed, n=9, k=3, cold=2, unknown=0.2):
    """Two modalities of random neighbours; some cosines unknown, all in eighths: sums are exact."""
    rng = np.random.default_rng(seed)
    modalities = {}
    for name in ("image", "text"):
        index = np.array([rng.permutation(n)[:k] for _ in range(n)])
        alone = rng.random(n) < 0.2
        index[alone] = np.flatnonzero(alone)[:, None]  # as of an item without the modality
        cosine = np.where(rng.random((n, k)) < unknown, np.nan, rng.integers(-2, 9, (n, k)) / 8)
        block = FeatureBlock(rng.normal(size=(n, 2)).astype(np.float32), np.ones(n, bool))
        modalities[name] = Modality(block, Neighbors(index, cosine))
    item = rng.permutation(n)[: n - cold]
    rows = Interactions(np.zeros(len(item), int), item, n_users=1, n_items=n)
    return Problem.of(rows, Content(modalities), CPU)


EXAMPLE = Edges(torch.tensor([0, 0, 2]), torch.tensor([0, 1, 1]), torch.tensor([1.0, 3.0, 4.0]))


def test_divided_by_the_sum_of_the_row():
    expected = [[0.25, 0.75, 0], [0, 0, 0], [0, 1, 0]]
    np.testing.assert_allclose(dense(EXAMPLE.by_rows(3), 3), expected)


def test_divided_by_the_roots_of_both_sums():
    """The sums are of rows on both sides, though the graph is directed: item 1 has none."""
    expected = [[0.25, 0, 0], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(dense(EXAMPLE.symmetric(3), 3), expected)


def test_an_item_whose_cosines_do_not_add_up_to_more_than_zero_is_left_out():
    edges = Edges(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 0]), torch.tensor([1.0, -2.0, 1.0]))
    np.testing.assert_allclose(dense(edges.by_rows(2), 2), [[0, 0], [1, 0]])
    np.testing.assert_allclose(dense(edges.symmetric(2), 2), np.zeros((2, 2)))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_edges_are_those_between_warm_items(seed):
    problem = drawn(seed)
    warm = problem.warm.numpy()
    graph = problem.content["text"].graph
    expected = np.zeros((9, 9))
    for item in np.flatnonzero(warm):
        for near, cosine in zip(graph.index[item], graph.cosine[item], strict=True):
            expected[item, near] += warm[near] * (1 if np.isnan(cosine) else cosine)
    found = dense(warm_edges(problem.content["text"], problem, "cosine"), 9)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not found[~warm].any()
    assert not found[:, ~warm].any()
    ones = warm_edges(problem.content["text"], problem, "binary").value
    assert (ones == 1).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    weights=st.sampled_from(["binary", "cosine"]),
    normalise=st.sampled_from(["rows", "symmetric"]),
    share=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_a_mix_by_its_definition(dense_item_graph, seed, weights, normalise, share):
    problem = drawn(seed)
    shares = {"image": share, "text": 1 - share}
    found = mixed(problem, shares, weights, normalise)
    exact = dense_item_graph(problem, shares, weights, normalise)
    vectors = torch.randn(9, 4, generator=torch.Generator().manual_seed(seed), requires_grad=True)
    out = found(vectors)
    torch.testing.assert_close(out.double(), exact @ vectors.double(), rtol=1e-4, atol=1e-5)
    pull = torch.ones_like(out)
    (gradient,) = torch.autograd.grad(out, vectors, pull)
    torch.testing.assert_close(gradient.double(), exact.T @ pull.double(), rtol=1e-4, atol=1e-5)


def test_rows_of_published_graphs_are_plain_means(problem, market):
    """Of the ten neighbours of FREEDOM's graphs each counts a tenth; here of the warm ones."""
    graph = market.content["text"].graph
    rows = mixed(problem, {"text": 1.0}, "binary", "rows").matrix.to_dense()
    warm = problem.warm.numpy()
    item = next(i for i in np.flatnonzero(warm) if warm[graph.index[i]].all() and i not in (3, 17))
    assert rows[item].nonzero()[:, 0].tolist() == sorted(graph.index[item].tolist())
    torch.testing.assert_close(rows[item][graph.index[item]], torch.full((graph.k,), 1 / graph.k))


def test_a_modality_that_an_item_lacks_leaves_its_share_to_the_other(problem, market):
    """Item 3 has no image, item 17 no text."""
    both = mixed(problem, {"image": 0.1, "text": 0.9}, "binary", "rows").matrix.to_dense()
    for item, name in ((3, "text"), (17, "image")):
        alone = mixed(problem, {name: 1.0}, "binary", "rows").matrix.to_dense()
        torch.testing.assert_close(both[item], alone[item])
        assert both[item].sum().item() == pytest.approx(1)


def test_unknown_weights(problem):
    with pytest.raises(ValueError, match="weights must be 'cosine' or 'binary', not 'counts'"):
        warm_edges(problem.content["text"], problem, "counts")


def test_a_modality_without_a_share_is_no_slip_of_the_pen():
    assert shares_of(("image", "text"), {"image": 0.0, "text": 3.0}) == {"image": 0.0, "text": 1.0}
    with pytest.raises(InputError, match="image has none; give it one, or 0"):
        shares_of(("image", "text"), {"imgae": 0.5, "text": 0.5})
