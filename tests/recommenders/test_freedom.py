import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from mmnotes.data import Interactions, Neighbors
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders import FREEDOM, LightGCN, Training
from mmnotes.recommenders.freedom import default_shares
from mmnotes.recommenders.problem import Problem

SHARES = {"image": 0.1, "text": 0.9}
TRAINING = Training(epochs=40, batch_size=100, learning_rate=0.02)


@pytest.fixture
def dense_vectors(dense_layers, dense_item_graph):
    def vectors(problem, parts, settings, pairs=None):
        free = parts["users"], parts["items"]
        users, items = dense_layers(problem, *free, settings.n_layers, pairs)
        graph, near = dense_item_graph(problem, SHARES), parts["items"]
        for _ in range(settings.n_item_layers):
            near = graph @ near
        return users, items + near

    return vectors


def kept_pairs(network):
    return network._graph.to_users.to_dense().nonzero().T


@pytest.mark.parametrize("n_item_layers", [1, 2])
@pytest.mark.parametrize("regularisation", [0, 0.3])
def test_loss_and_gradients_by_definition(
    problem, batch, learns_as, dense_vectors, n_item_layers, regularisation
):
    settings = FREEDOM(dim=4, n_item_layers=n_item_layers, keep=0.7, regularisation=regularisation)
    network = settings.new_network(problem)
    network.begin_epoch(1)
    pairs = kept_pairs(network)
    assert pairs.shape[1] == int(0.7 * len(problem.user))

    def bpr(u, items):
        i, j = items[batch.positive], items[batch.negative]
        return -logsigmoid((u * i).sum(1) - (u * j).sum(1)).mean()

    def definition(parts):
        users, items = dense_vectors(problem, parts, settings, pairs)
        total = bpr(users[batch.user], items)
        for name in problem.content:
            raw = torch.from_numpy(problem.content[name].block.values).double()
            seen = raw @ parts[f"project.{name}.weight"].T
            total = total + regularisation * bpr(users[batch.user], seen)
        return total

    learns_as(network, batch, definition)


def test_scores_take_the_whole_graph(problem, dense_vectors):
    settings = FREEDOM(dim=4, keep=0.5)
    network = settings.new_network(problem)
    network.begin_epoch(1)
    parts = {name: part.detach().double() for name, part in network.named_parameters()}
    for found, exact in zip(network(), dense_vectors(problem, parts, settings), strict=True):
        torch.testing.assert_close(found.detach().double(), exact, rtol=1e-5, atol=1e-6)


def test_pairs_of_popular_users_and_items_are_dropped_more_often(market):
    """One pair of four stays; how often each does is 1 / sqrt(degree of user × of item)."""
    rows = Interactions(np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0]), n_users=2, n_items=3)
    block = FeatureBlock(np.eye(3, dtype=np.float32), np.ones(3, bool))
    graph = Neighbors(np.array([[0, 1], [1, 2], [2, 0]]), np.ones((3, 2)))
    problem = Problem.of(rows, Content({"text": Modality(block, graph)}), torch.device("cpu"))
    network = FREEDOM(dim=2, keep=0.25).new_network(problem)
    torch.manual_seed(0)
    counts, n = torch.zeros(2, 3), 3000
    for epoch in range(n):
        network.begin_epoch(epoch)
        counts += network._graph.to_users.to_dense()  # of one pair: both degrees are 1
    odds = np.array([[6, 3, 3], [2, np.inf, np.inf]]) ** -0.5
    odds /= odds.sum()
    spread = np.sqrt(odds * (1 - odds) / n)
    assert (abs(counts.numpy() / n - odds) <= 4 * spread).all()


def test_all_pairs_stay_if_so_asked(problem):
    network = FREEDOM(dim=4, keep=1).new_network(problem)
    network.begin_epoch(1)
    assert network._graph is network._whole


@pytest.fixture(scope="module")
def fitted(market):
    settings = FREEDOM(dim=8, keep=0.8, training=TRAINING, device="cpu")
    return settings.fit(market.train, market.content)


