import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.features import FeatureBlock, stack


def block(d=2, n=3):
    values = np.arange(n * d, dtype=np.float32).reshape(n, d) + 1
    return FeatureBlock(values, np.ones(n, bool))


def test_stack_puts_each_presence_beside_its_values():
    X, layout = stack({"text": block(2), "image": block(3).without(np.array([0, 1, 0], bool))})
    assert X.shape == (3, 7)
    assert X.dtype == np.float32
    assert (layout["text"].values, layout["text"].present) == (slice(0, 2), 2)
    assert (layout["image"].values, layout["image"].present) == (slice(3, 6), 6)
    assert X[1].tolist() == [3, 4, 1, 0, 0, 0, 0]


def test_without_leaves_the_original_as_it_was():
    whole = block()
    less = whole.without(np.array([True, False, False]))
    assert not less.present[0]
    assert not less.values[0].any()
    assert whole.values[0].any()


def test_bad_blocks():
    with pytest.raises(InputError, match=r"not \(3, 2\) and \(4,\)"):
        FeatureBlock(np.zeros((3, 2)), np.ones(4, bool))
    with pytest.raises(InputError, match=r"2 feature rows hold NaN .* row 1"):
        FeatureBlock(np.array([[0.0], [np.nan], [np.inf]]), np.ones(3, bool))
    with pytest.raises(InputError, match="one row an item each"):
        stack({})
    with pytest.raises(InputError, match="one row an item each"):
        stack({"a": block(n=3), "b": block(n=4)})
