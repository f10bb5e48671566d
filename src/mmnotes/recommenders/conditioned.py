"""A diffusion of item vectors, steered by content: two faults that make it forget the content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from mmnotes.errors import InputError
from mmnotes.recommenders.diffusion import Schedule
from mmnotes.recommenders.generator import SAMPLERS, Generator
from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender

CHOICES = {
    "sampler": SAMPLERS,
    "schedule": ("short", "whole"),
    "target": ("free", "scored"),
    "cold": ("projected", "generated"),
}


@dataclass(repr=False, eq=False, kw_only=True)
class ConditionedDiffMM(TrainedRecommender):
    r"""LightGCN over free vectors plus projected content, and a diffusion that makes new vectors.

    No published model, but one that goes by DiffMM's name in reports of its collapse on new items.
    With P the mean of the modalities' projections, each a layer of ``projection_hidden`` and one of
    ``dim`` over vectors at unit variance, warm vectors x are LightGCN's mean of the layers of
    [U; E + P]. Beside BPR, a :class:`~mmnotes.recommenders.generator.Generator` learns to make a
    vector y of an item from its P. This part moves its own network alone, so after as many epochs
    warm scores are the same whatever is set for it; and a weight of it in the sum would hardly
    matter, since Adam's steps are nearly the same for a loss of any scale. Where a validation part
    is ranked beside cold items, the epoch that counts is chosen with the vectors that ``cold``
    gives them. A new item's vector is sampled from pure noise, drawn by the seed for all new items
    in their order: the same item in another place has another vector. As described, two things go
    wrong with it, ``sampler`` and ``target``, and each can be mended alone. :data:`MENDED` mends
    both and takes the mean of several samples.

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
        Width of the network that predicts the noise, of two hidden layers.
    n_steps : int
    sampler : {"repeated", "ddim"}
        As described, or as it should be; see ``Generator.sample``.
    schedule : {"short", "whole"}
        Noise of 1e-4 to 0.02 a step, as if there were a thousand steps; or as much more as there
        are fewer, so that the last step of training is the pure noise that sampling starts from.
    target : {"free", "scored"}
        y. As described the free vectors E, which no score is made of; or x, at unit variance. Both
        are learnt, each by a generator of its own, so that they can be compared.
    n_draws : int
        Samples for a new item, of which the mean is taken.
    cold : {"projected", "generated"}
        How a new item gets its vector: P alone, as the scored equation has it with a free vector
        of zeros and nobody beside it; or a sample.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`. Samples, too, are drawn by
        ``random_state``.

    Raises
    ------
    InputError
        In ``fit``, if a setting is out of range, or content is missing; or if sampled vectors are
        no numbers, as those of the repeated sampler after the whole of the noise.
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

    def with_cold(self, **settings: str | int) -> Self:
        """The same trained network with other vectors of its cold items. Nothing is trained.

        Parameters
        ----------
        **settings
            ``cold``, ``sampler``, ``target`` and ``n_draws``: no step of training looks at these.
            The epoch stays the one that was chosen with the former ones.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            If a setting is none of these, or out of range.
        """
        check_is_fitted(self, "n_items_")
        strange = [name for name in settings if name not in _OF_COLD]
        if strange:
            raise InputError(f"{strange[0]} is settled in training; choose {', '.join(_OF_COLD)}")
        return self._rescored(self._problem, **settings)

    def _network(self, problem: Problem) -> Network:
        for name, allowed in CHOICES.items():
            _one_of(name, getattr(self, name), allowed)
        for name in ("dim", "n_steps", "n_draws", "hidden", "projection_hidden"):
            if getattr(self, name) < 1:
                raise InputError(f"ConditionedDiffMM: {name} must be at least 1")
        for name in ("n_layers", "regularisation"):
            if not getattr(self, name) >= 0:
                raise InputError(f"ConditionedDiffMM: {name} must be at least 0")
        if not 0 <= self.dropout < 1:
            raise InputError("ConditionedDiffMM: dropout must be at least 0 and below 1")
        return _Conditioned(problem, self)


_SIZE = "size_"  # of a modality's vectors, in the state
_OF_COLD = ("cold", "sampler", "target", "n_draws")
# Draws differ by their noise: the mean of several has less of it.
MENDED: Mapping[str, str | int] = {"sampler": "ddim", "target": "scored", "n_draws": 4}


class _Conditioned(Network):
    def __init__(self, problem: Problem, settings: ConditionedDiffMM) -> None:
        super().__init__()
        content = problem.known_content("ConditionedDiffMM")
        self._settings, self._warm = settings, torch.nonzero(problem.warm)[:, 0]
        self._graph = problem.bipartite("symmetric")
        warm = problem.warm
        self._present = {name: problem.present(name)[warm] for name in content}
        self._values = {name: problem.values(name)[warm] for name in content}
        # Settled in training: other content later on meets the same scale.
        for name, at in self._present.items():
            self.register_buffer(_SIZE + name, _size(self._values[name][at]))
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
        more = 1000 / settings.n_steps if settings.schedule == "whole" else 1.0
        steps = Schedule.linear(settings.n_steps, min(1e-4 * more, 0.999), min(0.02 * more, 0.999))
        self._generators = {
            target: Generator(dim, settings.hidden, steps) for target in CHOICES["target"]
        }
        self.generators = nn.ModuleDict(self._generators)

    def loss(self, batch: Batch) -> torch.Tensor:
        seen = self._seen()
        users, items = self._vectors(seen)
        squares = half_squares(*batch.of(self.users, self.items))
        total = bpr(*batch.of(users, items)) + self._settings.regularisation * squares
        content = seen.detach()[batch.positive]
        for target, generator in self._generators.items():
            clean = items / self._spread(items) if target == "scored" else self.items
            total = total + generator.loss(clean.detach()[batch.positive], content)
        return total

    def forward(self) -> Pair:
        return self._vectors(self._seen())

    def new_items(self, items: NewItems) -> torch.Tensor:
        seen = self._projected(items.values, items.present)
        if self._settings.cold == "projected":
            return seen / (self._settings.n_layers + 1)
        draw = torch.Generator().manual_seed(int(self._settings.random_state))
        target, sampler = self._settings.target, self._settings.sampler
        generator = self._generators[target]
        draws = [generator.sample(seen, sampler, draw) for _ in range(self._settings.n_draws)]
        known = torch.stack(list(items.present.values())).any(0)[:, None]
        made = torch.stack(draws).mean(0) * known
        if not made.isfinite().all():
            raise InputError(
                f"ConditionedDiffMM: sampler={sampler!r} divides at each of n_steps="
                f"{self._settings.n_steps}, and with schedule={self._settings.schedule!r} beyond "
                "all numbers; take sampler='ddim', or fewer steps with less noise"
            )
        return made * self._spread(self.forward()[1]) if target == "scored" else made

    def _spread(self, items: torch.Tensor) -> torch.Tensor:
        """Root mean square of warm items' entries: what brings them to unit variance."""
        return items[self._warm].square().mean().sqrt()

    def _seen(self) -> torch.Tensor:
        """P of the warm items, and zeros for the others, (n_items, dim)."""
        seen = self._projected(self._values, self._present)
        return torch.zeros_like(self.items).index_copy(0, self._warm, seen)

    def _vectors(self, seen: torch.Tensor) -> Pair:
        return self._graph.mean_of_layers(self.users, self.items + seen, self._settings.n_layers)

    def _projected(
        self, values: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """P: the mean over the modalities that an item has, (n, dim)."""
        parts = [
            layers(values[name] / self.get_buffer(_SIZE + name)) * present[name][:, None]
            for name, layers in self.project.items()
        ]
        counts = torch.stack([present[name] for name in self.project]).sum(0)
        return torch.stack(parts).sum(0) / counts.clamp(min=1)[:, None]


def _size(values: torch.Tensor) -> torch.Tensor:
    """Root mean square of all entries, 1 if there are none: what brings them to unit variance."""
    size = values.square().sum() / max(1, values.numel())
    return torch.where(size > 0, size.sqrt(), 1.0)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(f"ConditionedDiffMM: {name} must be one of {', '.join(allowed)}")
