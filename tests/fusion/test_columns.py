import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.features.block import ModalityColumns
from mmnotes.fusion import without
from mmnotes.fusion.columns import columns_of


def test_without_takes_values_and_presence_and_leaves_the_rest(world):
    rows = np.arange(len(world.X)) % 3 == 0
    gone = without(world.X, world.layout, "text", rows)
    text = columns_of(world.layout["text"])
    others = np.setdiff1d(np.arange(world.X.shape[1]), text)
    assert (gone[np.ix_(rows, text)] == 0).all()
    assert (gone[~rows] == world.X[~rows]).all()
    assert (gone[:, others] == world.X[:, others]).all()
    assert gone is not world.X
    assert (without(world.X, world.layout, "text")[:, text] == 0).all()


def test_without_bad_input(world):
    with pytest.raises(InputError, match=r"no modality 'sound' .* which has \['image', 'text'\]"):
        without(world.X, world.layout, "sound")
    for rows in (np.arange(600), np.ones(5, dtype=bool)):
        with pytest.raises(InputError, match=r"rows must be a mask, \(600,\) of bool"):
            without(world.X, world.layout, "text", rows)


def test_columns_of():
    assert columns_of(ModalityColumns(slice(2, 5), 9)).tolist() == [2, 3, 4, 9]
