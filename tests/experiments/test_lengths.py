"""Cold vectors are short; stretched, they keep their order among each other."""

import copy

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.experiments.lengths import cold_length, stretched
from mmnotes.experiments.tracks import METRICS, ask, cold
from mmnotes.recommenders import BPR, VBPR, Training


@pytest.fixture(scope="module")
def asked(toy):
    return cold(toy.interactions, 0)


@pytest.fixture(scope="module")
def model(toy, asked):
    training = Training(epochs=5, learning_rate=0.05, batch_size=256)
    return VBPR(dim=8, training=training, device="cpu").fit(asked.train, toy.content, asked.valid)


def test_length_by_definition(model):
    lengths = np.array([np.sqrt((vector**2).sum()) for vector in model.item_vectors_])
    short = lengths[~model.warm_].mean() / lengths[model.warm_].mean()
    assert cold_length(model) == pytest.approx(short, rel=1e-5)
    assert short < 1


def test_stretched_items_are_as_long_and_in_the_same_order(model, asked):
    before = model.item_vectors_.copy()
    longer = stretched(model)
    assert cold_length(longer) == pytest.approx(1, rel=1e-5)
    assert np.array_equal(model.item_vectors_, before)
    assert np.array_equal(longer.item_vectors_[model.warm_], before[model.warm_])
    one, other = (ask(each, asked, "cpu")["test"] for each in (model, longer))
    for metric in METRICS:  # rounding turns near ties
        assert one[metric].values.mean() == pytest.approx(other[metric].values.mean(), abs=0.01)


def test_vectors_of_zeros_are_left_out(model):
    """Else the others would be stretched beyond the length of warm ones."""
    bare = copy.copy(model)
    bare.item_vectors_ = model.item_vectors_.copy()
    cold = np.flatnonzero(~model.warm_)
    bare.item_vectors_[cold[::2]] = 0
    length = np.linalg.norm(stretched(bare).item_vectors_, axis=1)
    assert length[cold[1::2]].mean() == pytest.approx(length[model.warm_].mean(), rel=1e-5)
    assert not length[cold[::2]].any()


def test_a_model_without_a_way_to_cold_items(asked):
    model = BPR(dim=4, training=Training(epochs=1), device="cpu").fit(asked.train)
    with pytest.raises(InputError, match="no two kinds of items"):
        stretched(model)
