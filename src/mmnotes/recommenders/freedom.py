"""LightGCN over a thinned graph, beside a frozen graph of items that look or read alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from mmnotes.errors import InputError
from mmnotes.recommenders.bipartite import Bipartite
from mmnotes.recommenders.itemgraph import mixed, shares_of
from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.projection import linear_of_rows
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender

SHARES = {"image": 0.1, "text": 0.9}


@dataclass(repr=False, eq=False, kw_only=True)
class FREEDOM(TrainedRecommender):
    r"""An item is its LightGCN vector, plus the mean vector of the items nearest to it.

    Zhou and Shen (2023), https://arxiv.org/abs/2211.06924. With E the free vectors of items, S the
    frozen item graph, each neighbour counting alike, and X the layers' mean over a graph that keeps
    a share of the pairs, drawn anew each epoch, those of popular users and items more seldom:

    .. math:: x_u = X_u, \quad x_i = X_i + (S E)_i, \quad
        L = \text{BPR}(x) + \lambda \sum_m \text{BPR}(x_u, F_m W_m)

    Scores take the whole graph. The vector of an item holds no content: content says who its
    neighbours are, and shapes the users through the second part of the loss. An item without a
    training pair is the mean of its warm neighbours' free vectors. A modality in which an item has
    no warm neighbour leaves its share to the others. The paper's code also trains the features
    themselves; here they stay as they are, and their maps have no bias, which BPR would cancel.

    Parameters
    ----------
    dim : int
    n_layers : int
        Of the graph of users and items.
    n_item_layers : int
        Of the item graph.
    keep : float
        Share of the training pairs that stay in an epoch, in (0, 1].
    regularisation : float
        λ.
    shares : dict of float, optional
        How much each modality's graph counts; by default a tenth the image, the rest the text, all
        of it where a modality is alone, and all alike where there are others.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
    """

    dim: int = 64
    n_layers: int = 2
    n_item_layers: int = 1
    keep: float = 0.2
    regularisation: float = 1e-3
    shares: Mapping[str, float] | None = None

    def _network(self, problem: Problem) -> Network:
        if not 0 < self.keep <= 1 or self.n_item_layers < 1:
            raise InputError(
                f"FREEDOM: keep must be above 0 and at most 1, not {self.keep}, and n_item_layers "
                f"at least 1, not {self.n_item_layers}"
            )
        return _Freedom(problem, self)


def default_shares(names: Sequence[str], shares: Mapping[str, float] | None) -> Mapping[str, float]:
    """The shares that were given; or the published ones, if they know all of these modalities."""
    usual = SHARES if SHARES.keys() >= set(names) else None
    return shares_of(names, usual if shares is None else shares)


class _Freedom(Network):
    def __init__(self, problem: Problem, settings: FREEDOM) -> None:
        super().__init__()
        content = problem.known_content("FREEDOM")
        self._shares = default_shares(content.names, settings.shares)
        self._problem, self._settings = problem, settings
        self._whole = self._graph = problem.bipartite("symmetric")
        self._items = mixed(problem, self._shares, weights="binary", normalise="rows")
        self._values = {name: problem.values(name) for name in content}
        self.users = table(problem.n_users, settings.dim)
        self.items = table(problem.n_items, settings.dim)
        self.project = nn.ModuleDict(
            {
                name: nn.Linear(part.shape[1], settings.dim, bias=False)  # BPR would cancel it
                for name, part in self._values.items()
            }
        )
        per_user = torch.bincount(problem.user, minlength=problem.n_users).float()
        per_item = torch.bincount(problem.item, minlength=problem.n_items).float()
        self._odds = (per_user[problem.user] * per_item[problem.item]).rsqrt()

    def begin_epoch(self, epoch: int) -> None:
        problem, share = self._problem, self._settings.keep
        if share < 1:
            n = max(1, int(len(self._odds) * share))
            keep = torch.zeros_like(self._odds, dtype=torch.bool)
            keep[torch.multinomial(self._odds, n)] = True
            shape = problem.n_users, problem.n_items
            self._graph = Bipartite(problem.user, problem.item, shape, "symmetric", keep)

    def loss(self, batch: Batch) -> torch.Tensor:
        users, items = self._vectors(self._graph)
        user, positive, negative = batch.of(users, items)
        total = bpr(user, positive, negative)
        if self._settings.regularisation:
            both = torch.cat([batch.positive, batch.negative])
            for name, values in self._values.items():
                (weight,) = self.project[name].parameters()
                seen = linear_of_rows(values, both, weight).split(len(batch))
                total = total + self._settings.regularisation * bpr(user, *seen)
        return total

    def forward(self) -> Pair:
        return self._vectors(self._whole)

    def _vectors(self, graph: Bipartite) -> Pair:
        users, items = graph.mean_of_layers(self.users, self.items, self._settings.n_layers)
        near = self._items(self._passed_on())
        return users, items + near

    def _passed_on(self) -> torch.Tensor:
        """What the last layer of the item graph takes the mean of, (n_items, dim)."""
        vectors: torch.Tensor = self.items
        for _ in range(self._settings.n_item_layers - 1):
            vectors = self._items(vectors)
        return vectors

    def new_items(self, items: NewItems) -> torch.Tensor:
        vectors = self._passed_on()
        linked = {name: (items.cosine[name] != 0).any(1, keepdim=True) for name in self._shares}
        shares = {name: share * linked[name] for name, share in self._shares.items()}
        means = [share * items.mean_of_neighbors(name, vectors) for name, share in shares.items()]
        total = torch.stack(list(shares.values())).sum(0)
        return torch.stack(means).sum(0) / torch.where(total > 0, total, 1.0)
