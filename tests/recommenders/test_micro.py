"""MICRO against dense matrices, and what its options change."""

import numpy as np
import pytest
import torch

from mmnotes.bench.dense_micro import DenseMicro
from mmnotes.errors import InputError
from mmnotes.recommenders.micro import MICRO
from mmnotes.recommenders.sampling import Sampler
from mmnotes.recommenders.training import Training


@pytest.mark.parametrize("by_products", [False, True])
@pytest.mark.parametrize("options", [{}, {"n_item_layers": 2, "k": 4, "temperature": 0.1}])
def test_equals_dense_matrices(full, learns_alongside, options, by_products):
    model = MICRO(dim=8, contrast_weight=0.5, train_features=True, **options)
    ours, dense = model.new_network(full), DenseMicro(full, model, by_products)
    learns_alongside(ours, dense, full)
    with torch.no_grad():
        for found, wanted in zip(ours(), dense(), strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_batch_of_all_items_is_all(full):
    """The contrast over a batch is that over all, where all are in it."""
    whole = next(Sampler(full, 10_000).epoch(1))
    assert len(whole.positive.unique()) == full.n_items
    losses = [
        MICRO(dim=8, contrast=contrast).new_network(full).loss(whole).item()
        for contrast in ("all", "batch")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    part = next(Sampler(full, 30).epoch(1))
    losses = [
        MICRO(dim=8, contrast=contrast).new_network(full).loss(part).item()
        for contrast in ("all", "batch")
    ]
    assert losses[0] > losses[1]  # the more there are, the harder to tell apart


def test_a_modality_that_an_item_lacks_gets_no_attention(problem):
    """Item 3 has no image, item 17 no text: their view is that of the other alone."""
    network = MICRO(dim=8).new_network(problem)
    with torch.no_grad():
        graphs = network.build()
        fused, views = network.near(graphs)
    names = problem.content.names
    for item, lacks in ((3, "image"), (17, "text")):
        other = views[1 - names.index(lacks)]
        assert not views[names.index(lacks)][item].any()
        torch.testing.assert_close(fused[item], other[item])
    assert not fused[~problem.warm].any()


def test_frozen_learns_no_graph(full):
    network = MICRO(dim=8, graph="frozen").new_network(full)
    assert not any(name.startswith("project") for name, _ in network.named_parameters())
    network.loss(next(Sampler(full, 50).epoch(1))).backward()
    assert all(part.grad is not None for part in network.parameters())


def test_items_to_come_are_ranked_by_taste(market, finds_taste):
    training = Training(epochs=40, batch_size=64, learning_rate=1e-2)
    model = MICRO(dim=16, training=training, device="cpu").fit(market.train, market.content)
    assert finds_taste(model, market.to_come, np.arange(8) % 5) > 0.8
    assert not model.vectors_of_new(market.to_come)[7].any()


def test_a_contrast_without_weight_is_not_worked_out(problem, batch, monkeypatch):
    network = MICRO(dim=8, contrast_weight=0.0).new_network(problem)
    without = network.loss(batch).item()
    monkeypatch.setattr(network, "contrast", lambda *parts: 0.0)
    assert network.loss(batch).item() == without
    monkeypatch.undo()
    monkeypatch.delattr("mmnotes.recommenders.micro.info_nce")
    network.loss(batch)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"contrast": "some"}, "choose from all, batch"), ({"temperature": 0.0}, "above 0")],
)
def test_bad_settings(problem, options, words):
    with pytest.raises(InputError, match=words):
        MICRO(**options).new_network(problem)
