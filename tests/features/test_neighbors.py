import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.neighbors import NearestNeighbors

from mmnotes.errors import InputError
from mmnotes.features import centred, cosine_neighbors, neighbors, products, shortlist


def brute(values, k, itself=False):
    """By definition, with ties by id."""
    units = values / np.linalg.norm(values, axis=1, keepdims=True)
    cosine = np.round(units @ units.T, 10)
    if not itself:
        np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(cosine, order, axis=1)


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)


@pytest.mark.parametrize("itself", [False, True])
@pytest.mark.parametrize("rows", [5, 7, 64, 199, 2048])
def test_agrees_with_the_definition_in_blocks_of_any_size(values, rows, itself, monkeypatch):
    monkeypatch.setattr(neighbors, "_ROWS", rows)
    monkeypatch.setattr(neighbors, "_ENTRIES", 16 * rows)
    index, cosine = cosine_neighbors(values, 7, itself=itself)
    wanted, wanted_cosine = brute(values.astype(np.float64), 7, itself)
    np.testing.assert_array_equal(index, wanted)
    np.testing.assert_allclose(cosine, wanted_cosine, atol=1e-6)
    assert (index.dtype, cosine.dtype) == (np.int64, np.float32)


def test_agrees_with_scikit_learn(values):
    index, cosine = cosine_neighbors(values, 5)
    search = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(values)
    distance, wanted = search.kneighbors(values)
    np.testing.assert_array_equal(index, wanted[:, 1:])
    np.testing.assert_allclose(1 - cosine, distance[:, 1:], atol=1e-5)


def test_ties_go_to_the_lower_id(values):
    """Forty copies of one item: each one's neighbours are the first of the others."""
    values[50:90] = values[50]
    index, cosine = cosine_neighbors(values, 3)
    assert index[70].tolist() == [50, 51, 52]
    assert index[50].tolist() == [51, 52, 53]
    np.testing.assert_allclose(cosine[70], 1, atol=1e-6)


@given(
    arrays(np.float32, (12, 3), elements=st.sampled_from([-1.0, 0.0, 1.0, 2.0])),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from([3, 2048]),
)
@settings(max_examples=200, deadline=None)
def test_agrees_with_the_definition_where_most_are_tied(values, k, itself, block):
    rows = np.flatnonzero(values.any(axis=1))
    if len(rows) <= k:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbors, "_ROWS", block)
        index, cosine = cosine_neighbors(values, k, itself=itself)
    wanted, wanted_cosine = brute(values[rows].astype(np.float64), k, itself)
    np.testing.assert_array_equal(index[rows], rows[wanted])
    np.testing.assert_allclose(cosine[rows], wanted_cosine, atol=1e-6)


def test_an_item_that_counts_comes_first_or_after_its_copies(values):
    values[[20, 60]] = values[40]
    index, cosine = cosine_neighbors(values, 4, itself=True)
    assert (index[:, 0] == np.arange(200)).sum() == 198
    assert index[60, :3].tolist() == index[20, :3].tolist() == [20, 40, 60]
    np.testing.assert_array_equal(cosine[[20, 40, 60], :3], 1)


def test_more_copies_than_neighbours_leave_the_item_out(values):
    values[:6] = values[0]
    index, _ = cosine_neighbors(values, 4, itself=True)
    assert index[5].tolist() == [0, 1, 2, 3]
    assert cosine_neighbors(values, 199)[0].shape == (200, 199)
    assert cosine_neighbors(values, 200, itself=True)[0].shape == (200, 200)


@pytest.mark.parametrize("error", [0.0, 1e-4, 0.01, 0.2])
def test_rough_products_change_nothing_if_their_error_is_known(values, error, monkeypatch):
    """Whatever the hardware does within its bound: here, the worst that it may."""
    values[50:60] = values[50]
    values[60:70] = values[60] + 1e-7 * np.arange(10, dtype=np.float32)[:, None]
    rng = np.random.default_rng(1)

    def rough(one, other):
        return (one @ other.T + rng.choice([-error, error], (len(one), len(other)))).astype("f4")

    wanted = cosine_neighbors(values, 5)
    monkeypatch.setattr(products.Products, "error", lambda *_: error + 1e-6)
    monkeypatch.setattr(neighbors, "products", lambda *_: products.Products(rough))
    monkeypatch.setattr(neighbors, "_ROWS", 64)
    for one, other in zip(wanted, cosine_neighbors(values, 5), strict=True):
        np.testing.assert_array_equal(one, other)


