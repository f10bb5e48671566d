import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from mmnotes.recommenders import LightGCN, Training


@pytest.mark.parametrize("n_layers", [0, 1, 3])
def test_loss_and_gradients_by_definition(problem, batch, learns_as, dense_layers, n_layers):
    def definition(parts):
        free = parts["users"], parts["items"]
        users, items = dense_layers(problem, *free, n_layers)
        u, i, j = users[batch.user], items[batch.positive], items[batch.negative]
        rows = free[0][batch.user], free[1][batch.positive], free[1][batch.negative]
        half = sum(part.square().sum() for part in rows) / 2 / len(batch)
        return -logsigmoid((u * i).sum(1) - (u * j).sum(1)).mean() + 0.1 * half

    model = LightGCN(dim=4, n_layers=n_layers, regularisation=0.1)
    learns_as(model.new_network(problem), batch, definition)


def test_vectors_by_definition(problem, dense_layers):
    network = LightGCN(dim=4, n_layers=2).new_network(problem)
    with torch.no_grad():
        free = network.users.double(), network.items.double()
        for found, exact in zip(network(), dense_layers(problem, *free, 2), strict=True):
            torch.testing.assert_close(found.double(), exact, rtol=1e-5, atol=1e-7)


def test_cold_items_score_zero(market):
    model = LightGCN(dim=4, training=Training(epochs=2), device="cpu").fit(market.train)
    scores = model.score(np.arange(50))
    assert not scores[:, market.cold].any()
    assert scores[:, : market.cold[0]].all()
