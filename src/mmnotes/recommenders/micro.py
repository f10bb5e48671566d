"""LATTICE with one graph a modality, views weighed item by item and held together by a contrast."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.contrastive import info_nce
from mmnotes.recommenders.itemgraph import joined, mixed_edges
from mmnotes.recommenders.lattice import TRAINING
from mmnotes.recommenders.learned import GraphNetwork
from mmnotes.recommenders.network import Network, NewItems
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender
from mmnotes.recommenders.training import Training
from mmnotes.recommenders.weighted import Graph

CONTRASTS = ("all", "batch")


@dataclass(repr=False, eq=False, kw_only=True)
class MICRO(TrainedRecommender):
    r"""An item is its LightGCN vector, plus the direction of a view fused from its modalities'.

    Zhang and others (2022), https://arxiv.org/abs/2111.00678. With E the free vectors of items and
    X the layers' mean over who took what,

    .. math:: x_u = X_u, \quad x_i = X_i + \frac{h_i}{\|h_i\|}, \quad
        h = \sum_m a_m h_m, \quad h_m = (\lambda \hat S_m + (1 - \lambda) \hat S'_m) E, \quad
        a = \text{softmax}_m \, q^\top \tanh(W h_m + b)

    where S and S' are the frozen and the learned graph of a modality as in
    :class:`~mmnotes.recommenders.lattice.LATTICE`. Beside BPR the loss holds, for each modality,
    how badly :math:`h_m` is told from other items by its own h
    (:func:`~mmnotes.recommenders.contrastive.info_nce`, both views among the negatives).

    An item without a training pair has its views from its warm neighbours' free vectors, weighed
    by cosine. A modality that an item lacks gets no attention and no contrast.

    Parameters
    ----------
    dim, n_layers, n_item_layers, k, graph, frozen_share, rebuild, adjacency
        As for :class:`~mmnotes.recommenders.lattice.LATTICE`.
    regularisation : float
        Weight of half the squared lengths of a batch's vectors, after propagation.
    contrast_weight : float
    temperature : float
        Of the contrast.
    contrast : {"all", "batch"}
        Items told apart: all that are warm, as published, at a cost that grows with their square at
        every step; or those that were taken in the batch, which is another and weaker loss.
    train_features : bool
        As for :class:`~mmnotes.recommenders.lattice.LATTICE`.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    n_layers: int = 2
    n_item_layers: int = 1
    k: int = 10
    graph: str = "learned"
    frozen_share: float = 0.9
    rebuild: str = "epoch"
    adjacency: str = "row-loops"
    regularisation: float = 1e-5
    contrast_weight: float = 0.03
    temperature: float = 0.5
    contrast: str = "all"
    train_features: bool = False
    training: Training = TRAINING

    def _network(self, problem: Problem) -> Network:
        return _Micro(problem, self)


class _Micro(GraphNetwork):
    def __init__(self, problem: Problem, settings: MICRO) -> None:
        super().__init__(problem, settings, "MICRO")
        if settings.contrast not in CONTRASTS or not settings.temperature > 0:
            raise InputError(
                f"contrast={settings.contrast!r} and temperature={settings.temperature!r}: choose "
                f"from {', '.join(CONTRASTS)}, and a temperature above 0"
            )
        self._names = problem.known_content("MICRO").names
        self._own = settings
        dim = settings.dim
        self.attention = nn.Sequential(
            nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1, bias=False)
        )

    def build(self) -> list[Graph]:
        return [self._built(name) for name in self._names]

    def _built(self, name: str) -> Graph:
        n, share = self._problem.n_items, self._own.frozen_share
        whole = {name: torch.ones((), device=self.items.device)}
        edges = mixed_edges(self._problem, whole, weights="cosine", normalise="symmetric")
        if self._own.graph == "learned":
            learned = self.learned_edges(name).symmetric(n).times(1 - share)
            edges = joined([edges.times(share), learned])
        return Graph(edges, n)

    def near(self, graphs: list[Graph]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        views = [self.smoothed(graph) for graph in graphs]
        return self._fused(views, [graph.linked for graph in graphs]), views

    def _fused(self, views: list[torch.Tensor], there: list[torch.Tensor]) -> torch.Tensor:
        """Views weighed by the attention that each item pays them, (n, d)."""
        asked = torch.cat([self.attention(view) for view in views], 1)  # (n, n_modalities)
        known = torch.stack(there, 1)
        # Where no view is there all are zeros, and any weights will do.
        weights = asked.masked_fill(~known & known.any(1, keepdim=True), -torch.inf).softmax(1)
        return torch.stack(
            [weight[:, None] * view for weight, view in zip(weights.T, views, strict=True)]
        ).sum(0)

    def contrast(
        self,
        batch: Batch,
        graphs: list[Graph],
        near: torch.Tensor,
        views: list[torch.Tensor],
    ) -> torch.Tensor | float:
        total: torch.Tensor | float = 0.0
        if not self._own.contrast_weight:
            return total
        for graph, view in zip(graphs, views, strict=True):
            counts = graph.linked
            if self._own.contrast == "batch":
                counts = torch.zeros_like(counts).index_fill_(0, batch.positive, True) & counts
            rows = torch.nonzero(counts)[:, 0]
            if len(rows):
                mine, fused = (functional.normalize(part[rows]) for part in (view, near))
                at = torch.arange(len(rows), device=rows.device)
                total = total + info_nce(mine, fused, at, self._own.temperature, others=mine)
        return self._own.contrast_weight * total

    def new_items(self, items: NewItems) -> torch.Tensor:
        views = self.near_of_new(items)
        there = [(view != 0).any(1) for view in views.values()]
        return functional.normalize(self._fused(list(views.values()), there))
