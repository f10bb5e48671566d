import numpy as np
import pytest
import torch

from mmnotes.recommenders.denoiser import Denoiser, Rows, dropped
from mmnotes.recommenders.diffusion import Schedule, step_waves

N_USERS, N_ITEMS, HIDDEN = 9, 23, 11
SCHEDULE = Schedule.small(5)


@pytest.fixture
def matrix():
    rng = np.random.default_rng(0)
    matrix = torch.from_numpy((rng.random((N_USERS, N_ITEMS)) < 0.3).astype(np.float32))
    matrix[4] = 0  # took nothing
    return matrix


@pytest.fixture
def rows(matrix):
    user, item = torch.nonzero(matrix).T
    return Rows.of(user, item, N_USERS)


@pytest.fixture
def denoiser():
    torch.manual_seed(1)
    return Denoiser(N_ITEMS, HIDDEN, dropout=0.0).double()


def predicted(denoiser, noisy, step):
    """The network by its definition, over dense rows."""
    waves = step_waves(step, 10).double()
    embedded = waves @ denoiser.step + denoiser.step_bias
    both = torch.cat([noisy, embedded], 1) @ torch.cat([denoiser.into, denoiser.step_into])
    return torch.tanh(both + denoiser.bias) @ denoiser.out.T + denoiser.out_bias


def test_rows_are_those_of_the_dense_matrix(rows, matrix):
    table = torch.randn(N_ITEMS, 3)
    chosen = torch.tensor([7, 4, 0, 7])
    torch.testing.assert_close(rows[chosen].sums(table), matrix[chosen] @ table)
    dense = torch.zeros(4, N_ITEMS)
    rows[chosen].add_to(dense, torch.tensor([1.0, 2.0, 3.0, 4.0]))
    torch.testing.assert_close(dense, matrix[chosen] * torch.tensor([[1.0], [2], [3], [4]]))
    assert rows.counts.tolist() == matrix.sum(1).int().tolist()


def test_sampling_in_the_hidden_layer_is_sampling_of_dense_rows(denoiser, rows, matrix):
    at = matrix.double()
    clean, noisy = SCHEDULE.backward()
    for t in range(4, -1, -1):
        mean = predicted(denoiser, at, torch.full((N_USERS,), t))
        at = clean[t] * mean + noisy[t] * at
    expected = at.topk(3).indices
    assert denoiser.favourites(rows, SCHEDULE, k=3).tolist() == expected.tolist()


def test_loss_and_gradients_are_those_of_dense_rows(denoiser, rows, matrix):
    values, goal = torch.randn(2, N_ITEMS, 4, dtype=torch.float64)
    torch.manual_seed(3)
    ours = denoiser.loss(rows, SCHEDULE, values, goal, strength=0.7)
    torch.manual_seed(3)
    step = torch.randint(5, (N_USERS,))
    noise = torch.randn(N_USERS, N_ITEMS, dtype=torch.float64)
    signal, much = SCHEDULE.signal.double()[step, None], SCHEDULE.noise.double()[step, None]
    clean = matrix.double()
    guess = predicted(denoiser, signal * clean + much * noise, step)
    weights = SCHEDULE.weights.double()[step]
    exact = (weights * (guess - clean).square().mean(1)).mean()
    exact = exact + 0.7 * (guess @ values - clean @ goal).square().mean()
    assert ours.item() == pytest.approx(exact.item(), rel=1e-6)
    names, parameters = zip(*denoiser.named_parameters(), strict=True)
    theirs = torch.autograd.grad(exact, parameters)
    for name, one, other in zip(names, torch.autograd.grad(ours, parameters), theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-8, msg=name)


def test_denoising_is_learnt():
    """Rows of two tastes: what is taken comes out above what is not, whatever the noise."""
    torch.manual_seed(0)
    half = torch.arange(N_ITEMS) < 12
    matrix = torch.stack([half if user % 2 else ~half for user in range(40)])
    user, item = torch.nonzero(matrix).T
    rows = Rows.of(user, item, 40)
    nothing = torch.zeros(N_ITEMS, 2)
    denoiser = Denoiser(N_ITEMS, HIDDEN)
    optimizer = torch.optim.Adam(denoiser.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        denoiser.loss(rows, SCHEDULE, nothing, nothing, strength=0).backward()
        optimizer.step()
    wanted = denoiser.favourites(rows, SCHEDULE, k=4)
    assert matrix.gather(1, wanted).all()


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.9])
def test_a_share_is_dropped_and_the_sum_is_kept(share):
    torch.manual_seed(0)
    dense = dropped(torch.ones(500, 401), share)
    assert (dense == 0).float().mean().item() == pytest.approx(share, abs=0.005)
    assert dense.mean().item() == pytest.approx(1, abs=0.02)
    spared = (dense == 0).float().mean(0)  # no column more than others
    assert (spared - share).abs().max() < 0.12
