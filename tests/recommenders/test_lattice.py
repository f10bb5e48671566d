"""LATTICE against dense matrices, and what its options change."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmnotes.bench.dense_lattice import DenseLattice, neighbours, normalised
from mmnotes.errors import InputError
from mmnotes.features.content import Content
from mmnotes.recommenders.lattice import LATTICE
from mmnotes.recommenders.sampling import Sampler
from mmnotes.recommenders.training import Training


@pytest.mark.parametrize("by_products", [False, True])
@pytest.mark.parametrize(
    "options",
    [{}, {"n_item_layers": 2, "n_layers": 3, "k": 4, "frozen_share": 0.3}, {"frozen_share": 0.0}],
)
def test_equals_dense_matrices(full, learns_alongside, options, by_products):
    """Loss and gradients, also after the projections and the content itself have moved."""
    model = LATTICE(dim=8, train_features=True, **options)
    dense = DenseLattice(full, model, by_products)
    ours = model.new_network(full)
    learns_alongside(ours, dense, full)
    with torch.no_grad():
        for found, wanted in zip(ours(), dense(), strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_the_learned_graph_gets_one_gradient_an_epoch(full):
    batches = list(Sampler(full, 150).epoch(1))
    network = LATTICE(dim=8).new_network(full)
    for _ in range(2):
        network.begin_epoch(1)
        for place, batch in enumerate(batches[:3]):
            network.zero_grad(set_to_none=True)
            network.loss(batch).backward()
            assert (network.project["image"].weight.grad is not None) == (place == 0)
            assert (network.weights.grad is not None) == (place == 0)


def test_rebuilt_at_each_step_it_gets_all(full):
    network = LATTICE(dim=8, rebuild="step").new_network(full)
    for batch in list(Sampler(full, 150).epoch(1))[:3]:
        network.zero_grad(set_to_none=True)
        network.loss(batch).backward()
        assert network.project["image"].weight.grad.abs().max() > 0


def test_the_first_batch_is_the_same_however_often_it_is_rebuilt(full):
    batch = next(Sampler(full, 150).epoch(1))
    losses = [
        LATTICE(dim=8, rebuild=rebuild).new_network(full).loss(batch).item()
        for rebuild in ("epoch", "step")
    ]
    assert losses[0] == losses[1]


def test_frozen_is_the_mixture_of_content_alone(full):
    """Against dense matrices of the content."""
    network = LATTICE(dim=8, graph="frozen", shares={"image": 1, "text": 3}).new_network(full)
    assert {name for name, _ in network.named_parameters()} == {"users", "items"}
    graphs = {name: normalised(neighbours(full.values(name), 6), False) for name in full.content}
    with torch.no_grad():
        near = (graphs["image"] / 4 + graphs["text"] * 3 / 4) @ network.items
        layers = full.bipartite("row-loops").mean_of_layers(network.users, network.items, 2)
        found = network()
        torch.testing.assert_close(found[0], layers[0])
        wanted = layers[1] + near / near.norm(dim=1, keepdim=True)
        torch.testing.assert_close(found[1], wanted, rtol=1e-4, atol=1e-5)


def test_all_frozen_share_is_the_frozen_graph(full):
    batch = next(Sampler(full, 150).epoch(1))
    networks = [
        LATTICE(dim=8, **options).new_network(full)
        for options in ({"frozen_share": 1.0}, {"graph": "frozen"})
    ]
    networks[1].load_state_dict(networks[0].state_dict(), strict=False)
    losses = [network.loss(batch).item() for network in networks]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize("adjacency", ["symmetric", "symmetric-loops"])
def test_adjacency_changes_the_vectors(full, adjacency):
    published, other = (
        LATTICE(dim=8, **options).new_network(full) for options in ({}, {"adjacency": adjacency})
    )
    with torch.no_grad():
        assert not torch.allclose(published()[0], other()[0], atol=1e-4)


def test_neighbours_found_at_an_evaluation_serve_the_next_epoch(full, monkeypatch):
    from mmnotes.recommenders import learned

    network, searched, search = LATTICE(dim=8).new_network(full), [], learned.nearest
    monkeypatch.setattr(learned, "nearest", lambda *given: searched.append(1) or search(*given))
    batch = next(Sampler(full, 150).epoch(1))
    with torch.no_grad():
        network()
    assert len(searched) == 2  # one a modality
    network.begin_epoch(2)
    network.loss(batch)
    assert len(searched) == 2
    with torch.no_grad():
        network.project["text"].weight.mul_(-1).add_(0.1)
    network.begin_epoch(3)
    network.loss(batch)
    assert len(searched) == 3


def test_vectors_of_cold_items_are_in_no_graph(problem, batch):
    """Whatever they are, what is learnt in a step is the same, beside the same frozen graph."""
    gradients = []
    content = problem.content
    moved = {}
    for name in content:
        block, graph = content[name].block, content[name].graph
        values = block.values.copy()
        values[~problem.warm.numpy() & block.present] *= -3
        moved[name] = replace(content[name], block=replace(block, values=values), graph=graph)
    for given in (content, Content(moved)):
        network = LATTICE(dim=8).new_network(replace(problem, content=given))
        network.loss(batch).backward()
        gradients.append([part.grad for part in network.parameters()])
        assert not network.items.grad[~problem.warm].any()
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.parametrize("n_item_layers", [1, 2])
def test_a_cold_item_points_where_its_warm_neighbours_do(market, problem, n_item_layers):
    """By definition, for the frozen graph: the mean by cosine, at unit length.

    With two layers, of what the first makes of the neighbours.
    """
    settings = {"n_item_layers": n_item_layers, "training": Training(epochs=1), "device": "cpu"}
    model = LATTICE(dim=8, graph="frozen", **settings).fit(market.train, market.content)
    net = model._net
    items = (net.items if n_item_layers == 1 else net.build()[0](net.items)).detach().numpy()
    for cold in market.cold[:3]:
        views = []
        for name in market.content:
            graph = market.content[name].graph
            near, cosine = graph.index[cold], graph.cosine[cold]
            counts = problem.warm.numpy()[near]
            weight = np.clip(cosine[counts], 0, None)
            views.append((weight[:, None] * items[near[counts]]).sum(0) / weight.sum())
        wanted = np.mean(views, axis=0)
        wanted /= np.linalg.norm(wanted)
        np.testing.assert_allclose(model.item_vectors_[cold], wanted, rtol=1e-4, atol=1e-5)
    assert not model.item_vectors_[market.cold[-1]].any()  # it lacks both modalities


@pytest.mark.parametrize("graph", ["learned", "frozen"])
def test_items_to_come_are_ranked_by_taste(market, finds_taste, graph):
    training = Training(epochs=40, batch_size=64, learning_rate=1e-2)
    model = LATTICE(dim=16, graph=graph, training=training, device="cpu")
    model.fit(market.train, market.content)
    assert finds_taste(model, market.to_come, np.arange(8) % 5) > 0.8
    assert not model.vectors_of_new(market.to_come)[7].any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"graph": "grown"}, "choose from learned, frozen"),
        ({"rebuild": "never"}, "epoch, step"),
        ({"k": 0}, "k and n_item_layers must be at least 1"),
        ({"frozen_share": 1.1}, "frozen_share from 0 to 1"),
        ({"shares": {"sound": 1.0}}, "image, text has none"),
        ({"shares": {"image": 0.0, "text": 0.0}}, "at least one must have a share"),
        ({"shares": {"image": -1.0, "text": 2.0}}, "none one below"),
    ],
)
def test_bad_settings(problem, options, words):
    with pytest.raises(InputError, match=words):
        LATTICE(**options).new_network(problem)


def test_without_content(market):
    with pytest.raises(InputError, match="LATTICE learns from content"):
        LATTICE(training=Training(epochs=1)).fit(market.train)
