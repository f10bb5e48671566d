"""DiffMM against its equations."""

from itertools import combinations

import numpy as np
import pytest
import torch
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.diffmm import DiffMM
from mmnotes.recommenders.training import Training

SMALL = {"dim": 8, "hidden": 16, "device": "cpu"}


def network_of(problem, **settings):
    """Before training, but with graphs drawn."""
    torch.manual_seed(0)
    network = DiffMM(**{**SMALL, **settings}).new_network(problem)
    network.begin_epoch(1)
    return network


def adjacency(user, item, problem):
    """D^-1/2 (A + I) D^-1/2 over users and items, by its definition."""
    n = problem.n_users + problem.n_items
    dense = torch.eye(n, dtype=torch.float64)
    dense[user, problem.n_users + item] = 1
    dense[problem.n_users + item, user] = 1
    root = dense.sum(1).sqrt()
    return dense / root[:, None] / root


def drawn_adjacency(network, name, problem):
    item = dict(network.named_buffers())[f"drawn.items_{name}"]
    buyers = torch.unique(problem.user)[:, None].expand_as(item)
    return adjacency(buyers.ravel(), item.ravel(), problem)


def definition(network, problem, settings, part):
    """x and the views y by the equations of the paper, modality by modality."""
    users, items = part["users"], part["items"]
    whole = adjacency(problem.user, problem.item, problem)
    share = part["content.weights"].softmax(0)
    start, views = 0, []
    for m, name in enumerate(problem.content):
        seen = problem.values(name).double() @ part[f"content.project.{name}.weight"].T
        if settings.projection == "linear":
            seen = seen + part[f"content.project.{name}.bias"]
        else:
            seen = functional.leaky_relu(seen, 0.2)
        seen = functional.normalize(seen) * problem.present(name)[:, None]
        drawn = drawn_adjacency(network, name, problem)
        first = whole @ torch.cat([users, seen])
        second = whole @ torch.cat([first[: problem.n_users], items])
        near = drawn @ torch.cat([users, items])
        start = start + share[m] * (first + second + settings.generated * near)
        views.append(layers(whole, drawn @ torch.cat([users, seen]), settings.n_layers))
    both = layers(whole, start, settings.n_layers)
    return both + settings.residual * functional.normalize(start), views


def layers(matrix, at, n_layers):
    total = at
    for _ in range(n_layers):
        at = matrix @ at
        total = total + at
    return total


def told_apart(one, other, at, pool, temperature):
    """InfoNCE by its definition."""
    one, other = functional.normalize(one), functional.normalize(other)
    products = one[at] @ other[pool].T / temperature
    place = torch.searchsorted(pool, at)
    return functional.cross_entropy(products, place)


