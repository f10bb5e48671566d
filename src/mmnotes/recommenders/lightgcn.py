"""Vectors smoothed over the graph of who took what: the strongest simple model without content."""

from dataclasses import dataclass

import torch

from mmnotes.recommenders.network import Network, Pair, bpr, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender


@dataclass(repr=False, eq=False, kw_only=True)
class LightGCN(TrainedRecommender):
    r"""The mean of a vector and of its neighbours' vectors, one to L steps away.

    He and others (2020), https://arxiv.org/abs/2002.02126: with E the free vectors of users and
    items, and :math:`\hat A = D^{-1/2} A D^{-1/2}` the graph of who took what,

    .. math:: X = \frac{1}{L + 1} \sum_{l=0}^{L} \hat A^l E, \qquad s(u, i) = x_u^\top x_i

    An item without a training pair scores 0 from everyone.

    Parameters
    ----------
    dim : int
    n_layers : int
        L.
    regularisation : float
        Weight of half the squared lengths of the free vectors in a batch.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    n_layers: int = 2
    regularisation: float = 1e-4

    def _network(self, problem: Problem) -> Network:
        return _Smoothed(problem, self.dim, self.n_layers, self.regularisation)


class _Smoothed(Network):
    def __init__(self, problem: Problem, dim: int, n_layers: int, regularisation: float) -> None:
        super().__init__()
        self.users = table(problem.n_users, dim)
        self.items = table(problem.n_items, dim)
        self._graph = problem.bipartite("symmetric")
        self._n_layers, self._regularisation = n_layers, regularisation

    def loss(self, batch: Batch) -> torch.Tensor:
        users, items = self()
        ranked = bpr(*batch.of(users, items))
        free = batch.of(self.users, self.items)
        return ranked + self._regularisation * half_squares(*free)

    def forward(self) -> Pair:
        return self._graph.mean_of_layers(self.users, self.items, self._n_layers)
