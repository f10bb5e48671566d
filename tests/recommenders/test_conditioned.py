import numpy as np
import pytest
import torch
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.collapse import agreement
from mmnotes.recommenders.conditioned import MENDED, ConditionedDiffMM
from mmnotes.recommenders.training import Training

SMALL = {"dim": 8, "projection_hidden": 16, "hidden": 64, "dropout": 0.0, "device": "cpu"}
LONG = Training(epochs=60, learning_rate=1e-2, batch_size=100)


@pytest.fixture(scope="module")
def mended(market):
    return ConditionedDiffMM(**SMALL, **MENDED, training=LONG).fit(market.train, market.content)


def test_warm_scores_do_not_know_of_the_diffusion(market):
    """It moves its own network alone."""
    few = Training(epochs=2)
    models = [
        ConditionedDiffMM(**SMALL, training=few, target=target).fit(market.train, market.content)
        for target in ("free", "scored")
    ]
    warm = models[0].warm_
    np.testing.assert_array_equal(models[0].user_vectors_, models[1].user_vectors_)
    np.testing.assert_array_equal(models[0].item_vectors_[warm], models[1].item_vectors_[warm])


def test_ranking_loss_is_that_of_the_equations(problem, batch, dense_layers):
    network = ConditionedDiffMM(**SMALL, n_layers=2).new_network(problem)
    parts, counts = 0, 0
    for name in problem.content:
        there = problem.present(name)[:, None]
        parts = parts + there * network.project[name](problem.values(name))
        counts = counts + there
    seen = (parts / counts.clamp(min=1)).double()
    users, items = dense_layers(problem, network.users.double(), network.items + seen, 2)
    ours = network()
    torch.testing.assert_close(ours[0].double(), users, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours[1].double(), items, rtol=1e-4, atol=1e-6)
    torch.manual_seed(5)
    total = network.loss(batch)
    torch.manual_seed(5)
    step, clean = torch.randint(100, (len(batch),)), network.items[batch.positive]
    noise = torch.randn_like(clean)
    signal, much = network._factors()
    noisy = signal[step, None] * clean + much[step, None] * noise
    guess = network._guess(noisy, step, seen.float()[batch.positive])
    gap = (users[batch.user] * (items[batch.positive] - items[batch.negative])).sum(1)
    rows = batch.of(network.users, network.items)
    squares = sum(part.square().sum() for part in rows) / (2 * len(batch))
    exact = -functional.logsigmoid(gap).mean() + 1e-4 * squares + (guess - noise).square().mean()
    assert total.item() == pytest.approx(exact.item(), rel=1e-5)


def test_the_exact_noise_takes_ddim_back_to_the_vector(problem):
    """A right guess of the noise ends in the vector; no guess at all shows what a sampler gains."""
    ends = {}
    for sampler in ("ddim", "repeated"):
        network = ConditionedDiffMM(**SMALL, sampler=sampler).new_network(problem)
        clean = torch.linspace(-1, 1, 8).expand(3, 8)
        signal, much = network._factors()

        def exact(noisy, step, seen, signal=signal, much=much, clean=clean):
            return (noisy - signal[step, None] * clean) / much[step, None]

        network._guess = exact
        ends[sampler] = network._sample(torch.zeros(3, 8), torch.Generator().manual_seed(0))
        torch.testing.assert_close(ends[sampler], clean, rtol=1e-3, atol=1e-3)

        network._guess = lambda noisy, step, seen: torch.zeros_like(noisy)
        blown = network._sample(torch.zeros(3, 8), torch.Generator().manual_seed(0))
        gain = (1 / signal.double()).prod() if sampler == "repeated" else 1 / signal[-1].double()
        start = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(blown.double() / gain, start.double(), rtol=1e-3, atol=1e-6)


def test_mended_it_ranks_items_as_their_content_does(market, mended, finds_taste):
    users = mended.user_vectors_[:50]
    kept = agreement(users, mended.cold_vectors("generated"), mended.cold_vectors("projected"))
    assert np.nanmean(kept.rank_correlation) > 0.5
    assert finds_taste(mended, market.to_come, np.arange(8) % 5) > 0.75


def test_samples_are_the_same_each_time(market, mended):
    first, again = (mended.vectors_of_new(market.to_come) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not first[7].any()  # it has neither image nor text


def test_cold_items_of_the_fit_get_what_was_chosen(market, mended):
    cold = ~mended.warm_
    known = cold & (np.arange(len(cold)) != 66)
    np.testing.assert_allclose(
        mended.item_vectors_[known],
        mended.cold_vectors("generated")[:3],
        rtol=1e-5,
        atol=1e-6,
    )
    with pytest.raises(InputError, match="projected, generated"):
        mended.cold_vectors("diffusion")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("sampler", "ddpm"),
        ("schedule", "cosine"),
        ("target", "id"),
        ("cold", "mean"),
        ("n_steps", 0),
        ("n_draws", 0),
    ],
)
def test_settings_out_of_range_are_refused_by_name(setting, value, market):
    with pytest.raises(InputError, match=setting):
        ConditionedDiffMM(**{**SMALL, setting: value}).fit(market.train, market.content)
