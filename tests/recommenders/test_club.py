import numpy as np
import pytest
import torch

from mmnotes.recommenders import club as module
from mmnotes.recommenders.club import Club


@pytest.fixture
def pairs():
    """Forty vectors, and others that depend on them."""
    generator = torch.Generator().manual_seed(3)
    x, noise = torch.randn(2, 40, 6, generator=generator, dtype=torch.float64)
    return x, x.flip(1) + noise


@pytest.fixture
def club():
    torch.manual_seed(0)
    return Club(6, 3).double()


def log_density(club, x, y):
    """Of the normal distribution that q expects, by torch's own formula, (n,)."""
    mean, log_variance = club(x)
    spread = torch.exp(log_variance / 2)
    return torch.distributions.Normal(mean, spread).log_prob(y).sum(1)


def test_unlikeliness_is_that_of_a_normal_distribution(club, pairs):
    constant = 6 * np.log(2 * np.pi) / 2
    wanted = -log_density(club, *pairs).mean().item() - constant
    assert club.unlikeliness(*pairs).item() == pytest.approx(wanted, rel=1e-12)


def test_the_bound_compares_each_pair_with_another(club, pairs):
    x, y = pairs
    torch.manual_seed(5)
    other = y[torch.randperm(len(y))]
    torch.manual_seed(5)
    wanted = (log_density(club, x, y) - log_density(club, x, other)).mean()
    assert club.bound(x, y).item() == pytest.approx(wanted.item(), rel=1e-12)


def test_the_bound_moves_all_but_q(club, pairs):
    x, y = (part.clone().requires_grad_() for part in pairs)
    bound = club.bound(x, y)
    club.fit(x, y, torch.optim.Adam(club.parameters()), 2)  # before the way back, as in SEA
    for part in club.parameters():
        part.grad = None
    bound.backward()
    assert x.grad.any()
    assert y.grad.any()
    assert all(part.grad is None for part in club.parameters())


@pytest.mark.parametrize("block", [7, 40, 4096])
def test_fitted_as_by_autograd(monkeypatch, club, pairs, block):
    monkeypatch.setattr(module, "_BLOCK", block)
    plain = Club(6, 3).double()
    plain.load_state_dict(club.state_dict())
    by_hand, by_torch = (torch.optim.Adam(part.parameters(), 0.01) for part in (club, plain))
    club.fit(*pairs, by_hand, 20)
    for _ in range(20):
        by_torch.zero_grad()
        plain.unlikeliness(*pairs).backward()
        by_torch.step()
    for part, wanted in zip(club.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(part, wanted, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(part.grad, wanted.grad, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_bounds_the_information_of_normal_pairs(correlation):
    """For normal distributions both the information and the bound with the best q are known."""
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 4000, 2, generator=generator)
    y = correlation * x + (1 - correlation**2) ** 0.5 * noise
    torch.manual_seed(1)
    club = Club(2, 8)
    club.fit(x, y, torch.optim.Adam(club.parameters(), 0.01), 600)
    found = club.bound(x, y).item()
    assert found == pytest.approx(2 * correlation**2 / (1 - correlation**2), abs=0.12)
    assert found > -np.log(1 - correlation**2) - 0.12