def test_pairs_that_wait_are_settled_before_they_are_too_many(monkeypatch):
    values = np.eye(60, dtype=np.float32)  # all are tied with all
    wanted = brute(values, 3)[0]
    most = []
    settle = shortlist.Shortlist._settle

    def watched(self):
        most.append(sum(len(row) for row, _, _ in self._waiting))
        settle(self)

    monkeypatch.setattr(shortlist.Shortlist, "_settle", watched)
    monkeypatch.setattr(neighbors, "_ROWS", 10)
    monkeypatch.setattr(shortlist, "_WAITING", 100)
    np.testing.assert_array_equal(cosine_neighbors(values, 3)[0], wanted)
    assert len(most) > 5
    assert max(most) <= 100 + 2 * 60 * 4 + 10 * 10


def test_memory_grows_with_the_items_and_not_with_their_square(tmp_path):
    np.save(tmp_path / "v.npy", np.random.default_rng(0).normal(size=(9_000, 32)).astype("f4"))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    peaks = []
    for n in (4_500, 9_000):
        tracemalloc.start()
        cosine_neighbors(mapped[:n], 10)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
    assert peaks[1] < 9_000**2  # a byte a pair


def test_length_does_not_matter(values):
    scaled = values * np.linspace(0.1, 50, 200, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(cosine_neighbors(scaled, 5)[0], cosine_neighbors(values, 5)[0])


def test_absent_rows_are_nobody_s_neighbours(values):
    present = np.arange(200) % 3 > 0
    index, cosine = cosine_neighbors(values, 5, present)
    assert (index[~present] == -1).all()
    assert np.isnan(cosine[~present]).all()
    assert present[index[present]].all()
    rows = np.flatnonzero(present)
    np.testing.assert_array_equal(index[rows], rows[cosine_neighbors(values[rows], 5)[0]])


def test_a_row_of_zeros_has_no_direction(values):
    values[9] = 0
    np.testing.assert_array_equal(
        cosine_neighbors(values, 5, np.ones(200, bool))[0], cosine_neighbors(values, 5)[0]
    )
    index, _ = cosine_neighbors(values, 5)
    assert (index[9] == -1).all()
    assert not (index == 9).any()


def test_bad_input(values):
    for k in (0, 200):
        with pytest.raises(InputError, match=f"k={k} neighbours of 200 present items"):
            cosine_neighbors(values, k)
    with pytest.raises(InputError, match="differ in length"):
        cosine_neighbors(values, 3, np.ones(9, bool))
    with pytest.raises(InputError, match=r"k=201 neighbours of 200 .* choose k from 1 to 200"):
        cosine_neighbors(values, 201, itself=True)
    with pytest.raises(InputError, match=r"must be \(n, d\)"):
        cosine_neighbors(values[0], 3)
    values[8, 1] = np.nan
    with pytest.raises(InputError, match="1 rows hold NaN or infinity, the first is row 8"):
        cosine_neighbors(values, 3)


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_a_row_whose_length_float64_cannot_hold(size):
    values = np.eye(5)
    values[3, 3] = size
    with pytest.raises(InputError, match="row 3 holds numbers too large or too small"):
        cosine_neighbors(values, 2)


@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_a_row_whose_length_float32_cannot_square(values, size):
    scaled = values.copy()
    scaled[7] *= np.float32(size)
    np.testing.assert_array_equal(cosine_neighbors(scaled, 5)[0], cosine_neighbors(values, 5)[0])


class TestCentred:
    def test_subtracts_the_mean_of_those_present(self, values):
        present = np.arange(200) % 4 > 0
        out = centred(values * present[:, None], present)
        np.testing.assert_allclose(out[present].mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(
            out[present], values[present] - values[present].mean(axis=0), atol=1e-6
        )
        assert not out[~present].any()
        assert out.dtype == np.float32

    def test_bad_input(self, values):
        with pytest.raises(InputError, match="differ in length"):
            centred(values, np.ones(3, bool))
        with pytest.raises(InputError, match="no item is present"):
            centred(values, np.zeros(200, bool))
