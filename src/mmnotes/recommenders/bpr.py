"""Matrix factorisation, trained to rank: the oldest baseline of the trained ones."""

from dataclasses import dataclass

import torch

from mmnotes.recommenders.network import Network, Pair, bpr, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender


@dataclass(repr=False, eq=False, kw_only=True)
class BPR(TrainedRecommender):
    r"""A vector for every user and every item, and nothing else: :math:`s(u, i) = u^\top i`.

    Rendle and others (2009), https://arxiv.org/abs/1205.2618. An item without a training pair
    scores 0 from everyone.

    Parameters
    ----------
    dim : int
        Length of the vectors.
    regularisation : float
        Weight of half the squared lengths of the vectors in a batch.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    regularisation: float = 1e-2

    def _network(self, problem: Problem) -> Network:
        return _Factors(problem, self.dim, self.regularisation)


class _Factors(Network):
    def __init__(self, problem: Problem, dim: int, regularisation: float) -> None:
        super().__init__()
        self.users = table(problem.n_users, dim)
        self.items = table(problem.n_items, dim)
        self._regularisation = regularisation

    def loss(self, batch: Batch) -> torch.Tensor:
        rows = batch.of(self.users, self.items)
        return bpr(*rows) + self._regularisation * half_squares(*rows)

    def forward(self) -> Pair:
        return self.users, self.items
