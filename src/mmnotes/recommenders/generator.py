"""Vectors of items out of noise, steered by content: predicted noise, and two samplers."""

import torch
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.diffusion import Schedule, step_waves

SAMPLERS = ("repeated", "ddim")
_WAVES = 16


class Generator(nn.Module):
    r"""Which vector might an item with this content have?

    A network of two hidden layers predicts the noise ε in a noisy vector, from the vector, the step
    and the content c (Ho, Jain and Abbeel 2020, https://arxiv.org/abs/2006.11239):

    .. math:: \|\varepsilon - \hat\varepsilon(\sqrt{\bar\alpha_t}\, y +
        \sqrt{1 - \bar\alpha_t}\, \varepsilon,\; t,\; c)\|^2

    Parameters
    ----------
    dim : int
        Of vectors and content.
    hidden : int
    schedule : Schedule
    """

    def __init__(self, dim: int, hidden: int, schedule: Schedule) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(2 * dim + _WAVES, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Linear(hidden, dim),
        )
        self._schedule = schedule

    def loss(self, clean: torch.Tensor, content: torch.Tensor) -> torch.Tensor:
        """How far is the predicted noise from the noise? One step is drawn for each row.

        Parameters
        ----------
        clean, content : (n, dim)

        Returns
        -------
        float tensor
            The mean squared difference; differentiable in the network's parameters.
        """
        step = torch.randint(len(self._schedule), (len(clean),), device=clean.device)
        noise = torch.randn_like(clean)
        signal = self._schedule.signal.to(clean.device)[step, None]
        noise_level = self._schedule.noise.to(clean.device)[step, None]
        noisy = signal * clean + noise_level * noise
        return functional.mse_loss(self.predict_noise(noisy, step, content), noise)

    def sample(self, content: torch.Tensor, sampler: str, draw: torch.Generator) -> torch.Tensor:
        r"""From pure noise to a vector for each row of content, (n, dim).

        Parameters
        ----------
        content : (n, dim)
        sampler : {"repeated", "ddim"}
            The estimate of the *clean* vector taken for the one that is a step less noisy, so that
            nothing is made noisy again and the division by :math:`\sqrt{\bar\alpha_t}` repeats. Or
            the deterministic sampler of Song, Meng and Ermon (2021),
            https://arxiv.org/abs/2010.02502.
        draw : torch.Generator
            Of a CPU, so that samples are the same on every device.

        Raises
        ------
        InputError
            If there is no such sampler.
        """
        if sampler not in SAMPLERS:
            raise InputError(f"sampler must be one of {', '.join(SAMPLERS)}, not {sampler!r}")
        at = torch.randn(content.shape, generator=draw).to(content.device)
        signal, noise_level = self._schedule.signal.tolist(), self._schedule.noise.tolist()
        for t in range(len(self._schedule) - 1, -1, -1):
            noise = self.predict_noise(at, torch.full((len(at),), t, device=at.device), content)
            clean = (at - noise_level[t] * noise) / signal[t]
            again = sampler == "ddim" and t > 0
            at = signal[t - 1] * clean + noise_level[t - 1] * noise if again else clean
        return at

    def predict_noise(
        self, noisy: torch.Tensor, step: torch.Tensor, content: torch.Tensor
    ) -> torch.Tensor:
        """The noise as the network predicts it, (n, dim). Of the content the direction counts."""
        steered = functional.normalize(content) * content.shape[1] ** 0.5
        return self.network(torch.cat([noisy, step_waves(step, _WAVES), steered], 1))
