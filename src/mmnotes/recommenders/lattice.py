"""LightGCN beside a graph of items that look or read alike, which training reshapes."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from mmnotes.recommenders.itemgraph import joined, mixed_edges, shares_of
from mmnotes.recommenders.learned import GraphNetwork, combined
from mmnotes.recommenders.network import Network, NewItems
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.trained import TrainedRecommender
from mmnotes.recommenders.training import Training
from mmnotes.recommenders.weighted import Graph

# As published, but for pairs="users" and negatives="all", see Training.
TRAINING = Training(
    epochs=200,
    batch_size=1024,
    learning_rate=5e-4,
    decay=0.96 ** (1 / 50),
    patience=50,
    evaluate_every=5,
)


@dataclass(repr=False, eq=False, kw_only=True)
class LATTICE(TrainedRecommender):
    r"""An item is its LightGCN vector, plus the direction in which the items nearest to it point.

    Zhang and others (2021), https://arxiv.org/abs/2104.09036. With E the free vectors of items and
    X the layers' mean over who took what,

    .. math:: x_u = X_u, \quad x_i = X_i + \frac{h_i}{\|h_i\|}, \quad
        h = \Big(\lambda \sum_m w_m \hat S_m + (1 - \lambda) \widehat{\sum_m w_m S'_m}\Big) E

    S holds the cosines of the k items nearest by a modality's content, itself among them, and S'
    those of the k nearest by a linear projection of it; a hat is :math:`D^{-1/2} S D^{-1/2}` with
    the sums of the rows; w is a softmax over the modalities. Content never enters a vector: it says
    who the neighbours are. S' is found anew for each epoch and each evaluation. It gets a gradient
    from the first batch of an epoch alone, as published, so that projections and w move one step
    an epoch.

    An item without a training pair is the direction in which its warm neighbours' free vectors
    point, weighed by cosine. An item without a modality has its neighbours by the others.

    Parameters
    ----------
    dim : int
    n_layers : int
        Of the graph of users and items.
    n_item_layers : int
        Of the item graph.
    k : int
        Neighbours in the learned graph, the item among them. Those of the frozen one are in the
        content.
    graph : {"learned", "frozen"}
        With ``"frozen"`` λ is 1 and w stays: nothing of the item graph learns.
    frozen_share : float
        λ, in [0, 1].
    shares : dict of float, optional
        w at the start, by modality; by default all alike.
    rebuild : {"epoch", "step"}
        With ``"step"`` the learned graph is found anew, and gets its gradient, at every batch.
    adjacency : {"row-loops", "symmetric", "symmetric-loops"}
        Of users and items, see :class:`~mmnotes.recommenders.bipartite.Bipartite`; the first as
        published.
    regularisation : float
        Weight of half the squared lengths of a batch's vectors, after propagation.
    train_features : bool
        As published, content itself is trained, which the one gradient an epoch hardly moves. On
        Amazon Baby that is 32 million parameters, held four times over: 500 MB. A frozen graph
        trains none.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    n_layers: int = 2
    n_item_layers: int = 1
    k: int = 10
    graph: str = "learned"
    frozen_share: float = 0.9
    shares: Mapping[str, float] | None = None
    rebuild: str = "epoch"
    adjacency: str = "row-loops"
    regularisation: float = 1e-5
    train_features: bool = False
    training: Training = TRAINING

    def _network(self, problem: Problem) -> Network:
        return _Lattice(problem, self)


class _Lattice(GraphNetwork):
    def __init__(self, problem: Problem, settings: LATTICE) -> None:
        super().__init__(problem, settings, "LATTICE")
        shares = shares_of(problem.known_content("LATTICE").names, settings.shares)
        self._names = tuple(shares)
        logits = torch.tensor(list(shares.values())).log()
        self._fixed = logits.to(problem.device)
        if settings.graph == "learned":
            self.weights = nn.Parameter(logits)

    def build(self) -> list[Graph]:
        n, shares = self._problem.n_items, self._shares()
        edges = mixed_edges(self._problem, shares, weights="cosine", normalise="symmetric")
        if self._settings.graph == "learned":
            parts = [self.learned_edges(name).times(shares[name]) for name in shares]
            share = self._settings.frozen_share
            learned = joined(parts).symmetric(n).times(1 - share)
            edges = joined([edges.times(share), learned])
        return [Graph(edges, n)]

    def near(self, graphs: list[Graph]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        near = self.smoothed(graphs[0])
        return near, [near]

    def new_items(self, items: NewItems) -> torch.Tensor:
        return nn.functional.normalize(combined(self.near_of_new(items), self._shares()))

    def _shares(self) -> dict[str, torch.Tensor]:
        """How much each modality counts, () each."""
        logits = self.weights if self._settings.graph == "learned" else self._fixed
        return dict(zip(self._names, logits.softmax(0), strict=True))
