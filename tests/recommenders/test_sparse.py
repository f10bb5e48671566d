"""Products with fixed sparse matrices, in both layouts that they may have."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmnotes.recommenders import sparse
from mmnotes.recommenders.sparse import Spread, compressed, product


@pytest.fixture(params=["rows", "coordinates"])
def layout(request, monkeypatch):
    """With MKL, and without."""
    if request.param == "rows" and not torch.backends.mkl.is_available():
        pytest.skip("torch has no MKL here")
    monkeypatch.setattr(sparse, "_ROWS", request.param == "rows")
    return torch.sparse_csr if request.param == "rows" else torch.sparse_coo


def parts(dense):
    row, column = np.nonzero(dense)
    entries = torch.from_numpy(dense[row, column].astype(np.float32))
    return torch.from_numpy(row), torch.from_numpy(column), entries


def draw(*shape, seed=0, dtype=np.float32):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(dtype))


DENSE = np.array([[0, 2, 0, 0], [0, 0, 0, 0], [1, -1, 0, 3]])


class TestProduct:
    def test_is_the_dense_one(self, layout):
        matrix = compressed(*parts(DENSE), DENSE.shape)
        assert matrix.layout is layout
        vectors, more = draw(4, 5), draw(3, 5, seed=1)
        expected = torch.from_numpy(DENSE).float() @ vectors
        torch.testing.assert_close(product(matrix, vectors), expected)
        torch.testing.assert_close(product(matrix, vectors, add=more), expected + more)

    def test_what_stands_in_the_memory_does_not_count(self, layout):
        matrix, vectors = compressed(*parts(DENSE), DENSE.shape), draw(4, 5)
        out = torch.full((3, 5), torch.nan)
        assert product(matrix, vectors, out=out) is out
        torch.testing.assert_close(out, torch.from_numpy(DENSE).float() @ vectors)
        more = draw(3, 5, seed=1)
        kept = more.clone()
        product(matrix, vectors, out=out, add=more)
        torch.testing.assert_close(out, torch.from_numpy(DENSE).float() @ vectors + more)
        assert more.equal(kept)

    def test_without_an_entry(self, layout):
        matrix = compressed(*parts(np.zeros((3, 4))), (3, 4))
        assert not product(matrix, draw(4, 2)).any()


class TestSpread:
    def test_gradient_is_that_of_the_dense_matrix(self, layout):
        if layout is torch.sparse_csr:
            dense = np.random.default_rng(3).normal(size=(6, 6)) * (np.arange(36) % 3 == 0).reshape(
                6, 6
            )
        else:
            dense = np.triu(np.ones((6, 6)))
        spread = Spread(*(part for part in parts(dense)), 6)
        vectors = draw(6, 3).requires_grad_()
        weights = draw(6, 3, seed=1)
        (spread(vectors) * weights).sum().backward()
        expected = torch.from_numpy(dense).float()
        torch.testing.assert_close(spread(vectors.detach()), expected @ vectors.detach())
        torch.testing.assert_close(vectors.grad, expected.T @ weights)

    def test_gradcheck(self, layout):
        row, column = torch.tensor([3, 0, 0, 2, 3]), torch.tensor([1, 2, 0, 2, 1])
        spread = Spread(row, column, draw(5, dtype=np.float64), 4)
        assert torch.autograd.gradcheck(spread, draw(4, 2, dtype=np.float64).requires_grad_())

    def test_has_no_second_derivative(self):
        spread = Spread(*parts(np.eye(3)), 3)
        vectors = draw(3, 2).requires_grad_()
        (first,) = torch.autograd.grad(spread(vectors).square().sum(), vectors, create_graph=True)
        with pytest.raises(RuntimeError, match="once_differentiable"):
            first.sum().backward()

    def test_takes_vectors_that_do_not_lie_in_order(self):
        dense = np.triu(np.ones((4, 4)))
        vectors = draw(3, 4).T.requires_grad_()
        spread = Spread(*parts(dense), 4)
        spread(vectors).sum().backward()  # its gradient is one number, spread over all places
        expected = torch.from_numpy(dense).float()
        torch.testing.assert_close(spread(vectors.detach()), expected @ vectors.detach())
        torch.testing.assert_close(vectors.grad, expected.sum(0)[:, None].expand(4, 3))

    @given(
        places=hnp.arrays(
            np.int64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.integers(0, 4)
        ),
        seed=st.integers(0, 9),
    )
    @settings(max_examples=50, deadline=None)
    def test_entries_in_one_place_add_up_in_any_order(self, places, seed):
        values = np.random.default_rng(seed).integers(1, 9, len(places)).astype(np.float32)
        dense = np.zeros((5, 5), np.float32)
        np.add.at(dense, tuple(places.T), values)
        row, column = torch.from_numpy(places.T.copy())
        spread = Spread(row, column, torch.from_numpy(values), 5)
        np.testing.assert_array_equal(spread(torch.eye(5)).numpy(), dense)
        np.testing.assert_array_equal(spread.transposed.to_dense().numpy(), dense.T)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
def test_gpu_gives_the_same():
    row, column, entries = parts(np.random.default_rng(0).normal(size=(50, 50)))
    here, there = (
        Spread(row.to(device), column.to(device), entries.to(device), 50)
        for device in ("cpu", "cuda")
    )
    vectors = draw(50, 8)
    torch.testing.assert_close(there(vectors.cuda()).cpu(), here(vectors), rtol=1e-4, atol=1e-4)
