from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders import SEA, Training
from mmnotes.recommenders.club import Club
from mmnotes.recommenders.inductive import new_items
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch

TRAINING = Training(epochs=30, batch_size=100, learning_rate=0.02)
SHARES = {"image": 0.1, "text": 0.9}
SMALL = {"dim": 4, "fit_steps": 0}


def linear(parts, name, rows):
    return rows @ parts[f"{name}.weight"].T + parts[f"{name}.bias"]


def unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


def standardised(parts, name, rows):
    """Batch normalisation over these rows."""
    off = rows - rows.mean(0)
    even = off / (off.square().mean(0) + 1e-5).sqrt()
    return even * parts[f"{name}.weight"] + parts[f"{name}.bias"]


def whole(problem, parts, name):
    """The linear map that keeps the features' length, of all items."""
    return linear(parts, f"split.{name}.whole", problem.values(name).double())


def own_vectors(parts, name, features):
    hidden = functional.leaky_relu(linear(parts, f"split.{name}.first", features))
    return unit(linear(parts, f"split.{name}.second", hidden))


def dense_vectors(problem, parts, dense_layers, n_layers):
    """Users by modality, and items side by side, before and after the item graph."""
    dim = parts["users"].shape[1] // 2
    users, items = [], []
    for place, name in enumerate(("image", "text")):
        free = unit(parts["users"][:, place * dim : (place + 1) * dim])
        own = own_vectors(parts, name, whole(problem, parts, name))
        means = dense_layers(problem, free, own, n_layers)
        users.append(parts["weights"][:, place, None] * means[0] * (n_layers + 1))
        items.append(means[1] * (n_layers + 1))
    smoothed = torch.cat(items, dim=1)
    near = torch.stack([mean_of_near(problem, item, smoothed) for item in range(len(smoothed))])
    return torch.cat(users, dim=1), smoothed, smoothed + near


def mean_of_near(problem, item, vectors):
    """Of the warm neighbours, the item among them; nothing where a graph knows it alone."""
    total, shares = torch.zeros_like(vectors[0]), 0.0
    for name, share in SHARES.items():
        near = problem.content[name].graph.index[item].tolist()
        near = [other for other in near if problem.warm[other] and problem.warm[item]]
        if set(near) - {item}:
            total = total + share * vectors[near].mean(0)
            shares += share
    return total / shares if shares else total


