import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders.keptgraph import with_kept_graphs


@pytest.fixture
def contents():
    """Two contents of the same twenty items, their features drawn apart."""
    rng = np.random.default_rng(0)
    return [
        Content({name: Modality.of_vectors(rng.normal(size=(20, 5)), k=3) for name in ("a", "b")})
        for _ in range(2)
    ]


def test_the_second_content_gets_the_graphs_of_the_first(contents, tmp_path):
    file = tmp_path / "mm_adj_3.npz"
    first, second = (with_kept_graphs(content, file) for content in contents)
    assert first is contents[0]
    for name in ("a", "b"):
        own = contents[1][name]
        np.testing.assert_array_equal(second[name].block.values, own.block.values)
        np.testing.assert_array_equal(second[name].graph.index, first[name].graph.index)
        np.testing.assert_array_equal(second[name].graph.cosine, first[name].graph.cosine)
        assert (second[name].graph.index != own.graph.index).any()


def test_a_file_of_other_items_or_modalities(contents, tmp_path):
    file = tmp_path / "graph.npz"
    with_kept_graphs(contents[0].only(["a"]), file)
    with pytest.raises(
        InputError, match=r"graph\.npz: arrays \['b-index', 'b-cosine'\] are missing"
    ):
        with_kept_graphs(contents[0], file)
    few = Content({"a": Modality.of_vectors(np.eye(4), k=2)})
    with pytest.raises(InputError, match=r"graph\.npz.*modality a: .*remove the file"):
        with_kept_graphs(few, file)


def test_a_damaged_file_and_a_folder_that_is_not_there(contents, tmp_path):
    file = tmp_path / "graph.npz"
    file.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"graph\.npz"):
        with_kept_graphs(contents[0], file)
    with pytest.raises(InputError, match="cannot be kept there"):
        with_kept_graphs(contents[0], tmp_path / "nowhere" / "graph.npz")
