"""A small market for trained recommenders: tastes, content that shows them, and items to come."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmnotes.data import Interactions
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Sampler

# Odd numbers, so that no layer of a network has as many rows by chance.
N_USERS, N_ITEMS, N_WARM, N_TASTES, K = 51, 67, 63, 5, 6
COLD = np.arange(N_WARM, N_ITEMS)  # nobody took them
STRANGER = 50  # took nothing


def _vectors(taste, dim, seed):
    """Items of one taste point roughly the same way, (n, dim)."""
    directions = np.random.default_rng(7).normal(size=(N_TASTES, dim))
    noise = np.random.default_rng(seed).normal(size=(len(taste), dim))
    return (directions[taste] + 0.3 * noise).astype(np.float32)


def _content(taste, seed, without=None):
    """Images and texts; an item lacks its image, another its text, a third both."""
    image, text = _vectors(taste, 12, seed), _vectors(taste, 9, seed + 1)
    if without is not None:
        image[without[[0, 2]]] = 0
        text[without[[1, 2]]] = 0
    return Content(
        {
            "image": Modality.of_vectors(image, k=K),
            "text": Modality.of_vectors(text, k=K),
        }
    )


@pytest.fixture(autouse=True)
def same_draws():
    """What a network draws does not depend on the tests before: SEA's bounds may come out at 0."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def market():
    """Fifty users of five tastes, who took eight items each, and one who took none.

    ``train``, ``valid`` (one more item a user), ``content`` of 67 items, of which the last four are
    cold and the items 3, 17 and 66 lack something; ``to_come``, content of eight items more, the
    last of which lacks both.
    """
    rng = np.random.default_rng(0)
    taste = np.arange(N_ITEMS) % N_TASTES
    taken = [
        rng.choice(np.flatnonzero(taste[:N_WARM] == user % N_TASTES), 9, replace=False)
        for user in range(50)
    ]
    user, item = np.repeat(np.arange(50), 9), np.concatenate(taken)
    split = np.where(np.arange(450) % 9 == 8, "valid", "train")
    rows = Interactions(user, item, N_USERS, N_ITEMS, split=split)
    return SimpleNamespace(
        train=rows.part("train"),
        valid=rows.part("valid"),
        content=_content(taste, 1, without=np.array([3, 17, 66])),
        to_come=_content(np.arange(8) % N_TASTES, 5, without=np.array([5, 6, 7])),
        taste=taste,
        cold=COLD,
        stranger=STRANGER,
    )


@pytest.fixture(scope="session")
def problem(market):
    return Problem.of(market.train, market.content, torch.device("cpu"))


@pytest.fixture(scope="session")
def batch(problem):
    return next(Sampler(problem, 100).epoch(1))


@pytest.fixture(scope="session")
def dense_layers():
    """LightGCN's mean of layers by its definition, over one dense matrix of all users and items."""

    def vectors(problem, users, items, n_layers, pairs=None):
        n_users = problem.n_users
        pairs = (problem.user, problem.item) if pairs is None else pairs
        adjacency = torch.zeros(n_users + problem.n_items, n_users + problem.n_items).double()
        adjacency[pairs[0], n_users + pairs[1]] = 1
        adjacency += adjacency.clone().T
        root = adjacency.sum(1).clamp(min=1).sqrt()
        adjacency = adjacency / root[:, None] / root
        layers = [torch.cat([users, items])]
        for _ in range(n_layers):
            layers.append(adjacency @ layers[-1])
        mean = sum(layers) / (n_layers + 1)
        return mean[:n_users], mean[n_users:]

    return vectors


