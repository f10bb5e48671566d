"""What training is timed on; and that the others' networks are ours, tensor by tensor."""

from functools import partial

import numpy as np
import pytest
import torch

from mmnotes.bench import training
from mmnotes.bench.given_draws import given_draws
from mmnotes.bench.notes import explain
from mmnotes.bench.plain_diffmm import PlainDiffMM
from mmnotes.bench.plain_networks import PlainBM3
from mmnotes.bench.training_data import content_of, interactions_of, make_market
from mmnotes.bench.training_epochs import epoch, prepare
from mmnotes.recommenders.diffmm import DiffMM
from mmnotes.recommenders.freedom import FREEDOM
from mmnotes.recommenders.training import Training

N_PAIRS = 600
OTHERS = [
    pytest.param(who.prepare, id=f"{type(who.prepare.keywords['model']).__name__}-{who.name}")
    for work in training.WORKS
    for who in work.implementations[1:]
    if "epoch" in work.name
]


@pytest.fixture(scope="module")
def market():
    return make_market(N_PAIRS)


@pytest.mark.parametrize("n_pairs", [200, N_PAIRS, 6_000])
def test_everybody_and_everything_has_a_pair(n_pairs):
    made = make_market(n_pairs)
    assert made["seen"].shape == (n_pairs, 2)
    n_users, n_items = len(made["truth"]), len(made["image"])
    assert n_users / n_items == pytest.approx(19_445 / 7_050, rel=0.05)
    assert set(made["seen"][:, 0]) == set(made["truth"][:, 0]) == set(range(n_users))
    assert set(made["seen"][:, 1]) == set(range(n_items))
    both = np.concatenate([made["seen"], made["truth"]])
    assert len(np.unique(both, axis=0)) == len(both)
    for name in ("seen", "truth"):  # as the ranking wants them
        assert (np.diff(made[name][:, 0]) >= 0).all()


def test_vectors_have_neighbours_as_content_has(market):
    content, pairs = content_of(market), interactions_of(market)
    assert content.names == ("image", "text")
    assert [content[name].block.values.shape[1] for name in content] == [4096, 384]
    assert content["text"].graph.cosine[:, 1].mean() > 0.2  # of random directions: 0
    assert len(content) == pairs.n_items


@pytest.mark.parametrize("make", OTHERS)
def test_loss_and_gradients_are_ours(make, market):
    """Losses of two steps, so that what the first one changed counts too."""
    ours, our_gradients = _two_steps(prepare(market, make.keywords["model"]))
    theirs, their_gradients = _two_steps(make(market))
    at_every_step = "train_features" in getattr(make.keywords["plain"], "keywords", ())
    n_alike = 1 if at_every_step else 2  # after one the features are others
    assert theirs[:n_alike] == pytest.approx(ours[:n_alike], rel=1e-5)
    assert our_gradients.keys() == their_gradients.keys()
    for name, gradient in our_gradients.items():
        largest = float(gradient.abs().max())
        # The bound of SEA is below zero at first, and then counts as zero.
        assert largest > 0 or name.endswith(("generic.weight", "unique.weight", ".bias"))
        assert (their_gradients[name] - gradient).abs().max() <= 1e-5 * max(1e-3, largest), name


def _two_steps(ready):
    """Losses of two steps, and the gradients of the first by name; features are not compared."""
    network, losses = ready.network, []
    torch.manual_seed(0)
    network.begin_epoch(1)
    batches = ready.sampler.epoch(1)
    trained = {id(part) for part in network.main_parameters()}
    for _ in range(2):
        batch = next(batches, None) or next(ready.sampler.epoch(2))
        ready.optimizer.zero_grad()
        loss = network.loss(batch)
        loss.backward()
        if not losses:
            gradients = {
                name: part.grad.clone()
                for name, part in network.named_parameters()
                if id(part) in trained and not name.startswith("features.")
            }
        ready.optimizer.step()
        losses.append(float(loss.detach()))
    return losses, gradients


def test_an_epoch_notes_the_first_steps(market):
    model = FREEDOM(device="cpu", training=Training(batch_size=150))
    values = epoch(prepare(market, model))
    assert list(values) == [f"{what} {n}" for n in (1, 2, 3) for what in ("loss", "gradient")]
    assert values["loss 1"] == pytest.approx(np.log(2), abs=0.05)
    assert min(values.values()) > 0
    many = epoch(prepare(market, FREEDOM(device="cpu", training=Training(batch_size=500))))
    assert len(many) == 4  # an epoch has two steps then


def test_another_models_network_is_refused(market):
    with pytest.raises(ValueError, match=r"only one of the two has: .*predict\.weight"):
        prepare(market, FREEDOM(device="cpu"), partial(PlainBM3, train_features=True))


class _Elsewhere(PlainDiffMM):
    """Draws another item for the first user."""

    def begin_epoch(self, epoch):
        draw = self.drawn.favourite

        def favourite(name, rows):
            items = draw(name, rows)
            items[0] = (items[0] + 1) % rows.shape[1]
            self.drawn.get_buffer(f"items_{name}").copy_(items[:, None])
            return items

        self.drawn.favourite = favourite
        super().begin_epoch(epoch)


class _Untrained(PlainDiffMM):
    """Draws by denoisers that learn nothing."""

    def begin_epoch(self, epoch):
        self.drawn.learn = lambda *given: None
        super().begin_epoch(epoch)


def test_other_draws_are_told_from_another_network(market):
    training = Training(batch_size=150)
    model = DiffMM(device="cpu", hidden=16, training=training)
    ours = epoch(prepare(market, model))
    theirs = epoch(prepare(market, model, _Elsewhere))
    allowed = {name: 1e-5 * abs(value) for name, value in ours.items()}
    variants = partial(given_draws, market, model, _Elsewhere)
    said = explain(ours, theirs, allowed, variants).split("; ")
    n_users = len(np.unique(market["seen"][:, 0]))
    assert all(f"ours with its draws, 2 of {2 * n_users:,} of another item" in one for one in said)
    wrong = {name: 1.001 * value for name, value in theirs.items()}
    assert explain(ours, wrong, allowed, variants).count("unexplained") == len(wrong)


def test_draws_by_other_denoisers_are_no_reason(market):
    model = DiffMM(device="cpu", hidden=16, training=Training(batch_size=150))
    assert len(list(given_draws(market, model, PlainDiffMM))) == 1
    assert list(given_draws(market, model, _Untrained)) == []
