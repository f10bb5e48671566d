import importlib.util

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.features import approximate, approximate_neighbors, cosine_neighbors


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, 16))
    return (centres[rng.integers(0, 60, 3_000)] + rng.normal(size=(3_000, 16))).astype(np.float32)


class TestWithFaiss:
    @pytest.fixture(autouse=True)
    def faiss(self):
        return pytest.importorskip("faiss")

    def test_says_how_many_it_finds(self, values):
        found = approximate_neighbors(values, 5, recall=0.9)
        exact, cosine = cosine_neighbors(values, 5)
        share = (found.cosine >= cosine[:, -1:]).mean()
        assert 0.85 < share < 0.999
        assert abs(found.recall - share) < 0.04
        assert found.index.shape == exact.shape
        assert (found.index.dtype, found.cosine.dtype) == (exact.dtype, cosine.dtype)
        assert not (found.index == np.arange(3_000)[:, None]).any()

    def test_all_are_found_if_all_are_wanted(self, values, monkeypatch):
        monkeypatch.setattr(approximate, "_ROWS", 700)
        present = np.arange(3_000) % 5 > 0
        found = approximate_neighbors(values, 5, present, recall=1, n_sampled=1_500)
        exact, cosine = cosine_neighbors(values, 5, present)
        there = (found.index == exact).all(axis=1)
        assert there.mean() > 0.99
        np.testing.assert_array_equal(found.cosine[there], cosine[there])
        assert (found.index[~present] == -1).all()
        assert np.isnan(found.cosine[~present]).all()
        assert found.recall > 0.99

    def test_the_same_seed_finds_the_same(self, values):
        one, other = (approximate_neighbors(values, 5, random_state=3) for _ in range(2))
        np.testing.assert_array_equal(one.index, other.index)
        assert one.recall == other.recall

    def test_what_is_not_found_is_empty(self, values, monkeypatch):
        """One cell each for pairs far apart: nobody finds five."""
        monkeypatch.setattr(approximate, "_TRAIN", 2)
        pairs = np.repeat(np.eye(40, dtype=np.float32), 2, axis=0)
        found = approximate_neighbors(pairs, 5, recall=0.05)
        few = (found.index < 0).any(axis=1)
        assert few.any()
        np.testing.assert_array_equal(found.index < 0, np.isnan(found.cosine))
        assert (found.index[few, 0] >= 0).all()

    def test_bad_input(self, values):
        for recall in (0, 1.5, np.nan):
            with pytest.raises(InputError, match="recall must lie above 0 and up to 1"):
                approximate_neighbors(values, 5, recall=recall)
        with pytest.raises(InputError, match="k=3000 neighbours of 3000 present items"):
            approximate_neighbors(values, 3_000)
        values[8, 1] = np.inf
        with pytest.raises(InputError, match="the first is row 8"):
            approximate_neighbors(values, 5)


@pytest.mark.skipif(importlib.util.find_spec("faiss") is not None, reason="FAISS is installed")
def test_without_faiss_it_says_how_to_get_it(values):
    with pytest.raises(InputError, match=r"pip install 'mmnotes\[serving\]'"):
        approximate_neighbors(values, 5)
