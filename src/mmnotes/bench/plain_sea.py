"""SEA as one would write it from its paper and the published code's settings.

Each step maps the vectors of all items to others of the same length, and works out the whole matrix
of products between two modalities.
"""

import math
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional

from mmnotes.bench.plain_networks import adjacency, layers, nearest_alike, ranked
from mmnotes.features.content import N_NEIGHBORS
from mmnotes.recommenders.club import Club
from mmnotes.recommenders.freedom import SHARES
from mmnotes.recommenders.network import Network, Pair
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.sea import SEA

_NAMES = ("image", "text")
_N_PARTS, _N_HEAD, _N_HIDDEN = 32, 64, 8


class PlainSEA(Network):
    """He and others (2024), https://arxiv.org/abs/2406.08270, with the published defaults.

    Parameters
    ----------
    problem : Problem
    settings : SEA
        Contrast over all items, one network of the bound, fitted across modalities.
    """

    def __init__(self, problem: Problem, settings: SEA) -> None:
        super().__init__()
        if settings.contrast != "all" or settings.fitted_on != "across":
            raise ValueError("written for contrast='all' and fitted_on='across' alone")
        self._settings = settings
        self._shape = problem.n_users, len(_NAMES), settings.dim
        self._values = {name: problem.values(name) for name in _NAMES}
        pairs = torch.stack([problem.user, problem.item])
        self._graph = adjacency(pairs, (problem.n_users, problem.n_items))
        image, text = (
            nearest_alike(self._values[name], N_NEIGHBORS) * SHARES[name] for name in _NAMES
        )
        self._near = (image + text).coalesce()
        self.users = nn.Parameter(torch.empty(problem.n_users, len(_NAMES) * settings.dim))
        self.weights = nn.Parameter(torch.empty(self._shape[:2]))
        self._ways = {
            name: _Split(part.shape[1], settings.dim) for name, part in self._values.items()
        }
        self._bound = [Club(_N_PARTS, _N_HIDDEN)]
        self.split, self.club = nn.ModuleDict(self._ways), nn.ModuleList(self._bound)
        rate = settings.training.learning_rate
        self._club_optimizer = torch.optim.Adam(self.club.parameters(), lr=rate)

    def main_parameters(self) -> Iterator[nn.Parameter]:
        """All but the network of the bound."""
        return (part for name, part in self.named_parameters() if not name.startswith("club."))

    def loss(self, batch: Batch) -> torch.Tensor:
        """BPR to base 2, the InfoNCE between modalities, and the bound within them."""
        whole = [self._ways[name].whole(self._values[name]) for name in _NAMES]
        users, items = self._vectors(whole)
        total = ranked(users, items, batch) / math.log(2)
        parts = [self._ways[name].parts(one) for name, one in zip(_NAMES, whole, strict=True)]
        generic, aligned, unique = zip(*parts, strict=True)
        image, text = aligned
        alike = functional.cross_entropy(
            text @ image.T / self._settings.temperature, torch.arange(len(text))
        )
        club = self._bound[0]
        bounds = [club.bound(x, y) for x, y in zip(generic, unique, strict=True)]
        total = total + self._settings.alignment * alike
        total = total + self._settings.separation * torch.stack(bounds).clamp(min=0).mean() / 2
        x, y = torch.cat([generic[1], unique[1]]), torch.cat([generic[0], unique[0]])
        self._fit(club, x.detach(), y.detach())
        return total

    def forward(self) -> Pair:
        """Vectors whose products are the scores."""
        return self._vectors([self._ways[name].whole(self._values[name]) for name in _NAMES])

    def _fit(self, club: Club, x: torch.Tensor, y: torch.Tensor) -> None:
        for _ in range(self._settings.fit_steps):
            self._club_optimizer.zero_grad()
            club.unlikeliness(x, y).backward()
            self._club_optimizer.step()

    def _vectors(self, whole: list[torch.Tensor]) -> Pair:
        n_users, items = self._shape[0], []
        users = functional.normalize(self.users.view(self._shape), dim=2)
        for place, (name, one) in enumerate(zip(_NAMES, whole, strict=True)):
            own = self._ways[name].vectors(one)
            items.append(layers(self._graph, users[:, place], own, self._settings.n_layers).sum(0))
        both = torch.cat([part[n_users:] for part in items], dim=1)
        weighted = [
            part[:n_users] * self.weights[:, place, None] for place, part in enumerate(items)
        ]
        return torch.cat(weighted, dim=1), both + torch.sparse.mm(self._near, both)


class _Split(nn.Module):
    """A linear map that keeps the length, and the ways from there."""

    def __init__(self, length: int, dim: int) -> None:
        super().__init__()
        self._half = length // 2
        self.whole = nn.Linear(length, length)
        self.first = nn.Linear(length, 4 * dim)
        self.second = nn.Linear(4 * dim, dim)
        self.generic = nn.Linear(self._half, _N_PARTS)
        self.unique = nn.Linear(length - self._half, _N_PARTS)
        self.head = nn.Linear(self._half, _N_HEAD, bias=False)
        self.align = nn.Sequential(
            nn.BatchNorm1d(_N_HEAD, track_running_stats=False),
            nn.ReLU(),
            nn.Linear(_N_HEAD, _N_HEAD, bias=False),
            nn.BatchNorm1d(_N_HEAD, track_running_stats=False),
            nn.ReLU(),
            nn.Linear(_N_HEAD, _N_PARTS),
        )

    def vectors(self, whole: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.second(functional.leaky_relu(self.first(whole))))

    def parts(self, whole: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        first, second = whole[:, : self._half], whole[:, self._half :]
        aligned = functional.normalize(self.align(self.head(first)))
        return self.generic(first), aligned, self.unique(second)
