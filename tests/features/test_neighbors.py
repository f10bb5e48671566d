import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.neighbors import NearestNeighbors

from mmnotes.errors import InputError
from mmnotes.features import centred, cosine_neighbors, neighbors


def brute(values, k):
    """By definition, with ties by id."""
    units = values / np.linalg.norm(values, axis=1, keepdims=True)
    cosine = np.round(units @ units.T, 10)
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(cosine, order, axis=1)


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)


@pytest.mark.parametrize("entries", [200, 3_000, 10**7])
def test_agrees_with_the_definition_in_blocks_of_any_size(values, entries, monkeypatch):
    monkeypatch.setattr(neighbors, "_BLOCK_ENTRIES", entries)
    index, cosine = cosine_neighbors(values, 7)
    wanted, wanted_cosine = brute(values.astype(np.float64), 7)
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
    arrays(np.float32, (12, 3), elements=st.sampled_from([-1.0, 0.0, 1.0, 2.0])), st.integers(1, 4)
)
@settings(max_examples=100, deadline=None)
def test_agrees_with_the_definition_where_most_are_tied(values, k):
    rows = np.flatnonzero(values.any(axis=1))
    if len(rows) <= k:
        return
    index, cosine = cosine_neighbors(values, k)
    wanted, wanted_cosine = brute(values[rows].astype(np.float64), k)
    np.testing.assert_array_equal(index[rows], rows[wanted])
    np.testing.assert_allclose(cosine[rows], wanted_cosine, atol=1e-6)


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
    with pytest.raises(InputError, match=r"must be \(n, d\)"):
        cosine_neighbors(values[0], 3)
    values[8, 1] = np.nan
    with pytest.raises(InputError, match="1 rows hold NaN or infinity, the first is row 8"):
        cosine_neighbors(values, 3)


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
