"""Content of several modalities, brought to the space of free vectors and blended there."""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from mmnotes.recommenders.problem import Problem

PROJECTIONS = ("leaky", "linear")


class Blended(nn.Module):
    """A projection of each modality, and how much each counts.

    Parameters
    ----------
    problem : Problem
        With content; its vectors are constants and no part of the state.
    dim : int
    projection : {"leaky", "linear"}
        LeakyReLU of a product without a constant; or the product with one.
    """

    def __init__(self, problem: Problem, dim: int, projection: str) -> None:
        super().__init__()
        content = problem.known_content("a blend of modalities")
        self.names = content.names
        self._values = {name: problem.values(name) for name in content}
        self._present = {name: problem.present(name) for name in content}
        self._leaky = projection == "leaky"
        layers = {
            name: nn.Linear(part.shape[1], dim, bias=not self._leaky)
            for name, part in self._values.items()
        }
        if self._leaky:
            for layer in layers.values():
                nn.init.xavier_uniform_(layer.weight)
        self.project = nn.ModuleDict(layers)
        self.weights = nn.Parameter(torch.full((len(self.names),), 1 / len(self.names)))

    def projected(
        self, values: Mapping[str, torch.Tensor] | None = None
    ) -> dict[str, torch.Tensor]:
        """Content as free vectors are, (n_items, dim) by modality; of new items where given."""
        values = self._values if values is None else values
        seen = {name: self.project[name](values[name]) for name in self.names}
        return {
            name: functional.leaky_relu(part, 0.2) if self._leaky else part
            for name, part in seen.items()
        }

    def units(
        self,
        values: Mapping[str, torch.Tensor] | None = None,
        present: Mapping[str, torch.Tensor] | None = None,
    ) -> dict[str, torch.Tensor]:
        """The same at unit length, and zeros where an item lacks the modality."""
        there = self._present if present is None else present
        return {
            name: functional.normalize(part) * there[name][:, None]
            for name, part in self.projected(values).items()
        }

    @property
    def shares(self) -> torch.Tensor:
        """How much each modality counts, adding up to 1."""
        return self.weights.softmax(0)

    def blend(self, units: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The modalities by their shares, (n_items, dim)."""
        return weighted_sum(*(units[name] for name in self.names), shares=self.shares)


def weighted_sum(*parts: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Σ shares[m] · parts[m], each part (n, dim)."""
    total = shares[0] * parts[0]
    for share, part in zip(shares[1:], parts[1:], strict=True):
        total = total + share * part
    return total
