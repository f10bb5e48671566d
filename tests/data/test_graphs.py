import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data import Neighbors
from mmnotes.errors import InputError

INDEX = np.array([[0, 1], [1, 2], [2, 0]], np.int32)


def test_neighbors():
    graph = Neighbors(INDEX, np.ones((3, 2)))
    assert (len(graph), graph.k) == (3, 2)
    assert (graph.index.dtype, graph.cosine.dtype) == (np.int64, np.float32)
    np.testing.assert_array_equal(graph.index, INDEX)


@pytest.mark.parametrize(
    ("index", "cosine", "said"),
    [
        (INDEX, np.ones((3, 1)), r"\(3, 2\) and \(3, 1\)"),
        (INDEX[0], np.ones(2), r"must be \(n_items, k\) each"),
        (INDEX + 1, np.ones((3, 2)), "item ids run from 1 to 3, but must lie in 0 … 2"),
        (INDEX * 1.0, np.ones((3, 2)), "whole numbers, not float64"),
    ],
)
def test_no_neighbors(index, cosine, said):
    with pytest.raises(InputError, match=said):
        Neighbors(index, cosine)


@settings(max_examples=60, deadline=None)
@given(lists=st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=1, max_size=6))
def test_lists_of_unequal_length(lists):
    numbers = np.random.default_rng(len(lists)).permutation(9)[: len(lists)]
    graph = Neighbors.from_lists(lists, numbers)
    for row, named in enumerate(lists):
        kept = dict.fromkeys(x for x in named if x in numbers and x != numbers[row])
        listed = ~np.isnan(graph.cosine[row])
        assert numbers[graph.index[row][listed]].tolist() == list(kept)
        assert (graph.cosine[row][listed] == 1).all()
        assert (graph.index[row][~listed] == row).all()


def test_lists_of_other_items():
    with pytest.raises(InputError, match="2 lists for 3 numbers of items"):
        Neighbors.from_lists([[1], [2]], np.arange(3))
