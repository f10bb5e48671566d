import numpy as np
import pytest
import torch

from mmnotes.recommenders.diffusion import Schedule, step_waves

SCHEDULES = {
    "small": Schedule.small(5),
    "linear": Schedule.linear(100),
    "whole": Schedule.linear(100, first=1e-3, last=0.2),
}


@pytest.fixture(params=SCHEDULES)
def schedule(request):
    return SCHEDULES[request.param]


def test_vectors_keep_their_variance_and_lose_ever_more(schedule):
    assert np.all(np.diff(schedule.alpha_bar) < 0)
    assert 0 < schedule.alpha_bar[-1] < schedule.alpha_bar[0] < 1
    torch.testing.assert_close(schedule.signal**2 + schedule.noise**2, torch.ones(len(schedule)))


def test_a_step_back_is_the_mean_of_the_exact_posterior(schedule):
    """From the joint normal of x_{t-1} and x_t for a fixed clean value, by its covariance."""
    clean, noisy = schedule.backward()
    x0, now, before = 0.7, schedule.alpha_bar, np.r_[1, schedule.alpha_bar[:-1]]
    for t in range(len(schedule)):
        root = np.sqrt(now[t] / before[t])
        mean = np.sqrt(before[t]) * x0, np.sqrt(now[t]) * x0
        covariance = root * (1 - before[t])
        for x in (-1.3, 0.2):
            exact = mean[0] + covariance / (1 - now[t]) * (x - mean[1])
            assert clean[t] * x0 + noisy[t] * x == pytest.approx(exact, abs=1e-9)


def test_published_weights_fall_from_thousands():
    assert Schedule.small(5).weights[1:].tolist() == pytest.approx([8326, 760, 285, 149], abs=0.5)
    assert np.sqrt(1 - Schedule.small(5).alpha_bar[-1]) == pytest.approx(0.0458, abs=1e-4)


def test_dividing_at_every_step_blows_up():
    """What a sampler gains that divides by the signal again and again: 26 million in 100 steps."""
    assert 1 / Schedule.linear(100).signal.double().prod() == pytest.approx(2.6e7, rel=0.02)
    assert 1 / Schedule.linear(5).signal.double().prod() == pytest.approx(1.05, abs=0.02)


def test_waves_tell_steps_apart():
    waves = step_waves(torch.arange(100), 10)
    assert waves.shape == (100, 10)
    assert torch.pdist(waves).min() > 0.01
    torch.testing.assert_close(waves[0], torch.tensor([1.0] * 5 + [0.0] * 5))
