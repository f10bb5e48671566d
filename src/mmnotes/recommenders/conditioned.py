"""A diffusion of item vectors, steered by content: three faults that make it forget the content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.diffusion import Schedule, step_waves
from mmnotes.recommenders.inductive import new_items
from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender

CHOICES = {
    "sampler": ("repeated", "ddim"),
    "schedule": ("short", "whole"),
    "target": ("free", "scored"),
    "cold": ("projected", "generated"),
}
_WAVES = 16


@dataclass(repr=False, eq=False, kw_only=True)
class ConditionedDiffMM(TrainedRecommender):
    r"""LightGCN over free vectors plus projected content, and a diffusion that makes new vectors.

    No published model, but one that goes by DiffMM's name in reports of its collapse on new items.
    With P the mean of the modalities' projections, each a layer of ``projection_hidden`` and one of
    ``dim``, warm vectors x are LightGCN's mean of the layers of [U; E + P]. Beside BPR, a network
    learns to tell the noise ε in a noisy item vector from the item's content:

    .. math:: \|\varepsilon - \hat\varepsilon(\sqrt{\bar\alpha_t}\, y +
        \sqrt{1 - \bar\alpha_t}\, \varepsilon,\; t,\; P)\|^2

    This part moves its own network alone, so warm scores are the same whatever is set for it; and
    its weight in the sum would not matter either, since Adam takes it out again. A new item's
    vector is sampled from pure noise. Three things go wrong with it as it was described, and each
    can be mended alone; :data:`MENDED` does all.

    Parameters
    ----------
    dim : int
    n_layers : int
    projection_hidden : int
    dropout : float
        In the projections.
    regularisation : float
        Weight of half the squared lengths of the free vectors in a batch.
    hidden : int
        Width of the network that tells the noise, of two hidden layers.
    n_steps : int
    sampler : {"repeated", "ddim"}
        As described, each step takes its guess of the *clean* vector for the one that is a step
        less noisy: nothing is made noisy again, and the division by :math:`\sqrt{\bar\alpha_t}`
        repeats. Or the deterministic sampler of Song, Meng and Ermon (2021),
        https://arxiv.org/abs/2010.02502.
    schedule : {"short", "whole"}
        Noise of 1e-4 to 0.02 a step, as if there were a thousand steps; or as much more as there
        are fewer, so that the last step of training is the pure noise that sampling starts from.
    target : {"free", "scored"}
        y. As described the free vectors E, which no score is made of; or x, at unit variance.
    n_draws : int
        Samples for a new item, of which the mean is taken.
    cold : {"projected", "generated"}
        How a new item gets its vector: P alone, as the scored equation has it with a free vector
        of zeros and nobody beside it; or a sample.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
        Of the samples too.

    Raises
    ------
    InputError
        In ``fit``, if a setting is out of range, or content is missing.
    """

    dim: int = 64
    n_layers: int = 3
    projection_hidden: int = 1024
    dropout: float = 0.5
    regularisation: float = 1e-4
    hidden: int = 256
    n_steps: int = 100
    sampler: str = "repeated"
    schedule: str = "short"
    target: str = "free"
    n_draws: int = 1
    cold: str = "generated"

    def cold_vectors(self, how: str) -> np.ndarray:
        """Vectors of the fitted items without a training pair, both ways, (n_cold, dim) float32.

        Parameters
        ----------
        how : {"projected", "generated"}
        """
        _one_of("how", how, CHOICES["cold"])
        content = self._problem.known_content("ConditionedDiffMM")
        rows = torch.from_numpy(np.flatnonzero(~self.warm_)).to(self._problem.device)
        with torch.no_grad():
            links = new_items(content, self._problem, rows)
            return self._net.made(links, how).cpu().numpy()  # type: ignore[operator]

    def _network(self, problem: Problem) -> Network:
        for name, allowed in CHOICES.items():
            _one_of(name, getattr(self, name), allowed)
        for name in ("n_steps", "n_draws", "hidden", "projection_hidden"):
            if getattr(self, name) < 1:
                raise InputError(f"ConditionedDiffMM: {name} must be at least 1")
        return _Conditioned(problem, self)


MENDED = {"sampler": "ddim", "schedule": "whole", "target": "scored", "n_draws": 16}


class _Conditioned(Network):
    def __init__(self, problem: Problem, settings: ConditionedDiffMM) -> None:
        super().__init__()
        content = problem.known_content("ConditionedDiffMM")
        self._settings, self._warm = settings, torch.nonzero(problem.warm)[:, 0]
        self._graph = problem.bipartite("symmetric")
        self._values = {name: problem.values(name) for name in content}
        self._present = {name: problem.present(name) for name in content}
        dim, wide = settings.dim, settings.projection_hidden
        self.users, self.items = table(problem.n_users, dim), table(problem.n_items, dim)
        self.project = nn.ModuleDict(
            {
                name: nn.Sequential(
                    nn.Linear(values.shape[1], wide),
                    nn.LeakyReLU(0.1),
                    nn.Dropout(settings.dropout),
                    nn.Linear(wide, dim),
                )
                for name, values in self._values.items()
            }
        )
        self.noise = nn.Sequential(
            nn.Linear(2 * dim + _WAVES, settings.hidden),
            nn.SiLU(),
            nn.Linear(settings.hidden, settings.hidden),
            nn.SiLU(),
            nn.Linear(settings.hidden, dim),
        )
        more = 1000 / settings.n_steps if settings.schedule == "whole" else 1.0
        self._schedule = Schedule.linear(
            settings.n_steps, min(1e-4 * more, 0.999), min(0.02 * more, 0.999)
        )

    def loss(self, batch: Batch) -> torch.Tensor:
        seen = self._projected(self._values, self._present)
        users, items = self._vectors(seen)
        ranked = bpr(*batch.of(users, items))
        squares = self._settings.regularisation * half_squares(*batch.of(self.users, self.items))
        return ranked + squares + self._noise_left(items.detach(), seen.detach(), batch.positive)

    def _noise_left(
        self, items: torch.Tensor, seen: torch.Tensor, rows: torch.Tensor
    ) -> torch.Tensor:
        """How far is the guess of the noise from the noise?"""
        clean = (self._target(items) / self._scale(items))[rows]
        step = torch.randint(len(self._schedule), (len(rows),), device=rows.device)
        noise = torch.randn_like(clean)
        signal, much = (part.to(rows.device)[step, None] for part in self._factors())
        noisy = signal * clean + much * noise
        return functional.mse_loss(self._guess(noisy, step, seen[rows]), noise)

    def forward(self) -> Pair:
        return self._vectors(self._projected(self._values, self._present))

    def new_items(self, items: NewItems) -> torch.Tensor:
        return self.made(items, self._settings.cold)

    def made(self, items: NewItems, how: str) -> torch.Tensor:
        """Vectors of new items, (n, dim), projected or generated."""
        seen = self._projected(items.values, items.present)
        if how == "projected":
            return seen / (self._settings.n_layers + 1)
        generator = torch.Generator().manual_seed(int(self._settings.random_state))
        draws = [self._sample(seen, generator) for _ in range(self._settings.n_draws)]
        known = torch.stack(list(items.present.values())).any(0)[:, None]
        return torch.stack(draws).mean(0) * self._scale(self.forward()[1]) * known

    def _sample(self, seen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """From noise to a vector for each row of content, (n, dim)."""
        at = torch.randn(seen.shape, generator=generator).to(seen.device)
        signal, much = (part.tolist() for part in self._factors())
        for t in range(len(self._schedule) - 1, -1, -1):
            noise = self._guess(at, torch.full((len(at),), t, device=at.device), seen)
            clean = (at - much[t] * noise) / signal[t]
            again = self._settings.sampler == "ddim" and t > 0
            at = signal[t - 1] * clean + much[t - 1] * noise if again else clean
        return at

    def _guess(self, noisy: torch.Tensor, step: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        steered = functional.normalize(seen) * seen.shape[1] ** 0.5
        return self.noise(torch.cat([noisy, step_waves(step, _WAVES), steered], 1))

    def _factors(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self._schedule.signal, self._schedule.noise

    def _target(self, items: torch.Tensor) -> torch.Tensor:
        return items if self._settings.target == "scored" else self.items.detach()

    def _scale(self, items: torch.Tensor) -> torch.Tensor:
        """What brings scored vectors of warm items to unit variance; free ones stay as they are."""
        scored = self._settings.target == "scored"
        return items[self._warm].square().mean().sqrt() if scored else items.new_ones(())

    def _vectors(self, seen: torch.Tensor) -> Pair:
        return self._graph.mean_of_layers(self.users, self.items + seen, self._settings.n_layers)

    def _projected(
        self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """P: the mean over the modalities that an item has, (n_items, dim)."""
        parts = [self.project[name](values[name]) * present[name][:, None] for name in self.project]
        counts = torch.stack([present[name] for name in self.project]).sum(0)
        return torch.stack(parts).sum(0) / counts.clamp(min=1)[:, None]


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(f"ConditionedDiffMM: {name} must be one of {', '.join(allowed)}")