def by_definition(problem, batch, parts, dense_layers, settings, permutations):
    """The loss as in the class's docstring, each step by itself."""
    users, _, items = dense_vectors(problem, parts, dense_layers, settings.n_layers)
    gap = (users[batch.user] * (items[batch.positive] - items[batch.negative])).sum(1)
    total = -torch.log2(torch.sigmoid(gap)).mean()
    rows = torch.nonzero(problem.warm)[:, 0]
    if settings.contrast == "batch":
        rows = torch.unique(torch.cat([batch.positive, batch.negative]))
    aligned, bounds = {}, []
    for place, name in enumerate(("image", "text")):
        features = whole(problem, parts, name)[rows]
        first, second = features.tensor_split([features.shape[1] // 2], dim=1)
        at = f"split.{name}"
        head = first @ parts[f"{at}.head.weight"].T
        head = torch.relu(standardised(parts, f"{at}.align.0", head))
        head = head @ parts[f"{at}.align.2.weight"].T
        head = torch.relu(standardised(parts, f"{at}.align.3", head))
        aligned[name] = unit(linear(parts, f"{at}.align.5", head))
        generic, unique = (
            linear(parts, f"{at}.generic", first),
            linear(parts, f"{at}.unique", second),
        )
        number = place if settings.fitted_on == "within" else 0
        q = {key: part.detach() for key, part in parts.items()}
        hidden = torch.relu(linear(q, f"club.{number}.hidden", generic))
        mean = linear(q, f"club.{number}.mean", hidden[:, :8])
        log_variance = torch.tanh(linear(q, f"club.{number}.log_variance", hidden[:, 8:]))
        density = torch.distributions.Normal(mean, torch.exp(log_variance / 2)).log_prob
        other = unique[permutations[place]]
        bounds.append((density(unique) - density(other)).sum(1).mean())
    products = aligned["text"] @ aligned["image"].T / settings.temperature
    total = total + settings.alignment * functional.cross_entropy(products, torch.arange(len(rows)))
    apart = sum(bound.clamp(min=0) for bound in bounds) / 2
    return total + settings.separation * apart / 2


@pytest.mark.parametrize("contrast", ["all", "batch"])
@pytest.mark.parametrize("fitted_on", ["across", "within"])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_loss_and_gradients_by_definition(
    problem, batch, dense_layers, contrast, fitted_on, n_layers
):
    settings = SEA(
        **SMALL,
        n_layers=n_layers,
        alignment=0.3,
        separation=0.7,
        contrast=contrast,
        fitted_on=fitted_on,
    )
    network = settings.new_network(problem)
    drawn = torch.unique(torch.cat([batch.positive, batch.negative]))
    n_rows = len(drawn) if contrast == "batch" else int(problem.warm.sum())
    torch.manual_seed(8)
    permutations = [torch.randperm(n_rows) for _ in range(2)]
    torch.manual_seed(8)
    loss = network.loss(batch)
    loss.backward()
    parts = {
        name: part.detach().double().requires_grad_() for name, part in network.named_parameters()
    }
    exact = by_definition(problem, batch, parts, dense_layers, settings, permutations)
    exact.backward()
    assert loss.item() == pytest.approx(exact.item(), rel=1e-5)
    for name, part in network.named_parameters():
        if name.startswith("club."):
            assert part.grad is None or not part.grad.any()
        else:
            torch.testing.assert_close(part.grad.double(), parts[name].grad, rtol=2e-4, atol=1e-6)


def test_cold_items_drawn_as_negatives_are_in_no_further_loss(problem):
    cold = torch.nonzero(~problem.warm)[:, 0]
    batch = Batch(problem.user[:4], problem.item[:4], cold[:4])
    network = SEA(contrast="batch", **SMALL).new_network(problem)
    n_parts = {len(part) for parts in network._parts(batch) for part in parts}
    assert n_parts == {len(problem.item[:4].unique())}


def test_vectors_by_definition(problem, dense_layers):
    network = SEA(**SMALL).new_network(problem)
    parts = {name: part.detach().double() for name, part in network.named_parameters()}
    users, _, items = dense_vectors(problem, parts, dense_layers, 2)
    for found, wanted in zip(network(), (users, items), strict=True):
        torch.testing.assert_close(found.detach().double(), wanted, rtol=1e-5, atol=1e-6)


def test_items_to_come_by_definition(market, problem, dense_layers):
    """Item 5 lacks its image, item 6 its text, item 7 both."""
    network = SEA(**SMALL).new_network(problem)
    links = new_items(market.to_come, problem)
    parts = {name: part.detach().double() for name, part in network.named_parameters()}
    _, smoothed, _ = dense_vectors(problem, parts, dense_layers, 2)
    wanted = torch.zeros(8, 8, dtype=torch.float64)
    for item in range(7):
        own = []
        for name in ("image", "text"):
            row = links.values[name][item : item + 1].double()
            features = linear(parts, f"split.{name}.whole", row)
            own.append(own_vectors(parts, name, features)[0])
        own = torch.cat(own)
        total, shares = torch.zeros(8).double(), 0.0
        for name, share in SHARES.items():
            near = links.near[name][item][links.cosine[name][item] != 0]
            if len(near):
                total += share * torch.cat([own[None], smoothed[near]]).mean(0)
                shares += share
        wanted[item] = own + total / shares
    found = network.new_items(links).detach().double()
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)


def test_finds_the_taste_of_items_to_come(market, finds_taste):
    model = SEA(dim=8, fit_steps=2, training=TRAINING, device="cpu")
    model.fit(market.train, market.content)
    assert finds_taste(model, market.to_come, market.taste[:8]) > 0.9


class TestClubIsFitted:
    @pytest.fixture
    def fitted(self, monkeypatch):
        """What the Clubs are fitted on, in order."""
        seen = []
        monkeypatch.setattr(
            Club, "fit", lambda club, x, y, optimizer, n_steps: seen.append((club, x, y, n_steps))
        )
        return seen

    def halves(self, network, problem):
        rows = torch.nonzero(problem.warm)[:, 0]
        parts = [
            split.parts(split.projected(problem.values(name)[rows]))
            for name, split in network.split.items()
        ]
        return [(generic, unique) for generic, _, unique in parts]

    def test_across_modalities_as_in_the_published_code(self, problem, batch, fitted):
        network = SEA(dim=4).new_network(problem)
        network.loss(batch)
        image, text = self.halves(network, problem)
        ((club, x, y, n_steps),) = fitted
        assert club is network.club[0]
        assert n_steps == 50
        torch.testing.assert_close(x, torch.cat(text))
        torch.testing.assert_close(y, torch.cat(image))

    @pytest.mark.parametrize("names", [("image", "text"), ("text",)])
    def test_within_each_as_in_the_paper(self, market, batch, fitted, names):
        """A single modality has nothing across."""
        problem = Problem.of(market.train, market.content.only(names), torch.device("cpu"))
        fitted_on = "within" if len(names) > 1 else "across"
        network = SEA(dim=4, fitted_on=fitted_on).new_network(problem)
        network.loss(batch)
        halves = self.halves(network, problem)
        assert [entry[0] for entry in fitted] == list(network.club)
        for (_, x, y, _), (generic, unique) in zip(fitted, halves, strict=True):
            torch.testing.assert_close(x, generic)
            torch.testing.assert_close(y, unique)

    def test_by_an_optimizer_of_its_own(self, problem, batch):
        network = SEA(dim=4, fit_steps=3).new_network(problem)
        club = set(network.club.parameters())
        assert club
        assert club.isdisjoint(network.main_parameters())
        assert club | set(network.main_parameters()) == set(network.parameters())
        before = [part.clone() for part in network.club.parameters()]
        network.loss(batch)
        pairs = zip(before, network.club.parameters(), strict=True)
        assert all(not old.equal(now) for old, now in pairs)
        (optimizer,) = network.own_optimizers().values()
        assert {int(state["step"]) for state in optimizer.state.values()} == {3}


def gradients(problem, batch, **settings):
    """Names of the parameters that a step would move."""
    network = SEA(**SMALL, **settings).new_network(problem)
    network.loss(batch).backward()
    named = network.named_parameters()
    return {name for name, part in named if part.grad is not None and part.grad.any()}


class TestFaults:
    def test_detached_scores_teach_neither_users_nor_vectors(self, problem, batch):
        ranked = gradients(problem, batch, alignment=0, separation=0)
        further = gradients(problem, batch, detached=True, separation=0)
        read = {"users", "weights"} | {
            f"split.{name}.{layer}.{part}"
            for name in ("image", "text")
            for layer in ("first", "second")
            for part in ("weight", "bias")
        }
        wholes = {f"split.{name}.whole.weight" for name in ("image", "text")}
        assert read | wholes <= ranked
        assert read.isdisjoint(further)
        assert wholes <= further

    def test_detached_scores_are_those_of_nobodys_taste(self, market):
        """What they come to after training is what users had before."""
        settings = {"dim": 8, "fit_steps": 2, "training": TRAINING, "device": "cpu"}
        model = SEA(**settings, detached=True).fit(market.train, market.content)
        fresh = model.new_network(Problem.of(market.train, market.content, torch.device("cpu")))
        assert model._net.users.equal(fresh.users)
        sound = SEA(**settings).fit(market.train, market.content)
        assert not sound._net.users.equal(fresh.users)

    def test_nothing_is_left_to_learn_from(self, market):
        for settings in ({"alignment": 0}, {}):
            content = market.content if settings else market.content.only(["text"])
            with pytest.raises(InputError, match="leave nothing to learn from"):
                SEA(detached=True, separation=0, **settings).fit(market.train, content)


@pytest.mark.parametrize("names", [("image",), ("text", "image"), ("image", "text", "sound")])
def test_any_number_of_modalities_in_any_order(market, names):
    sound = Modality.of_vectors(np.random.default_rng(3).normal(size=(len(market.content), 5)), k=6)
    content = Content({**market.content.modalities, "sound": sound}).only(names)
    shares = {name: 1 / len(names) for name in names}
    settings = {"dim": 4, "fit_steps": 1, "device": "cpu", "shares": shares}
    model = SEA(**settings, training=replace(TRAINING, epochs=2)).fit(market.train, content)
    assert model.item_vectors_.shape == (len(market.content), 4 * len(names))
    other = SEA(**settings, training=replace(TRAINING, epochs=2))
    again = other.fit(market.train, content.only(names[::-1]))
    np.testing.assert_array_equal(model.item_vectors_, again.item_vectors_)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"contrast": "some"}, "choose from all, batch"),
        ({"fitted_on": "both"}, "choose from all, batch and across, within"),
        ({"temperature": 0}, "temperature=0 must be above 0"),
        ({"alignment": -1}, "alignment must be a number from 0, not -1"),
        ({"separation": float("nan")}, "separation must be a number from 0, not nan"),
    ],
)
def test_settings_out_of_range(market, settings, message):
    with pytest.raises(InputError, match=message):
        SEA(**settings).fit(market.train, market.content)


def test_branches_add_up_to_the_scores(market):
    model = SEA(**SMALL, training=TRAINING).fit(market.train, market.content)
    users = np.arange(4)
    parts = [np.inner(u[users], i) for u, i in map(model.branch, ("image", "text"))]
    np.testing.assert_allclose(sum(parts), model.score(users), rtol=1e-4, atol=1e-5)
    alone = SEA(**SMALL, training=TRAINING).fit(market.train, market.content.only(["text"]))
    np.testing.assert_array_equal(alone.branch("text")[1], alone.item_vectors_)


def test_a_branch_that_is_not_there(market):
    with pytest.raises(NotFittedError):
        SEA().branch("image")
    fitted = SEA(**SMALL, training=replace(TRAINING, epochs=1)).fit(market.train, market.content)
    with pytest.raises(InputError, match="no branch 'audio'; it has image, text"):
        fitted.branch("audio")
