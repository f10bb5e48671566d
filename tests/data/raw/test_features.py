import pickle

import numpy as np
import pytest

from mmnotes.data.raw import features
from mmnotes.data.raw.features import read_features
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError


@pytest.fixture
def saved(tmp_path):
    def of(values):
        file = tmp_path / "image_feat.npy"
        np.save(file, values)
        return file

    return of


@pytest.mark.parametrize(
    ("dtype", "kept"), [("f2", "f2"), ("f4", "f4"), ("f8", "f4"), (">f4", "f4"), (">f8", "f4")]
)
def test_types(saved, dtype, kept, monkeypatch):
    monkeypatch.setattr(features, "_BLOCK_BYTES", 100)  # a few rows a block
    values = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype)
    values[[4, 49]] = 0
    tally = Tally()
    found = read_features(saved(values), 50, tally)
    assert found.dtype == np.dtype(kept)
    np.testing.assert_array_equal(found, values.astype(kept))
    assert tally.counts == {"zero rows of image_feat.npy": 2}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_no_number(saved, bad, monkeypatch):
    monkeypatch.setattr(features, "_BLOCK_BYTES", 100)
    values = np.ones((50, 3))
    values[41, 2] = bad
    with pytest.raises(InputError, match=r"image_feat\.npy: row 41 holds NaN or infinity"):
        read_features(saved(values), 50, Tally())


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (np.ones((49, 3)), r"shape \(49, 3\), but there are 50 items"),
        (np.ones(50), r"shape \(50,\), but"),
        (np.ones((50, 3), int), "holds int64, not floating-point"),
        (np.ones((50, 3), complex), "holds complex128, not floating-point"),
    ],
)
def test_shapes(saved, values, fault):
    with pytest.raises(InputError, match=fault):
        read_features(saved(values), 50, Tally())


def test_broken_files(saved, tmp_path):
    file = saved(np.ones((50, 3)))
    whole = file.read_bytes()
    archive = tmp_path / "a.npz"
    np.savez(archive, one=np.ones((50, 3)))
    for content in (whole[:-1], whole[:60], b"", pickle.dumps(np.ones((50, 3)))):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"image_feat\.npy: not a whole array"):
            read_features(file, 50, Tally())
    file.write_bytes(archive.read_bytes())
    with pytest.raises(InputError, match=r"image_feat\.npy: holds several arrays"):
        read_features(file, 50, Tally())


def test_a_pickle_inside(saved, tmp_path):
    file = tmp_path / "image_feat.npy"
    np.save(file, np.array([[print]], object), allow_pickle=True)
    with pytest.raises(InputError, match="not a whole array"):
        read_features(file, 1, Tally())
