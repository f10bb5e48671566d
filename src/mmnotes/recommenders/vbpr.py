"""Matrix factorisation that also sees the items: half of a vector is free, half is its content."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import torch
from torch.nn import functional

from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.projection import glorot_linear, linear_of_rows
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender


@dataclass(repr=False, eq=False, kw_only=True)
class VBPR(TrainedRecommender):
    r"""A free vector for every item, and beside it a linear map of all that is known of the item.

    He and McAuley (2016), https://arxiv.org/abs/1510.01784, as the toolbox MMRec has it: all
    modalities side by side, and items without biases. With e the free vectors, f the content and W
    a matrix that all items share,

    .. math:: s(u, i) = a_u^\top e_i + b_u^\top W f_i

    A bias of the map would add the same to all scores of a user, so there is none. An item without
    a training pair scores by its content alone, and one without content by its free vector. How
    long the vectors of content are matters: they are taken as they come.

    Parameters
    ----------
    dim : int
        Length of an item's free vector, and of its mapped content; users have twice that.
    regularisation : float
        Weight of half the squared lengths of the vectors in a batch. MMRec takes the lengths
        themselves, not squared, so that its weights mean something else.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    regularisation: float = 1e-2

    def _network(self, problem: Problem) -> Network:
        return _ContentFactors(problem, self.dim, self.regularisation)


class _ContentFactors(Network):
    def __init__(self, problem: Problem, dim: int, regularisation: float) -> None:
        super().__init__()
        content = problem.known_content("VBPR")
        self._values = {name: problem.values(name) for name in content}
        self._regularisation = regularisation
        width = sum(part.shape[1] for part in self._values.values())
        self.users = table(problem.n_users, 2 * dim)
        self.items = table(problem.n_items, dim)
        self.project = glorot_linear(width, dim, bias=False)

    def loss(self, batch: Batch) -> torch.Tensor:
        items = torch.cat([batch.positive, batch.negative])
        free = self.items.index_select(0, items)
        seen = _sum(linear_of_rows(values, items, weight) for values, weight in self._parts())
        vectors = torch.cat([free, seen], dim=1).split(len(batch))
        rows = self.users.index_select(0, batch.user), *vectors
        return bpr(*rows) + self._regularisation * half_squares(*rows)

    def forward(self) -> Pair:
        seen = _sum(functional.linear(values, weight) for values, weight in self._parts())
        return self.users, torch.cat([self.items, seen], dim=1)

    def new_items(self, items: NewItems) -> torch.Tensor:
        new = (items.values[name] for name in self._values)
        weights = (weight for _, weight in self._parts())
        seen = _sum(map(functional.linear, new, weights))
        return torch.cat([torch.zeros_like(seen), seen], dim=1)

    def _parts(self) -> list[Pair]:
        """The modalities, each with its columns of the matrix, so that no copy holds them all."""
        widths = [values.shape[1] for values in self._values.values()]
        weights = self.project.weight.split(widths, dim=1)
        return list(zip(self._values.values(), weights, strict=True))


def _sum(parts: Iterable[torch.Tensor]) -> torch.Tensor:
    return reduce(torch.add, parts)