@pytest.fixture(scope="session")
def dense_item_graph():
    """The item graph of several modalities by its definition, item by item, (n_items, n_items)."""

    def matrix(problem, shares, weights="binary", normalise="rows"):
        warm, n = problem.warm.numpy(), problem.n_items
        mixed, whole = np.zeros((n, n)), np.zeros(n)
        for name, share in shares.items():
            graph, part = problem.content[name].graph, np.zeros((n, n))
            for item in np.flatnonzero(warm):
                for near, cosine in zip(graph.index[item], graph.cosine[item], strict=True):
                    weight = 1 if weights == "binary" or np.isnan(cosine) else cosine
                    part[item, near] += weight * warm[near]
            sums = part.sum(1)
            factor = np.where(sums > 0, 1 / np.where(sums > 0, sums, 1), 0)
            if normalise == "rows":
                part = part * factor[:, None]
            else:
                part = part * np.sqrt(np.outer(factor, factor))
            linked = (part - np.diag(np.diag(part)) != 0).any(1)
            mixed += share * linked[:, None] * part
            whole += share * linked
        return torch.from_numpy(mixed / np.where(whole > 0, whole, 1)[:, None])

    return matrix


@pytest.fixture(scope="session")
def learns_as():
    """Is a network's loss, and its gradient for each parameter, that of a plain definition?

    The definition is a function of the parameters in float64, by name.
    """

    def check(network, batch, definition):
        network.zero_grad()
        loss = network.loss(batch)
        loss.backward()
        named = dict(network.named_parameters())
        exact = {name: part.detach().double().requires_grad_() for name, part in named.items()}
        value = definition(exact)
        value.backward()
        assert loss.item() == pytest.approx(value.item(), rel=1e-5)
        for name, part in named.items():
            ours, theirs = (
                torch.zeros_like(exact[name]) if grad is None else grad.double()
                for grad in (part.grad, exact[name].grad)
            )
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-7)

    return check


@pytest.fixture(scope="session")
def finds_taste():
    """How often does an item to come of a user's own taste score above one of another taste?"""

    def share(model, content, taste):
        users = np.arange(50)
        scores = model.score_new(users, content)
        known = content["image"].block.present | content["text"].block.present
        own = (taste[None] == users[:, None] % 5) & known
        other = (taste[None] != users[:, None] % 5) & known
        above = scores[:, :, None] > scores[:, None, :]
        return above[own[:, :, None] & other[:, None, :]].mean()

    return share


@pytest.fixture(scope="session")
def full():
    """Every item has a training pair and both modalities, as the dense one needs it."""
    rng = np.random.default_rng(3)
    n_users, n_items = 90, 70
    user = rng.integers(0, n_users, 600)
    item = np.concatenate([np.arange(n_items), rng.integers(0, n_items, 530)])
    vectors = {"image": rng.normal(size=(n_items, 20)), "text": rng.normal(size=(n_items, 9))}
    content = Content(
        {
            name: Modality.of_vectors(np.abs(part).astype(np.float32), k=6)
            for name, part in vectors.items()
        }
    )
    return Problem.of(Interactions(user, item, n_users, n_items), content, torch.device("cpu"))


@pytest.fixture(scope="session")
def learns_alongside():
    """Do two networks learn alike, batch by batch, from the same start?"""

    def check(ours, dense, problem, n_epochs=2, n_batches=3):
        """Losses and gradients of both over the first batches of some epochs, by one path."""
        dense.load_state_dict(ours.state_dict(), strict=False)
        nets = ours, dense
        optimizers = [torch.optim.Adam(net.parameters(), lr=1e-2) for net in nets]
        sampler = Sampler(problem, 150)
        for epoch in range(1, n_epochs + 1):
            for net in nets:
                net.begin_epoch(epoch)
            for _, batch in zip(range(n_batches), sampler.epoch(epoch), strict=False):
                losses = []
                for net, optimizer in zip(nets, optimizers, strict=True):
                    optimizer.zero_grad(set_to_none=True)
                    loss = net.loss(batch)
                    loss.backward()
                    losses.append(loss.item())
                assert losses[0] == pytest.approx(losses[1], rel=1e-5)
                gradients = [{name: p.grad for name, p in net.named_parameters()} for net in nets]
                assert gradients[0].keys() == gradients[1].keys()
                for name, found in gradients[0].items():
                    wanted = gradients[1][name]
                    assert (found is None) == (wanted is None), name
                    if found is not None:
                        # A bias of attention has sums that nearly cancel: 1e-8 is rounding.
                        largest = max(float(wanted.abs().max()), 1e-3)
                        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5 * largest)
                for optimizer in optimizers:
                    optimizer.step()

    return check
