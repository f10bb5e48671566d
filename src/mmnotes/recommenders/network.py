"""What a trained model has to say: its loss for a batch, its vectors, and those of new items."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from mmnotes.recommenders.sampling import Batch

Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class NewItems:
    """Items that nobody took in training, as far as their content tells.

    Parameters
    ----------
    values : dict of (n, d)
        Vectors by modality; zeros where an item has none.
    present : dict of (n,) bool
        Which items have the modality.
    near : dict of (n, k) int64
        The nearest warm items by each modality, as row numbers of the fitted items.
    cosine : dict of (n, k) float32
        Their cosines; 0 at a place that holds no neighbour.
    """

    values: Mapping[str, torch.Tensor]
    present: Mapping[str, torch.Tensor]
    near: Mapping[str, torch.Tensor]
    cosine: Mapping[str, torch.Tensor]

    def mean_of_neighbors(
        self, name: str, vectors: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Weighted mean of the neighbours' rows of ``vectors`` (n_items, d), (n, d).

        Parameters
        ----------
        name : str
            The modality.
        vectors : (n_items, d)
        weights : (n, k), optional
            By default every neighbour counts alike. An item without a neighbour gets zeros.
        """
        there = (self.cosine[name] != 0).to(vectors.dtype)
        weights = there if weights is None else weights * there
        total = weights.sum(1, keepdim=True)
        share = weights / torch.where(total > 0, total, 1.0)
        return torch.einsum("nk,nkd->nd", share, vectors[self.near[name]])


class Network(nn.Module, ABC):
    """Parameters and equations of one model; random draws come from torch's own generator.

    Attributes
    ----------
    trains_content : bool
        Whether the vectors of content are parameters, which training moves.
    """

    trains_content = False

    def hold(self, values: Mapping[str, torch.Tensor], trained: bool) -> None:
        """Keep the vectors of content (n_items, d) by modality: parameters if they are trained."""
        self.trains_content = trained
        self._constants = {} if trained else dict(values)
        if trained:
            self.features = nn.ParameterDict(
                {name: nn.Parameter(part.clone()) for name, part in values.items()}
            )

    def held(self, name: str) -> torch.Tensor:
        """The vectors of one modality as they are now, (n_items, d)."""
        return self.features[name] if self.trains_content else self._constants[name]

    def begin_epoch(self, epoch: int) -> None:
        """Rebuild what is fixed during an epoch: dropped edges, learned graphs, generated ones."""

    @abstractmethod
    def loss(self, batch: Batch) -> torch.Tensor:
        """What a step of training lowers, a scalar."""

    @abstractmethod
    def forward(self) -> Pair:
        """Vectors whose inner products are the scores, (n_users, d) and (n_items, d)."""

    def new_items(self, items: NewItems) -> torch.Tensor | None:
        """Vectors of items never seen, (n, d), in the space of ``forward``; None if there are none.

        An item of which nothing is known gets zeros: a score of 0 from everyone.
        """
        return None

    def main_parameters(self) -> Iterator[nn.Parameter]:
        """What the trainer's optimizer moves: all, but for what the network trains itself."""
        return self.parameters()

    def own_optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Optimizers of what the network trains itself; a checkpoint keeps their state."""
        return {}


def table(n: int, dim: int) -> nn.Parameter:
    """Free vectors of users or items, (n, dim), drawn as Glorot and Bengio (2010) say."""
    return nn.Parameter(nn.init.xavier_uniform_(torch.empty(n, dim)))


def bpr(users: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
    """How seldom does the item taken score above the one not taken?

    Bayesian personalised ranking (Rendle and others 2009, https://arxiv.org/abs/1205.2618): the
    mean of -log σ(u·i⁺ - u·i⁻).

    Parameters
    ----------
    users, positive, negative : (n, d)
    """
    return -functional.logsigmoid((users * (positive - negative)).sum(1)).mean()


def half_squares(*rows: torch.Tensor) -> torch.Tensor:
    """Half the squared length of all rows, divided by their number in one of the arguments."""
    return sum((part.square().sum() for part in rows), torch.zeros((), device=rows[0].device)) / (
        2 * len(rows[0])
    )
