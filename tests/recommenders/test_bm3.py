from dataclasses import replace

import numpy as np
import pytest
import torch

from mmnotes.errors import InputError
from mmnotes.recommenders import BM3, Training
from mmnotes.recommenders.sampling import Batch

TRAINING = Training(epochs=60, batch_size=100, learning_rate=0.02)


def cosine(a, b):
    """0 where one of them is 0, as after dropout of all entries."""
    return (a @ b) / (a.norm() * b.norm()).clamp(min=1e-8)


def by_definition(problem, batch, dense_layers, settings, kept):
    """The loss as in the class's docstring, pair by pair; ``kept`` is what dropout leaves."""

    def value(parts):
        def foretold(vector):
            return parts["predict.weight"] @ vector + parts["predict.bias"]

        def apart(a, b):
            return 1 - cosine(foretold(a), b.detach() * kept)

        users, free = parts["users"], parts["items"]
        users, items = dense_layers(problem, users, free, settings.n_layers)
        items = items + free
        total = 0
        content = {name: [] for name in problem.content}
        for user, item in zip(batch.user, batch.positive, strict=True):
            x_u, x_i = users[user], items[item]
            total += apart(x_u, x_i) + apart(x_i, x_u)
            total += settings.regularisation * (x_u @ x_u + x_i @ x_i) / 2
            for name in content:
                block = problem.content[name].block
                if block.present[item]:
                    raw = torch.from_numpy(block.values[item]).double()
                    raw = parts.get(f"features.{name}", {item: raw})[item]
                    f = parts[f"project.{name}.weight"] @ raw + parts[f"project.{name}.bias"]
                    content[name].append(apart(f, x_i) + apart(f, f))
        weight = settings.content_weight
        return total / len(batch) + weight * sum(sum(part) / len(part) for part in content.values())

    return value


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("dropout", [0, 0.5])
@pytest.mark.parametrize("trained", [False, True])
def test_loss_and_gradients_by_definition(
    monkeypatch, problem, learns_as, dense_layers, n_layers, dropout, trained
):
    """Over all pairs, so that items 3 and 17, which lack an image or a text, are among them."""
    batch = Batch(problem.user, problem.item, problem.item)
    assert {3, 17} <= set(batch.positive.tolist())
    drawn = torch.tensor([0.1, 0.9, 0.6, 0.49])
    monkeypatch.setattr(torch, "rand_like", lambda vectors: drawn.expand_as(vectors))
    settings = BM3(dim=4, n_layers=n_layers, dropout=dropout, regularisation=0.2)
    settings = replace(settings, train_features=trained)
    value = by_definition(problem, batch, dense_layers, settings, drawn >= dropout)
    network = settings.new_network(problem)
    assert network.trains_content == trained
    learns_as(network, batch, value)


def test_dropout_takes_its_share_anew_each_time(problem):
    network = BM3(dropout=0.3).new_network(problem)
    torch.manual_seed(0)
    first, second = (network._target(torch.ones(1000, 64)) for _ in range(2))
    assert first.mean().item() == pytest.approx(0.7, abs=0.01)
    assert (first * second).mean().item() == pytest.approx(0.49, abs=0.01)


def test_vectors_by_definition(problem, dense_layers):
    network = BM3(dim=4, n_layers=2).new_network(problem)
    parts = {name: part.detach().double() for name, part in network.named_parameters()}
    users, items = dense_layers(problem, parts["users"], parts["items"], 2)
    exact = users, items + parts["items"]
    for found, vectors in zip(network(), exact, strict=True):
        foretold = vectors @ parts["predict.weight"].T + parts["predict.bias"]
        torch.testing.assert_close(found.detach().double(), foretold, rtol=1e-5, atol=1e-6)


def gradients(problem, batch, **settings):
    network = BM3(dim=4, dropout=0, **settings).new_network(problem)
    network.loss(batch).backward()
    return {name: part.grad for name, part in network.named_parameters()}


def test_content_teaches_through_the_predictor_alone(problem, batch):
    with_content = gradients(problem, batch, content_weight=2.0)
    without = gradients(problem, batch, content_weight=0.0)
    for name in ("users", "items"):
        torch.testing.assert_close(with_content[name], without[name])
    assert not torch.allclose(with_content["predict.weight"], without["predict.weight"])


def test_negatives_are_not_looked_at(problem, batch):
    other = Batch(batch.user, batch.positive, batch.negative.flip(0))
    for ours, theirs in zip(
        gradients(problem, batch).values(), gradients(problem, other).values(), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.fixture(scope="module")
def fitted(market):
    return BM3(dim=16, training=TRAINING, device="cpu").fit(market.train, market.content)


def direction(fitted, content, item):
    """The mean of the directions that an item's modalities foretell, as one direction."""
    parts = {name: part.numpy() for name, part in fitted._net.state_dict().items()}
    total = 0
    for name in content:
        if content[name].block.present[item]:
            raw = content[name].block.values[item]
            f = parts[f"project.{name}.weight"] @ raw + parts[f"project.{name}.bias"]
            foretold = parts["predict.weight"] @ f + parts["predict.bias"]
            total = total + foretold / np.linalg.norm(foretold)
    return total / np.linalg.norm(total)


def test_a_cold_item_points_where_its_content_foretells_and_is_as_long_as_others(market, fitted):
    length = np.linalg.norm(fitted.item_vectors_[: market.cold[0]], axis=1).mean()
    for item in market.cold[:3]:
        exact = length * direction(fitted, market.content, item)
        np.testing.assert_allclose(fitted.item_vectors_[item], exact, rtol=1e-3, atol=1e-5)
    assert not fitted.item_vectors_[market.cold[3]].any()  # neither image nor text


def test_of_items_to_come_each_is_where_what_it_has_says(market, fitted):
    """Item 5 has a text alone, item 6 an image alone, item 7 neither."""
    found = fitted.vectors_of_new(market.to_come)
    length = np.linalg.norm(fitted.item_vectors_[: market.cold[0]], axis=1).mean()
    for item in (0, 5, 6):
        exact = length * direction(fitted, market.to_come, item)
        np.testing.assert_allclose(found[item], exact, rtol=1e-3, atol=1e-5)
    assert not found[7].any()


def test_content_leads_to_the_right_users(market, fitted, finds_taste):
    taste = np.arange(8) % 5
    assert finds_taste(fitted, market.to_come, taste) > 0.9
    assert finds_taste(fitted, market.to_come, (taste + 1) % 5) < 0.6  # null: taste of another


@pytest.mark.parametrize(
    ("dropout", "message"),
    [
        (-0.1, "dropout must be a number from 0, not -0.1"),
        (1, "dropout must be at least 0 and below 1, not 1"),
        (float("nan"), "dropout must be a number from 0, not nan"),
    ],
)
def test_dropout_out_of_range(market, dropout, message):
    with pytest.raises(InputError, match=message):
        BM3(dropout=dropout, device="cpu").fit(market.train, market.content)
