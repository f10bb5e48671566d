import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from mmnotes.recommenders import VBPR, Training

TRAINING = Training(epochs=40, batch_size=100, learning_rate=0.02)


def side_by_side(content):
    return np.concatenate([content[name].block.values for name in content], axis=1)


def item_vectors(problem, parts):
    content = torch.from_numpy(side_by_side(problem.content)).double()
    return torch.cat([parts["items"], content @ parts["project.weight"].T], dim=1)


def test_loss_and_gradients_by_definition(problem, batch, learns_as):
    def definition(parts):
        items = item_vectors(problem, parts)
        u, i, j = parts["users"][batch.user], items[batch.positive], items[batch.negative]
        half = sum(part.square().sum() for part in (u, i, j)) / 2 / len(batch)
        return -logsigmoid((u * i).sum(1) - (u * j).sum(1)).mean() + 0.1 * half

    learns_as(VBPR(dim=4, regularisation=0.1).new_network(problem), batch, definition)


def test_vectors_by_definition(problem):
    network = VBPR(dim=4).new_network(problem)
    users, items = network()
    parts = {name: part.detach().double() for name, part in network.named_parameters()}
    assert users is network.users
    assert users.shape[1] == items.shape[1] == 8
    exact = item_vectors(problem, parts)
    torch.testing.assert_close(items.detach().double(), exact, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def fitted(market):
    return VBPR(dim=8, training=TRAINING, device="cpu").fit(market.train, market.content)


def test_a_cold_item_is_its_content_alone(market, fitted):
    weight = fitted._net.project.weight.detach().numpy()
    seen = side_by_side(market.content)[market.cold] @ weight.T
    cold = fitted.item_vectors_[market.cold]
    np.testing.assert_allclose(cold, np.hstack([np.zeros_like(seen), seen]), atol=1e-5)
    assert not cold[3].any()  # the last has neither image nor text
    assert cold[:3].any(axis=1).all()


def test_an_item_that_was_there_and_comes_again_keeps_its_content_half(market, fitted):
    again = fitted.vectors_of_new(market.content)
    np.testing.assert_allclose(again[:, 8:], fitted.item_vectors_[:, 8:], rtol=1e-4, atol=1e-5)
    assert not again[:, :8].any()


def test_content_leads_to_the_right_users(market, fitted, finds_taste):
    taste = np.arange(8) % 5
    assert finds_taste(fitted, market.to_come, taste) > 0.9
    assert finds_taste(fitted, market.to_come, (taste + 1) % 5) < 0.6  # null: taste of another