def test_a_cold_item_is_the_mean_of_its_warm_neighbours(market, fitted):
    free = fitted._net.items.detach().numpy()
    for item in market.cold[:3]:
        means = []
        for name in ("image", "text"):
            near = market.content[name].graph.index[item]
            means.append(free[near[near < market.cold[0]]].mean(0))
        exact = 0.1 * means[0] + 0.9 * means[1]
        np.testing.assert_allclose(fitted.item_vectors_[item], exact, rtol=1e-4, atol=1e-6)
    assert not fitted.item_vectors_[market.cold[3]].any()  # neither image nor text


def test_a_modality_that_is_not_there_leaves_its_share_to_the_other(market, fitted):
    """The last three to come lack an image, a text, and both."""
    found = fitted.vectors_of_new(market.to_come)
    free = fitted._net.items.detach().numpy()
    for item, name in ((5, "text"), (6, "image")):
        old, new = (content[name].block.values for content in (market.content, market.to_come))
        unit = old / np.linalg.norm(old, axis=1).clip(min=1e-12)[:, None]
        near = np.argsort(-(unit[: market.cold[0]] @ new[item]))[: market.content[name].graph.k]
        np.testing.assert_allclose(found[item], free[near].mean(0), rtol=1e-4, atol=1e-6)
    assert not found[7].any()


def test_with_two_item_layers_a_cold_item_is_one_step_further(market):
    settings = FREEDOM(dim=4, n_item_layers=2, training=Training(epochs=1), device="cpu")
    model = settings.fit(market.train, market.content)
    once = model._net._items(model._net.items).detach().numpy()
    item, exact = market.cold[0], 0
    for name, share in SHARES.items():
        near = market.content[name].graph.index[item]
        exact = exact + share * once[near[near < item]].mean(0)
    np.testing.assert_allclose(model.item_vectors_[item], exact, rtol=1e-4, atol=1e-6)


def test_content_leads_to_the_right_users(market, fitted, finds_taste):
    taste = np.arange(8) % 5
    assert finds_taste(fitted, market.to_come, taste) > 0.9
    assert finds_taste(fitted, market.to_come, (taste + 1) % 5) < 0.6  # null: taste of another


def test_without_edges_between_items_it_is_lightgcn(market):
    """Null: each item its own only neighbour, all pairs kept, no weight on content."""
    n = len(market.content)
    alone = Neighbors(np.arange(n)[:, None], np.ones((n, 1)))
    text = Modality(market.content["text"].block, alone)
    settings = FREEDOM(dim=4, keep=1, regularisation=0, training=TRAINING, device="cpu")
    model = settings.fit(market.train, Content({"text": text}))
    other = LightGCN(dim=4, regularisation=0, training=TRAINING, device="cpu").fit(market.train)
    users = np.arange(50)
    np.testing.assert_allclose(model.score(users), other.score(users), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"keep": 0}, "keep must be above 0 and at most 1, not 0"),
        ({"keep": 1.5}, "keep must be above 0 and at most 1, not 1.5"),
        ({"keep": float("nan")}, "keep must be a number from 0, not nan"),
        ({"n_item_layers": 0}, "n_item_layers at least 1, not 0"),
    ],
)
def test_settings_out_of_range(market, settings, message):
    with pytest.raises(InputError, match=message):
        FREEDOM(**settings, device="cpu").fit(market.train, market.content)


def test_modalities_that_were_not_published_count_alike():
    assert default_shares(("image", "text"), None) == SHARES
    assert default_shares(("text",), None) == {"text": 1}
    assert default_shares(("meta",), None) == {"meta": 1}
    thirds = default_shares(("image", "text", "sound"), None)
    assert thirds == pytest.approx(dict.fromkeys(("image", "text", "sound"), 1 / 3))
    assert default_shares(("image", "text"), {"image": 3, "text": 1})["image"] == 0.75


def test_no_modality_with_a_share(market):
    with pytest.raises(InputError, match="image, text has none; give it one, or 0"):
        FREEDOM(shares={"sound": 1}, device="cpu").fit(market.train, market.content)
