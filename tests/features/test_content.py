"""What is known of every item: modalities that fit together."""

from types import SimpleNamespace

import numpy as np
import pytest

from mmnotes.data import Neighbors
from mmnotes.errors import InputError
from mmnotes.features import cosine_neighbors, spectral_features
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import SPECTRAL, Content, Modality, dataset_content

N = 20


@pytest.fixture
def values():
    values = np.random.default_rng(0).normal(size=(N, 4))
    values[3] = 0
    return values


@pytest.fixture
def modality(values):
    return Modality.of_vectors(values, k=5, origin="made up")


def dataset(embeddings=(), graphs=()):
    return SimpleNamespace(name="toy", embeddings=dict(embeddings), graphs=dict(graphs))


class TestOfVectors:
    def test_rows_of_absent_items_are_not_looked_at(self, values):
        present = np.arange(N) % 4 > 0
        one, other = (
            Modality.of_vectors(np.where(present[:, None], values, junk), present, k=5)
            for junk in (0, 7)
        )
        assert np.array_equal(one.block.values, other.block.values)
        assert not other.block.values[~present].any()
        assert np.array_equal(one.graph.index, other.graph.index)

    def test_a_row_of_zeros_is_an_item_without(self, modality, values):
        assert len(modality) == N
        assert np.flatnonzero(~modality.block.present).tolist() == [3]
        assert modality.block.values.dtype == np.float32
        index, cosine = cosine_neighbors(values.astype(np.float32), 5, itself=True)
        others = np.arange(N) != 3
        np.testing.assert_array_equal(modality.graph.index[others], index[others])
        np.testing.assert_array_equal(modality.graph.cosine[others], cosine[others])
        assert (modality.graph.index[3] == 3).all()
        assert np.isnan(modality.graph.cosine[3]).all()

    def test_others_may_be_said_to_be_without(self, values):
        present = np.arange(N) > 1
        modality = Modality.of_vectors(values, present, k=5)
        assert np.flatnonzero(~modality.block.present).tolist() == [0, 1, 3]
        assert not np.isin(modality.graph.index[4:], [0, 1, 3]).any()

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_what_is_no_number(self, values, bad):
        values[7, 1] = bad
        with pytest.raises(InputError, match=r"1 feature rows hold NaN .* the first is row 7"):
            Modality.of_vectors(values)

    @pytest.mark.parametrize("k", [0, 20, 50])
    def test_more_neighbours_than_items(self, values, k):
        with pytest.raises(InputError, match=f"k={k} neighbours of 19 present items: choose k"):
            Modality.of_vectors(values, k=k)

    def test_shapes(self, values):
        with pytest.raises(InputError, match=r"values \(n, d\) and present \(n,\), not \(4,\)"):
            Modality.of_vectors(values[0])
        with pytest.raises(InputError, match=r"not \(20, 4\) and \(3,\)"):
            Modality.of_vectors(values, np.ones(3, bool))

    def test_kept_in_a_folder(self, values, tmp_path):
        first = Modality.of_vectors(values, k=5, folder=tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        np.testing.assert_array_equal(
            Modality.of_vectors(values, k=5, folder=tmp_path).graph.index, first.graph.index
        )
        values[0, 0] += 1  # one number, and it is another graph
        Modality.of_vectors(values, k=5, folder=tmp_path)
        assert len(list(tmp_path.iterdir())) == 2


class TestModality:
    def test_vectors_and_neighbours_of_other_items(self, modality):
        fewer = Neighbors(np.zeros((3, 2), int), np.ones((3, 2)))
        with pytest.raises(InputError, match="vectors of 20 items, but neighbours of 3"):
            Modality(modality.block, fewer)

    def test_vectors_are_single(self, modality):
        double = FeatureBlock(modality.block.values.astype(float), modality.block.present)
        again = Modality(double, modality.graph)
        assert again.block.values.dtype == np.float32
        np.testing.assert_array_equal(again.block.values, modality.block.values)
        assert Modality(modality.block, modality.graph).block is modality.block


class TestContent:
    def test_holds_modalities_in_order(self, modality):
        content = Content({"text": modality, "image": modality})
        assert content.names == tuple(content) == ("text", "image")
        assert len(content) == N
        assert content.origin == "text: made up; image: made up"
        assert content.only(["image"]).names == ("image",)

    def test_one_in_the_place_of_another(self, modality, values):
        content = Content({"text": modality, "image": modality})
        other = Modality.of_vectors(-values, k=2)
        changed = content.changed("text", other)
        assert changed["text"] is other
        assert changed["image"] is content["text"] is modality
        assert changed.names == content.names
        with pytest.raises(InputError, match="no modality 'txt'; there is text, image"):
            content.changed("txt", other)

    def test_none_or_of_other_items(self, modality):
        with pytest.raises(InputError, match="at least one modality"):
            Content({})
        with pytest.raises(InputError, match=r"different numbers of items: \{'a': 20, 'b': 3\}"):
            Content({"a": modality, "b": Modality.of_vectors(np.eye(3), k=2)})
        with pytest.raises(InputError, match="no modality 'sound'; there is a"):
            Content({"a": modality})["sound"]


class TestOfADataset:
    def test_vectors_alone(self, values):
        content = dataset_content(dataset({"text": np.repeat(values, 2, axis=1)}), ["text"])
        assert content.origin == "text: vectors of the dataset"
        assert content["text"].graph.k == 10
        assert not content["text"].block.present[3]

    def test_a_graph_alone(self, modality):
        content = dataset_content(dataset(graphs={"image": modality.graph}), ["image"], 3)
        wanted = spectral_features(modality.graph, 3)
        values, present = content["image"].block.values, content["image"].block.present
        np.testing.assert_array_equal(present, wanted.present)
        assert np.mean(np.sum(values[present] ** 2, axis=1)) == pytest.approx(1)
        one = np.abs(wanted.values).argmax()
        ratio = values.ravel()[one] / wanted.values.ravel()[one]
        np.testing.assert_allclose(values, ratio * wanted.values, rtol=1e-6)
        assert content["image"].graph is modality.graph
        assert content.origin == f"image: {SPECTRAL}"

    def test_both(self, values, modality):
        content = dataset_content(dataset({"text": values}, {"text": modality.graph}), ["text"])
        assert content["text"].graph is modality.graph
        assert content["text"].block.values.dtype == np.float32
        assert not content["text"].block.present[3]
        assert content.origin == "text: vectors and graph of the dataset"

    def test_neither(self, values):
        with pytest.raises(InputError, match="dataset 'toy' has no vectors and no graph 'image'"):
            dataset_content(dataset({"text": values}))
        with pytest.raises(InputError, match="it has nothing"):
            dataset_content(dataset())


@pytest.mark.slow
def test_baby_says_that_its_vectors_stand_in(baby):
    content = dataset_content(baby)
    assert content.names == ("image", "text")
    assert all(SPECTRAL in part for part in content.origin.split("; "))
    for name in content:
        assert content[name].block.values.shape == (7050, 128)
        assert content[name].graph.k == 10
