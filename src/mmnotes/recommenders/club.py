"""How much does one vector tell of another, at most? A bound that a small network estimates."""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

_BLOCK = 4096  # pairs whose slopes fit into a cache


class Club(nn.Module):
    r"""The contrastive log-ratio upper bound of the mutual information of x and y.

    Cheng and others (2020), https://arxiv.org/abs/2006.12013, in its sampled form: a network q
    says what y to expect where x is known, a normal distribution with a diagonal covariance, and

    .. math:: I(x; y) \le E\,[\log q(y_i | x_i) - \log q(y_{\pi(i)} | x_i)]

    with π a random permutation. It bounds anything only as far as q fits the pairs: so
    :meth:`fit` moves q alone, and :meth:`bound` all but q.

    Parameters
    ----------
    dim : int
        Of x and of y.
    hidden : int
        Units between them, of the mean and of the logarithm of the variance each.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(dim, 2 * hidden)
        self.mean = nn.Linear(hidden, dim)
        self.log_variance = nn.Linear(hidden, dim)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean, and logarithm of the variance within (-1, 1), of y: (n, dim) each."""
        for_mean, for_variance = functional.relu(self.hidden(x)).chunk(2, dim=1)
        return self.mean(for_mean), torch.tanh(self.log_variance(for_variance))

    def bound(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The estimate for pairs (n, dim) each; it may come out below zero.

        Differentiable in x and y. It keeps to q as it is now, so q may be fitted on before the
        way back.
        """
        now = {name: part.detach().clone() for name, part in self.named_parameters()}
        mean, log_variance = functional_call(self, now, (x,))
        other = y[torch.randperm(len(y)).to(y.device)]
        # What does not hold y cancels out between the two logarithms.
        further = (other - mean).square() - (y - mean).square()
        return (further * torch.exp(-log_variance)).sum(1).mean() / 2

    def unlikeliness(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Mean of -log q(y | x) over the pairs, but for a constant."""
        mean, log_variance = self(x)
        return ((y - mean).square() * torch.exp(-log_variance) + log_variance).sum(1).mean() / 2

    @torch.no_grad()
    def fit(
        self, x: torch.Tensor, y: torch.Tensor, optimizer: torch.optim.Optimizer, n_steps: int
    ) -> None:
        """Take steps towards the q that expects these y (n, dim) from these x (n, dim).

        What goes down is :meth:`unlikeliness`. As SEA takes 50 steps for each of its own, the
        gradients are worked out by hand, a block of pairs at a time: in half the time.
        """
        blocks = list(zip(x.split(_BLOCK), y.split(_BLOCK), strict=True))
        for _ in range(n_steps):
            parts = [self._gradients(*block) for block in blocks]
            sums = [torch.stack(part).sum(0) / len(x) for part in zip(*parts, strict=True)]
            for parameter, gradient in zip(self.parameters(), sums, strict=True):
                parameter.grad = gradient
            optimizer.step()

    def _gradients(self, x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
        """Of the unlikeliness, summed over the pairs, in the order of the parameters."""
        hidden = functional.relu(self.hidden(x))
        for_mean, for_variance = hidden.chunk(2, dim=1)
        off = self.mean(for_mean).sub_(y)
        log_variance = self.log_variance(for_variance).tanh_()
        by_mean = off / torch.exp(log_variance)
        one = torch.ones((), dtype=x.dtype, device=x.device)
        by_variance = torch.addcmul(one / 2, off, by_mean, value=-0.5)
        by_variance.mul_(torch.addcmul(one, log_variance, log_variance, value=-1, out=off))
        by_hidden = torch.cat(
            [by_mean @ self.mean.weight, by_variance @ self.log_variance.weight], 1
        )
        by_hidden.mul_(hidden > 0)
        ways = ((by_hidden, x), (by_mean, for_mean), (by_variance, for_variance))
        return [part for by, given in ways for part in (by.T @ given, by.sum(0))]
