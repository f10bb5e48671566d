"""Item vectors that a diffusion makes of content, as described and mended."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.collapse import agreement
from mmnotes.recommenders.conditioned import MENDED, ConditionedDiffMM
from mmnotes.recommenders.diffusion import Schedule
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
        ConditionedDiffMM(**SMALL, training=few, schedule=way, sampler="ddim").fit(
            market.train, market.content
        )
        for way in ("short", "whole")
    ]
    warm = models[0].warm_
    np.testing.assert_array_equal(models[0].user_vectors_, models[1].user_vectors_)
    np.testing.assert_array_equal(models[0].item_vectors_[warm], models[1].item_vectors_[warm])


def test_ranking_loss_is_that_of_the_equations(problem, batch, dense_layers):
    network = ConditionedDiffMM(**SMALL, n_layers=2).new_network(problem)
    parts, counts = 0, 0
    for name in problem.content:
        there = (problem.present(name) & problem.warm)[:, None]
        values = problem.values(name)
        values = values / values[there[:, 0]].square().mean().sqrt()
        parts = parts + there * network.project[name](values)
        counts = counts + there
    seen = (parts / counts.clamp(min=1)).double()
    users, items = dense_layers(problem, network.users.double(), network.items + seen, 2)
    ours = network()
    torch.testing.assert_close(ours[0].double(), users, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours[1].double(), items, rtol=1e-4, atol=1e-6)
    torch.manual_seed(5)
    total = network.loss(batch)
    torch.manual_seed(5)
    schedule, told = Schedule.linear(100), []
    scored = ours[1] / ours[1][problem.warm].square().mean().sqrt()
    for target, vectors in (("free", network.items), ("scored", scored)):
        step, clean = torch.randint(100, (len(batch),)), vectors[batch.positive]
        noise = torch.randn_like(clean)
        noisy = schedule.signal[step, None] * clean + schedule.noise[step, None] * noise
        content = seen.float()[batch.positive]
        told.append(
            (network.generators[target].predict_noise(noisy, step, content) - noise).square().mean()
        )
    gap = (users[batch.user] * (items[batch.positive] - items[batch.negative])).sum(1)
    rows = batch.of(network.users, network.items)
    squares = sum(part.square().sum() for part in rows) / (2 * len(batch))
    exact = -functional.logsigmoid(gap).mean() + 1e-4 * squares + sum(told)
    assert total.item() == pytest.approx(exact.item(), rel=1e-5)


def test_mended_it_ranks_items_as_their_content_does(market, mended, finds_taste):
    users, cold = mended.user_vectors_[:50], ~mended.warm_
    direct = mended.with_cold(cold="projected").item_vectors_[cold]
    kept = agreement(users, mended.item_vectors_[cold], direct)
    assert np.nanmean(kept.rank_correlation) > 0.5
    assert finds_taste(mended, market.to_come, np.arange(8) % 5) > 0.75


def test_samples_are_the_same_each_time(market, mended):
    first, again = (mended.vectors_of_new(market.to_come) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not first[7].any()  # it has neither image nor text


def test_another_cold_path_is_another_model_of_the_same_training(market, mended):
    other = mended.with_cold(cold="projected")
    cold = ~mended.warm_
    assert (other.cold, mended.cold) == ("projected", "generated")
    np.testing.assert_array_equal(other.item_vectors_[~cold], mended.item_vectors_[~cold])
    assert not np.allclose(other.item_vectors_[cold], mended.item_vectors_[cold])
    back = other.with_cold(cold="generated")
    np.testing.assert_array_equal(back.item_vectors_, mended.item_vectors_)
    with pytest.raises(InputError, match="schedule is settled in training; choose cold"):
        mended.with_cold(schedule="short")
    with pytest.raises(InputError, match="cold must be one of projected, generated"):
        mended.with_cold(cold="diffusion")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("sampler", "ddpm"),
        ("schedule", "cosine"),
        ("target", "id"),
        ("cold", "mean"),
        ("n_steps", 0),
        ("n_draws", 0),
        ("dim", 0),
        ("n_layers", -1),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("regularisation", -1e-4),
        ("regularisation", float("nan")),
    ],
)
def test_settings_out_of_range_are_refused_by_name(setting, value, market):
    with pytest.raises(InputError, match=setting):
        ConditionedDiffMM(**{**SMALL, setting: value}).fit(market.train, market.content)


def test_vectors_that_are_no_numbers_are_refused(market):
    """A hundred divisions by nearly nothing."""
    described = ConditionedDiffMM(**{**SMALL, "n_steps": 100}, schedule="whole")
    with pytest.raises(InputError, match="sampler='repeated' divides at each of n_steps=100"):
        described.fit(market.train, market.content)