VARIANTS = {
    "as published for Baby": {},
    "as for TikTok": {"contrast_between": "main", "projection": "linear"},
    "two layers, two items": {"n_layers": 2, "n_generated": 2, "contrast": 0.0},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_loss_and_gradients_are_those_of_the_equations(variant, problem, batch, learns_as):
    settings = DiffMM(**{**SMALL, **VARIANTS[variant]})
    network = network_of(problem, **VARIANTS[variant])
    n_users = problem.n_users
    pools = torch.arange(n_users), n_users + torch.nonzero(problem.warm)[:, 0]
    at = batch.user, n_users + batch.positive

    def loss(part):
        x, views = definition(network, problem, settings, part)
        gap = (x[at[0]] * (x[at[1]] - x[n_users + batch.negative])).sum(1)
        squares = part["users"].square().sum() + part["items"][problem.warm].square().sum()
        total = -functional.logsigmoid(gap).mean() + settings.regularisation * squares
        pairs = list(combinations(views, 2))
        if settings.contrast_between == "main":
            pairs = [(x, view) for view in views]
        for one, other in pairs:
            for rows, pool in zip(at, pools, strict=True):
                apart = told_apart(one, other, rows, pool, settings.temperature)
                total = total + settings.contrast * apart
        return total

    learns_as(network, batch, loss)


def test_vectors_are_those_of_the_equations(problem):
    network = network_of(problem)
    exact = {name: value.detach().double() for name, value in network.named_parameters()}
    x, _ = definition(network, problem, DiffMM(**SMALL), exact)
    torch.testing.assert_close(torch.cat(network.eval()()).double(), x, rtol=1e-4, atol=1e-6)


def test_a_cold_item_is_what_the_equations_say_without_a_free_vector(market, problem):
    """So the tensor that scores it is the one that BPR trained."""
    model = DiffMM(**SMALL, training=Training(epochs=2)).fit(market.train, market.content)
    network = model._net
    with torch.no_grad():
        network.items[market.cold] = 0
        _, items = network()
    np.testing.assert_allclose(
        model.item_vectors_[market.cold], items[market.cold].numpy(), rtol=1e-5, atol=1e-6
    )


def test_new_items_are_found_by_those_of_their_taste(market, finds_taste):
    training = Training(epochs=40, learning_rate=1e-2, batch_size=100)
    model = DiffMM(**SMALL, training=training).fit(market.train, market.content)
    taste = np.arange(8) % 5
    assert finds_taste(model, market.to_come, taste) > 0.75


def test_an_item_of_which_nothing_is_known_scores_zero(market):
    model = DiffMM(**SMALL, training=Training(epochs=1)).fit(market.train, market.content)
    assert not model.vectors_of_new(market.to_come)[7].any()


def test_denoisers_learn_and_draw_warm_items_alone(problem):
    network = network_of(problem, n_generated=3)
    before = {name: part.clone() for name, part in network.drawn.named_parameters()}
    drawn = dict(network.named_buffers())
    for name in problem.content:
        item = drawn[f"drawn.items_{name}"]
        assert item.shape == (50, 3)  # one user took nothing
        assert problem.warm[item].all()
    network.begin_epoch(2)
    for name, part in network.drawn.named_parameters():
        assert not torch.equal(part, before[name]), name


def test_denoisers_rest_between_their_epochs(problem):
    network = network_of(problem, denoise_every=3)
    before = {name: part.clone() for name, part in network.drawn.state_dict().items()}
    for epoch, changed in ((2, False), (3, False), (4, True)):
        network.begin_epoch(epoch)
        now = network.drawn.state_dict()
        assert any(not torch.equal(now[name], before[name]) for name in before) is changed


def test_the_best_epoch_keeps_its_graphs(problem):
    network = network_of(problem, n_generated=3)
    kept = {name: part.clone() for name, part in network.state_dict().items()}
    before = network()
    network.begin_epoch(2)
    network.drawn.items_image.copy_(network.drawn.items_image.flip(0))
    assert not torch.equal(before[0], network()[0])
    network.load_state_dict(kept)
    for one, other in zip(before, network(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_one_modality_has_nothing_to_be_told_from(market):
    model = DiffMM(**SMALL, training=Training(epochs=1))
    model.fit(market.train, market.content.only(["text"]))
    assert np.isfinite(model.item_vectors_).all()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("contrast_between", "views"),
        ("projection", "mlp"),
        ("n_steps", 0),
        ("hidden", 0),
        ("n_generated", 0),
        ("n_generated", 64),
        ("denoise_every", 0),
        ("temperature", 0.0),
    ],
)
def test_settings_out_of_range_are_refused_by_name(setting, value, market):
    model = DiffMM(**{**SMALL, setting: value})
    with pytest.raises(InputError, match=setting):
        model.fit(market.train, market.content)


def test_it_asks_for_content(market):
    with pytest.raises(InputError, match="DiffMM"):
        DiffMM(**SMALL).fit(market.train)


@pytest.mark.parametrize("links", ["neighbors", "own", "none"])
def test_edges_from_elsewhere_are_the_same_in_all_epochs(problem, links):
    network = network_of(problem, links=links, n_generated=2)
    before = {name: part.clone() for name, part in network.state_dict().items()}
    network.begin_epoch(2)
    assert all(part.equal(before[name]) for name, part in network.state_dict().items())
    assert not network.own_optimizers()
    with torch.no_grad():
        assert all(part.isfinite().all() for part in network.eval()())


def test_steps_of_the_denoisers_have_a_size_of_their_own(problem):
    steps = []
    for users in (None, 10):
        network = network_of(problem, denoise_users=users)
        optimizer = network.own_optimizers()["denoisers"]
        before = optimizer.state[network.drawn.denoise["text"].out]["step"].item()
        network.begin_epoch(2)
        steps.append(optimizer.state[network.drawn.denoise["text"].out]["step"].item() - before)
    assert steps == [1, 5]
