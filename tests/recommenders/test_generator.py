"""Item vectors out of noise."""

import pytest
import torch

from mmnotes.errors import InputError
from mmnotes.recommenders.diffusion import Schedule
from mmnotes.recommenders.generator import Generator

SCHEDULE = Schedule.linear(100)


def generator():
    torch.manual_seed(0)
    return Generator(8, 16, SCHEDULE)


def draw():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("sampler", ["ddim", "repeated"])
def test_the_exact_noise_leads_back_to_the_vector(sampler):
    clean = torch.linspace(-1, 1, 8).expand(3, 8)
    network = generator()

    def exact(noisy, step, content):
        signal, noise = SCHEDULE.signal[step, None], SCHEDULE.noise[step, None]
        return (noisy - signal * clean) / noise

    network.predict_noise = exact
    made = network.sample(torch.zeros(3, 8), sampler, draw())
    torch.testing.assert_close(made, clean, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("sampler", ["ddim", "repeated"])
def test_without_predicted_noise_the_start_grows_by_what_the_sampler_divides_by(sampler):
    """Once by the whole schedule; or again in every step, by ten million in all."""
    network = generator()
    network.predict_noise = lambda noisy, step, content: torch.zeros_like(noisy)
    made = network.sample(torch.zeros(3, 8), sampler, draw()).double()
    left = SCHEDULE.signal.double()
    gain = {"ddim": 1 / left[-1], "repeated": (1 / left).prod()}[sampler]
    assert sampler == "ddim" or gain > 1e7
    start = torch.randn(3, 8, generator=draw()).double()
    torch.testing.assert_close(made / gain, start, rtol=1e-3, atol=1e-6)


def test_the_length_of_the_content_does_not_count():
    network, content = generator(), torch.randn(4, 8)
    one, other = (network.sample(size * content, "ddim", draw()) for size in (1, 5))
    torch.testing.assert_close(one, other)


def test_an_unknown_sampler_is_refused():
    with pytest.raises(InputError, match="sampler must be one of repeated, ddim, not 'ddpm'"):
        generator().sample(torch.zeros(3, 8), "ddpm", draw())
