"""Items that nobody took: their warm neighbours, and the vectors that stand in for them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmnotes.data import Interactions, Neighbors
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders import inductive
from mmnotes.recommenders.inductive import Completion, edge_weights, new_items
from mmnotes.recommenders.network import Network, NewItems
from mmnotes.recommenders.problem import Problem

CPU = torch.device("cpu")


def problem_of(market, content=None):
    return Problem.of(market.train, content or market.content, CPU)


def unit(values):
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1)


class TestSearched:
    """Without row numbers: looked for among the vectors of warm items."""

    def test_the_nearest_warm_items_by_brute_force(self, market):
        problem = problem_of(market)
        found = new_items(market.to_come, problem)
        for name in ("image", "text"):
            old, new = (content[name].block for content in (market.content, market.to_come))
            pool = np.flatnonzero(problem.warm.numpy() & old.present)
            cosine = unit(new.values) @ unit(old.values[pool]).T
            order = np.argsort(-cosine, axis=1, kind="stable")[:, :6]
            there = new.present
            np.testing.assert_array_equal(found.near[name][there], pool[order][there])
            nearest = np.take_along_axis(cosine, order, axis=1)
            np.testing.assert_allclose(found.cosine[name][there], nearest[there], rtol=1e-5)
            assert not found.cosine[name][~there].any()
            np.testing.assert_array_equal(found.present[name], there)
            np.testing.assert_array_equal(found.values[name], new.values)

    def test_in_blocks(self, market, monkeypatch):
        problem = problem_of(market)
        whole = new_items(market.to_come, problem)
        monkeypatch.setitem(inductive._CELLS, "cpu", 100)
        parts = new_items(market.to_come, problem)
        for name in ("image", "text"):
            assert parts.near[name].equal(whole.near[name])
            torch.testing.assert_close(parts.cosine[name], whole.cosine[name])

    def test_nobody_is_warm_and_has_the_modality(self, market):
        only_cold = np.zeros((67, 9), np.float32)
        only_cold[63:] = 1
        content = market.content.changed("text", Modality.of_vectors(only_cold, k=4))
        found = new_items(market.to_come, problem_of(market, content))
        vectors = torch.ones(67, 2)
        assert found.mean_of_neighbors("text", vectors).equal(torch.zeros(8, 2))

    def test_no_item_is_new(self, market):
        nothing = Modality(
            FeatureBlock(np.zeros((0, 9), np.float32), np.zeros(0, bool)),
            Neighbors(np.zeros((0, 1), int), np.zeros((0, 1))),
        )
        problem = problem_of(market, market.content.only(["text"]))
        found = new_items(Content({"text": nothing}), problem)
        assert found.mean_of_neighbors("text", torch.ones(67, 2)).shape == (0, 2)


class TestLinked:
    """With row numbers: those that the graph names, as far as they are warm."""

    def test_neither_itself_nor_a_cold_one(self, market):
        problem = problem_of(market)
        rows = torch.from_numpy(market.cold)
        found = new_items(market.content, problem, rows)
        for name in ("image", "text"):
            modality = market.content[name]
            weights = edge_weights(modality)
            for place, row in enumerate(market.cold):
                index = modality.graph.index[row]
                np.testing.assert_array_equal(found.near[name][place], index)
                counts = (index < 63) & (index != row)
                expected = np.where(counts, weights[row], 0)
                np.testing.assert_array_equal(found.cosine[name][place], expected)
            assert found.values[name].shape == (4, modality.block.values.shape[1])
            assert found.present[name].tolist() == [True, True, True, False]
        assert (found.cosine["image"][:3] != 0).any()

    def test_a_cosine_that_is_not_known_counts_in_full(self, market):
        image = market.content["image"]
        cosine = image.graph.cosine.copy()
        cosine[63, 2] = np.nan
        modality = replace(image, graph=Neighbors(image.graph.index, cosine))
        assert edge_weights(modality)[63, 2] == 1
        np.testing.assert_array_equal(edge_weights(modality)[:60], edge_weights(image)[:60])


class TestMeanOfNeighbors:
    LINKS = NewItems(
        values={},
        present={},
        near={"text": torch.tensor([[0, 2], [1, 1], [3, 3]])},
        cosine={"text": torch.tensor([[0.5, 0.25], [0.9, 0.0], [0.0, 0.0]])},
    )
    VECTORS = torch.tensor([[1.0, 0.0], [2.0, 2.0], [0.0, 4.0], [9.0, 9.0]])

    def test_each_counts_alike(self):
        found = self.LINKS.mean_of_neighbors("text", self.VECTORS)
        assert found.tolist() == [[0.5, 2.0], [2.0, 2.0], [0.0, 0.0]]

    def test_or_by_weight(self):
        found = self.LINKS.mean_of_neighbors("text", self.VECTORS, torch.tensor([[3.0, 1.0]] * 3))
        assert found.tolist() == [[0.75, 1.0], [2.0, 2.0], [0.0, 0.0]]


class TestOthers:
    def test_a_modality_is_missing(self, market):
        with pytest.raises(InputError, match="no modality 'text'; there is image"):
            new_items(market.to_come.only(["image"]), problem_of(market))

    def test_vectors_of_another_length(self, market):
        content = market.to_come.changed("text", market.to_come["image"])
        with pytest.raises(InputError, match=r"text: vectors of length 12, but .* with 9"):
            new_items(content, problem_of(market))

    def test_there_is_no_content(self, market):
        problem = Problem.of(market.train, None, CPU)
        with pytest.raises(InputError, match=r"give fit\(interactions, content\)"):
            new_items(market.to_come, problem)


class TestCompletion:
    class Still(Network):
        """Nothing is learnt; new items get ones, if at all."""

        def __init__(self, knows):
            super().__init__()
            self._knows = knows

        def loss(self, batch):
            raise NotImplementedError

        def forward(self):
            return torch.full((51, 2), 7.0), torch.full((67, 2), 8.0)

        def new_items(self, items):
            return torch.ones(len(items.near["text"]), 2) if self._knows else None

    @pytest.mark.parametrize("knows", [True, False])
    def test_strangers_and_cold_items(self, market, knows):
        network = self.Still(knows)
        vectors = network()
        users, items = Completion(problem_of(market), network)(vectors)
        assert users[:50].eq(7).all()
        assert not users[50].any()
        assert items[:63].eq(8).all()
        assert items[63:].eq(float(knows)).all()
        assert vectors[0].eq(7).all()  # its own memory
        assert vectors[1].eq(8).all()

    def test_without_content_they_have_zeros(self, market):
        problem = Problem.of(market.train, None, CPU)
        network = self.Still(True)
        _, items = Completion(problem, network)(network())
        assert not items[63:].any()

    def test_all_are_warm(self):
        rows = Interactions(np.array([0, 1]), np.array([0, 1]), 2, 2)
        problem = Problem.of(rows, None, CPU)
        vectors = torch.ones(2, 3), torch.ones(2, 3)
        users, items = Completion(problem, self.Still(False))(vectors)
        assert users.eq(1).all()
        assert items.eq(1).all()


class TestProblem:
    def test_pairs_are_sorted_and_each_counts_once(self):
        rows = Interactions(np.array([2, 0, 2, 0]), np.array([1, 3, 1, 0]), 3, 5)
        problem = Problem.of(rows, None, CPU)
        assert problem.user.tolist() == [0, 0, 2]
        assert problem.item.tolist() == [0, 3, 1]
        assert problem.warm.tolist() == [True, True, False, True, False]

    def test_content_of_other_items(self, market):
        with pytest.raises(InputError, match="content of 8 items, but interactions with 67"):
            Problem.of(market.train, market.to_come, CPU)

    def test_values_are_those_of_the_content(self, market):
        problem = problem_of(market)
        np.testing.assert_array_equal(problem.values("text"), market.content["text"].block.values)
        with pytest.raises(InputError, match="no modality 'sound'; there is image, text"):
            problem.values("sound")

    @pytest.mark.filterwarnings("error")
    def test_arrays_may_be_read_only_or_lie_backwards(self, market):
        values = market.content["text"].block.values.copy()
        graph = market.content["text"].graph
        present = market.content["text"].block.present
        values.flags.writeable = False
        for rows in (values, values[::-1]):
            content = Content({"text": Modality(FeatureBlock(rows, present), graph)})
            np.testing.assert_array_equal(problem_of(market, content).values("text"), rows)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
def test_gpu_finds_the_same(market):
    here = new_items(market.to_come, problem_of(market))
    there = new_items(
        market.to_come, Problem.of(market.train, market.content, torch.device("cuda"))
    )
    for name in ("image", "text"):
        assert there.near[name].is_cuda
        assert there.near[name].cpu().equal(here.near[name])
        torch.testing.assert_close(there.cosine[name].cpu(), here.cosine[name])
