"""MICRO as one would write it from the paper: dense item graphs, every item against every other."""

import torch
from torch import nn
from torch.nn import functional

from mmnotes.bench.dense_lattice import DenseGraphs, normalised
from mmnotes.recommenders.micro import MICRO
from mmnotes.recommenders.problem import Problem


class DenseMicro(DenseGraphs):
    """MICRO, see :class:`~mmnotes.recommenders.micro.MICRO` for the equations."""

    def __init__(self, problem: Problem, settings: MICRO, by_products: bool = False) -> None:
        super().__init__(problem, settings, by_products)
        self._own = settings
        dim = settings.dim
        self.attention = nn.Sequential(
            nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1, bias=False)
        )

    def build(self) -> list[torch.Tensor]:
        """For each modality λ times the frozen graph, plus 1 - λ times the learned one."""
        share = self._own.frozen_share
        return [
            share * self._frozen[name]
            + (1 - share) * normalised(self.learned(name), self._by_products)
            for name in self._names
        ]

    def fused(self, views: list[torch.Tensor]) -> torch.Tensor:
        """Views weighed by attention."""
        weights = torch.cat([self.attention(view) for view in views], 1).softmax(1)
        return (torch.stack(views, 1) * weights[:, :, None]).sum(1)

    def contrast(self, views: list[torch.Tensor], fused: torch.Tensor) -> torch.Tensor:
        """InfoNCE between each view and the fused one, over all items."""
        parts = [told_apart(view, fused, self._own.temperature) for view in views]
        return self._own.contrast_weight * torch.stack(parts).sum()


def told_apart(view: torch.Tensor, fused: torch.Tensor, temperature: float) -> torch.Tensor:
    """InfoNCE with both views among the negatives, by its definition: two n × n matrices."""
    view, fused = functional.normalize(view), functional.normalize(fused)
    own = torch.exp(view @ view.T / temperature)
    across = torch.exp(view @ fused.T / temperature)
    total = own.sum(1) + across.sum(1) - own.diag()
    return -torch.log(across.diag() / total).mean()
