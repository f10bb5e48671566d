"""Two modalities, each split into what they share and what only one of them says."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.club import Club
from mmnotes.recommenders.contrastive import info_nce
from mmnotes.recommenders.freedom import default_shares
from mmnotes.recommenders.itemgraph import mixed
from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.split import N_PARTS, Split
from mmnotes.recommenders.trained import TrainedRecommender
from mmnotes.recommenders.training import Training

CONTRASTS = ("all", "batch")
FITTED_ON = ("across", "within")


@dataclass(repr=False, eq=False, kw_only=True)
class SEA(TrainedRecommender):
    r"""For each modality a vector smoothed over who took what; their products are added up.

    He and others (2024), https://arxiv.org/abs/2406.08270, as their code has it. An item has no
    free vector: with :math:`\tilde x_m` a linear map of its features that keeps their length,

    .. math:: X_m = \sum_{l=0}^{L} \hat A^l [U_m; \text{MLP}_m(\tilde x_m)], \quad
        Z = [X_1 \| X_2], \quad s(u, i) = \sum_m w_{um} x_{um}^\top (Z_i + (S Z)_i)_m

    the rows within the brackets brought to unit length, U and w free for each user, and S the
    frozen graph of items that look or read alike. The first half of :math:`\tilde x_m` is to hold
    what the modalities share, the second what only this one says. Beside BPR with logarithms to
    base 2, the loss is α times an InfoNCE between the first halves, and β times the mean over the
    modalities of the :class:`~mmnotes.recommenders.club.Club` between the two halves, halved and
    not below zero. Both reach the scores through :math:`\tilde x_m` alone.

    An item that lacks a modality has the direction there that all such items share, and its users'
    free vectors go on learning who took it. One without a training pair has its own vector, beside
    the mean over itself and its warm neighbours, and takes no part in the two further losses.

    Unlike in the published code, users start uniform, not normal with the same variance; w start at
    1/2 each, not within a hundredth of it; parameters that nothing reads are left out.

    Parameters
    ----------
    dim : int
        Of each modality's vectors.
    n_layers : int
        L.
    shares : dict of float, optional
        How much each modality's graph counts; by default a tenth the image, the rest the text, and
        all of it where a modality is alone.
    alignment : float
        α; 0 leaves the InfoNCE out. The default is that of the published code; its logs of Baby
        and Sports start at losses that speak for some 0.5.
    temperature : float
        Of the InfoNCE.
    separation : float
        β; 0 leaves it out.
    contrast : {"all", "batch"}
        Items over which the two further losses go: all with a training pair, as published, which
        costs their number squared at every step; or those of the batch, another loss.
    fitted_on : {"across", "within"}
        Pairs that the network of the Club is fitted on. The published code fits one network across
        modalities, the first half of one to the first half of the other and second to second,
        though what it is to bound lies within each. ``"within"`` is the bound of the paper: a
        network for each modality, fitted on its two halves.
    fit_steps : int
        Steps of that fit in every step of training.
    detached : bool
        A fault of a port: scores are read from a table filled by assignment, so that no gradient
        of BPR reaches a parameter. Its other fault, a graph of items that is not built from the
        features in use, is ``graphs="kept"`` of :func:`mmnotes.features.knock_out`.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    n_layers: int = 2
    shares: Mapping[str, float] | None = None
    alignment: float = 0.012
    temperature: float = 0.2
    separation: float = 0.006
    contrast: str = "all"
    fitted_on: str = "across"
    fit_steps: int = 50
    detached: bool = False
    training: Training = Training(learning_rate=1e-4)

    def branch(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """What one modality adds to the scores: vectors of users and items, (n, dim) float32 each.

        Scores are sums over the branches. Each has free vectors of the users, so one whose features
        say nothing still ranks by who took what.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            If there is no such modality.
        """
        check_is_fitted(self, "n_items_")
        names = sorted(self._problem.known_content("SEA").names)
        if name not in names:
            raise InputError(f"SEA has no branch {name!r}; it has {', '.join(names)}")
        part = slice(names.index(name) * self.dim, (names.index(name) + 1) * self.dim)
        return self.user_vectors_[:, part], self.item_vectors_[:, part]

    def _network(self, problem: Problem) -> Network:
        self._check(len(problem.known_content("SEA").names))
        return _Sea(problem, self)

    def _check(self, n_modalities: int) -> None:
        if self.contrast not in CONTRASTS or self.fitted_on not in FITTED_ON:
            raise InputError(
                f"contrast={self.contrast!r} and fitted_on={self.fitted_on!r}: choose from "
                f"{', '.join(CONTRASTS)} and {', '.join(FITTED_ON)}"
            )
        if not self.temperature > 0:
            raise InputError(f"temperature={self.temperature!r} must be above 0")
        if self.detached and not self.separation and not (self.alignment and n_modalities > 1):
            raise InputError("detached scores leave nothing to learn from: give a separation")


class _Sea(Network):
    def __init__(self, problem: Problem, settings: SEA) -> None:
        super().__init__()
        names = sorted(problem.known_content("SEA").names)  # so text is drawn towards image
        self._settings, self._shape = settings, (problem.n_users, len(names), settings.dim)
        self._graph = problem.bipartite("symmetric")
        self._shares = default_shares(tuple(names), settings.shares)
        self._near = mixed(problem, self._shares, weights="binary", normalise="rows")
        self._warm = problem.warm
        self._values = {name: problem.values(name) for name in names}
        self.users = table(problem.n_users, len(names) * settings.dim)
        self.weights = nn.Parameter(torch.full(self._shape[:2], 1 / len(names)))
        self._split = {
            name: Split(part.shape[1], settings.dim) for name, part in self._values.items()
        }
        self.split = nn.ModuleDict(self._split)
        self._pairs = list(combinations(range(len(names)), 2))
        self._across = settings.fitted_on == "across" and len(names) > 1
        n_clubs = 0 if not settings.separation else 1 if self._across else len(names)
        self._clubs = [Club(N_PARTS, hidden=8) for _ in range(n_clubs)]
        self.club = nn.ModuleList(self._clubs)
        rate = settings.training.learning_rate
        self._optimizers: dict[str, torch.optim.Optimizer] = {}
        if self._clubs:
            self._optimizers["club"] = torch.optim.Adam(self.club.parameters(), rate, fused=True)

    def main_parameters(self) -> Iterator[nn.Parameter]:
        return (part for name, part in self.named_parameters() if not name.startswith("club."))

    def own_optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        return self._optimizers

    def loss(self, batch: Batch) -> torch.Tensor:
        users, items = self._smoothed()
        user, *both = batch.of(users, items + self._near(items))
        ranked = bpr(self._weighted(user, self.weights[batch.user]), *both) / math.log(2)
        return (ranked.detach() if self._settings.detached else ranked) + self._further(batch)

    def forward(self) -> Pair:
        users, items = self._smoothed()
        return self._weighted(users, self.weights), items + self._near(items)

    def _smoothed(self) -> Pair:
        """X of users and items, the modalities side by side."""
        users = functional.normalize(self.users.view(self._shape), dim=2).flatten(1)
        items = torch.cat([self._split[name](part) for name, part in self._values.items()], dim=1)
        return self._graph.sum_of_layers(users, items, self._settings.n_layers)

    def _weighted(self, users: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return (users.view(-1, *self._shape[1:]) * weights[:, :, None]).flatten(1)

    def _further(self, batch: Batch) -> torch.Tensor:
        """What keeps the halves apart, and the first halves together."""
        settings = self._settings
        aligns = bool(settings.alignment and self._pairs)
        total = torch.zeros((), device=batch.user.device)
        if not (aligns or self._clubs):
            return total
        generic, aligned, unique = self._parts(batch)
        if aligns:
            rows = torch.arange(len(aligned[0]), device=total.device)
            apart = [
                info_nce(aligned[b], aligned[a], rows, settings.temperature) for a, b in self._pairs
            ]
            total = total + settings.alignment * torch.stack(apart).mean()
        if self._clubs:
            clubs = self._clubs * (len(generic) // len(self._clubs))
            bounds = [club.bound(x, y) for club, x, y in zip(clubs, generic, unique, strict=True)]
            total = total + settings.separation * torch.stack(bounds).clamp(min=0).mean() / 2
            self._fit_clubs(generic, unique)
        return total

    def _parts(self, batch: Batch) -> list[tuple[torch.Tensor, ...]]:
        """First halves, first halves for the InfoNCE, second halves: each a tensor a modality."""
        of_all = self._settings.contrast == "all"
        if of_all:
            rows = torch.nonzero(self._warm)[:, 0]
        else:
            rows = torch.unique(torch.cat([batch.positive, batch.negative]))
            rows = rows[self._warm[rows]]
        parts = []
        for name, values in self._values.items():
            split = self._split[name]
            projected = split.projected(values)[rows] if of_all else split.projected(values[rows])
            parts.append(split.parts(projected))
        return list(zip(*parts, strict=True))

    def _fit_clubs(
        self, generic: tuple[torch.Tensor, ...], unique: tuple[torch.Tensor, ...]
    ) -> None:
        if self._across:
            ends = [(half[b], half[a]) for half in (generic, unique) for a, b in self._pairs]
            pairs = [tuple(torch.cat(side) for side in zip(*ends, strict=True))]
        else:
            pairs = list(zip(generic, unique, strict=True))
        for club, (x, y) in zip(self._clubs, pairs, strict=True):
            club.fit(x, y, self._optimizers["club"], self._settings.fit_steps)

    def new_items(self, items: NewItems) -> torch.Tensor:
        own = torch.cat([self._split[name](items.values[name]) for name in self._values], dim=1)
        fitted = self._smoothed()[1]
        near, total = torch.zeros_like(own), own.new_zeros(len(own), 1)
        for name, share in self._shares.items():
            # A warm item is among its own neighbours, and so is this one.
            count = (items.cosine[name] != 0).sum(1, keepdim=True)
            mean = (items.mean_of_neighbors(name, fitted) * count + own) / (count + 1)
            weight = share * (count > 0)
            near, total = near + weight * mean, total + weight
        known = torch.stack(list(items.present.values())).any(0)[:, None]
        return (own + near / torch.where(total > 0, total, 1.0)) * known
