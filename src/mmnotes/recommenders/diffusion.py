"""How much of a vector is left after t steps of noise: schedules of a diffusion."""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, eq=False)
class Schedule:
    r"""How much of a vector is left at each of T steps, numbered from 0?

    Ho, Jain and Abbeel (2020), https://arxiv.org/abs/2006.11239, with Gaussian ε:

    .. math:: x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \varepsilon

    Parameters
    ----------
    alpha_bar : (T,) float64
        Between 1 and 0, falling.

    Examples
    --------
    What is left of a vector in the last step of DiffMM, and of one of the usual hundred:

    >>> Schedule.small(5).alpha_bar[-1].round(4), Schedule.linear(100).alpha_bar[-1].round(4)
    (np.float64(0.9979), np.float64(0.3636))
    """

    alpha_bar: np.ndarray

    @classmethod
    def small(
        cls, n_steps: int = 5, scale: float = 0.1, low: float = 1e-4, high: float = 0.02
    ) -> "Schedule":
        """DiffMM's own: variances from ``scale * low`` to ``scale * high``, so hardly any noise.

        Wang and others (2023), https://arxiv.org/abs/2304.04971; the first step has 1e-4.
        """
        left = 1 - np.linspace(scale * low, scale * high, n_steps)
        beta = np.minimum(1 - left / np.r_[1, left[:-1]], 0.999)
        beta[0] = 1e-4
        return cls(np.cumprod(1 - beta))

    @classmethod
    def linear(cls, n_steps: int, first: float = 1e-4, last: float = 0.02) -> "Schedule":
        """Of Ho, Jain and Abbeel, who mean it for a thousand steps.

        With a hundred, more than a third of the vector's square is left at the end. Ten times the
        numbers make up for a tenth of the steps:

        >>> Schedule.linear(100, first=1e-3, last=0.2).alpha_bar[-1] < 1e-4
        np.True_
        """
        return cls(np.cumprod(1 - np.linspace(first, last, n_steps)))

    def __len__(self) -> int:
        return len(self.alpha_bar)

    @property
    def signal(self) -> torch.Tensor:
        """Factor of the vector, (T,) float32."""
        return _single(np.sqrt(self.alpha_bar))

    @property
    def noise(self) -> torch.Tensor:
        """Factor of the noise, (T,) float32."""
        return _single(np.sqrt(1 - self.alpha_bar))

    @property
    def weights(self) -> torch.Tensor:
        """By how much the signal-to-noise ratio falls in a step, (T,) float32; 1 in the first.

        >>> Schedule.small(5).weights.round().tolist()
        [1.0, 8326.0, 760.0, 285.0, 149.0]
        """
        ratio = self.alpha_bar / (1 - self.alpha_bar)
        return _single(np.r_[1, ratio[:-1] - ratio[1:]])

    def backward(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean of a step back, as factors of the clean vector and of the noisy one, (T,) each.

        The first step back to nothing is the clean vector itself:

        >>> clean, noisy = Schedule.small(5).backward()
        >>> clean[0], noisy[0]
        (np.float64(1.0), np.float64(0.0))
        """
        now, before = self.alpha_bar, np.r_[1, self.alpha_bar[:-1]]
        alpha = now / before
        return np.sqrt(before) * (1 - alpha) / (1 - now), np.sqrt(alpha) * (1 - before) / (1 - now)


def step_waves(step: torch.Tensor, dim: int) -> torch.Tensor:
    """Numbers of steps (n,) as waves of different length, (n, dim), dim even.

    Vaswani and others (2017), https://arxiv.org/abs/1706.03762.
    """
    half = dim // 2
    rate = torch.exp(torch.arange(half, device=step.device) * (-np.log(10_000) / half))
    angle = step[:, None] * rate
    return torch.cat([angle.cos(), angle.sin()], 1)


def _single(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
