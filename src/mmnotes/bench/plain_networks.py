"""FREEDOM and BM3 as one would write them from their papers, with torch's sparse products.

Each step passes over whole tables: all users and items through the layers, and the vectors of all
items through their projections. Graphs of items are made of the whole matrix of cosines.
"""

import torch
from torch import nn
from torch.nn import functional

from mmnotes.features.content import N_NEIGHBORS
from mmnotes.recommenders.bm3 import BM3
from mmnotes.recommenders.freedom import FREEDOM, SHARES
from mmnotes.recommenders.network import Network, Pair
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch


class PlainNetwork(Network):
    """Tables of users and items, the vectors of items and their projections.

    Parameters
    ----------
    problem : Problem
    dim : int
    train_features : bool
        Whether training moves the vectors of items too, as published code has it.
    bias : bool
        Of the projections.
    """

    def __init__(self, problem: Problem, dim: int, train_features: bool, bias: bool) -> None:
        super().__init__()
        self._shape = problem.n_users, problem.n_items
        self._pairs = torch.stack([problem.user, problem.item])  # (2, n_pairs)
        self.users = nn.Parameter(torch.empty(problem.n_users, dim))
        self.items = nn.Parameter(torch.empty(problem.n_items, dim))
        values = {name: problem.values(name) for name in problem.known_content("this model")}
        self.project = nn.ModuleDict(
            {name: nn.Linear(part.shape[1], dim, bias) for name, part in values.items()}
        )
        self._values = values
        if train_features:
            self.features = nn.ParameterDict(
                {name: nn.Parameter(part.clone()) for name, part in values.items()}
            )

    def projected(self, name: str) -> torch.Tensor:
        """The vectors of all items by one modality, (n_items, dim)."""
        values = self.features[name] if hasattr(self, "features") else self._values[name]
        return self.project[name](values)


class PlainFREEDOM(PlainNetwork):
    """Zhou and Shen (2023), https://arxiv.org/abs/2211.06924.

    Parameters
    ----------
    problem : Problem
    settings : FREEDOM
    train_features : bool
    """

    def __init__(self, problem: Problem, settings: FREEDOM, train_features: bool = False) -> None:
        super().__init__(problem, settings.dim, train_features, bias=False)
        self._settings = settings
        self._whole = self._kept = adjacency(self._pairs, self._shape)
        image, text = (
            nearest_alike(self._values[name], N_NEIGHBORS) * SHARES[name]
            for name in ("image", "text")
        )
        self._near = (image + text).coalesce()
        user, item = (torch.bincount(ends)[ends].float() for ends in self._pairs)
        self._odds = (user * item).rsqrt()

    def begin_epoch(self, epoch: int) -> None:
        """Keep a share of the pairs, those of popular users and items more seldom."""
        n = int(len(self._odds) * self._settings.keep)
        kept = torch.multinomial(self._odds, n)
        self._kept = adjacency(self._pairs[:, kept], self._shape)

    def loss(self, batch: Batch) -> torch.Tensor:
        """BPR of the vectors, and of users and projected content."""
        users, items = self._vectors(self._kept)
        total = ranked(users, items, batch)
        for name in self.project:
            total = total + self._settings.regularisation * ranked(
                users, self.projected(name), batch
            )
        return total

    def forward(self) -> Pair:
        """Vectors over the whole graph."""
        return self._vectors(self._whole)

    def _vectors(self, graph: torch.Tensor) -> Pair:
        users, items = mean_of_layers(graph, self.users, self.items, self._settings.n_layers)
        near = self.items
        for _ in range(self._settings.n_item_layers):
            near = torch.sparse.mm(self._near, near)
        return users, items + near


class PlainBM3(PlainNetwork):
    """Zhou and others (2023), https://arxiv.org/abs/2207.05969.

    Parameters
    ----------
    problem : Problem
    settings : BM3
    train_features : bool
    """

    def __init__(self, problem: Problem, settings: BM3, train_features: bool = False) -> None:
        super().__init__(problem, settings.dim, train_features, bias=True)
        self._settings = settings
        self._graph = adjacency(self._pairs, self._shape)
        self.predict = nn.Linear(settings.dim, settings.dim)

    def loss(self, batch: Batch) -> torch.Tensor:
        """How far are those that foretell from their targets?"""
        users, items = self._vectors()
        user, item = users[batch.user], items[batch.positive]
        of_user, of_item = self._target(user), self._target(item)
        foretold_users, foretold_items = self.predict(users), self.predict(items)
        total = _apart(foretold_users[batch.user], of_item)
        total = total + _apart(foretold_items[batch.positive], of_user)
        for name in self.project:
            seen = self.projected(name)
            foretold = self.predict(seen)[batch.positive]
            apart = _apart(foretold, of_item)
            apart = apart + _apart(foretold, self._target(seen[batch.positive]))
            total = total + self._settings.content_weight * apart
        squares = user.square().sum(1).mean() + item.square().sum(1).mean()
        return total + self._settings.regularisation * squares / 2

    def forward(self) -> Pair:
        """Vectors that foretell."""
        users, items = self._vectors()
        return self.predict(users), self.predict(items)

    def _vectors(self) -> Pair:
        users, items = mean_of_layers(self._graph, self.users, self.items, self._settings.n_layers)
        return users, items + self.items

    def _target(self, vectors: torch.Tensor) -> torch.Tensor:
        # Drawn as ours does, so that both drop the same; a cosine needs no scaling up.
        return vectors.detach() * (torch.rand_like(vectors) >= self._settings.dropout)


def adjacency(pairs: torch.Tensor, shape: tuple[int, int], loops: bool = False) -> torch.Tensor:
    """D^-1/2 A D^-1/2 of users and items as one graph, sparse (n, n).

    Parameters
    ----------
    pairs : (2, n_pairs) int64
        Users, and items.
    shape : (n_users, n_items)
    loops : bool
        Whether each is beside itself: A + I in the place of A.
    """
    user, item = pairs[0], pairs[1] + shape[0]
    n = sum(shape)
    own = torch.arange(n if loops else 0)
    ends = torch.stack([torch.cat([user, item, own]), torch.cat([item, user, own])])
    degree = torch.bincount(ends[0], minlength=n).float()
    values = (degree[ends[0]] * degree[ends[1]]).rsqrt()
    return torch.sparse_coo_tensor(ends, values, (n, n), check_invariants=False).coalesce()


def layers(graph: torch.Tensor, users: torch.Tensor, items: torch.Tensor, n: int) -> torch.Tensor:
    """Users above items, and what ``n`` steps along the graph make of them: (n + 1, rows, d)."""
    steps = [torch.cat([users, items])]
    for _ in range(n):
        steps.append(torch.sparse.mm(graph, steps[-1]))
    return torch.stack(steps)


def mean_of_layers(graph: torch.Tensor, users: torch.Tensor, items: torch.Tensor, n: int) -> Pair:
    """LightGCN (He and others 2020, https://arxiv.org/abs/2002.02126)."""
    mean = layers(graph, users, items, n).mean(0)
    return mean[: len(users)], mean[len(users) :]


def nearest_alike(values: torch.Tensor, k: int) -> torch.Tensor:
    """Each item's ``k`` nearest by cosine, itself among them, 1 / k each: sparse (n, n)."""
    units = functional.normalize(values)
    near = (units @ units.T).topk(k).indices
    row = torch.arange(len(values))[:, None].expand_as(near)
    ends = torch.stack([row.reshape(-1), near.reshape(-1)])
    alike = torch.full((ends.shape[1],), 1 / k)
    shape = len(values), len(values)
    return torch.sparse_coo_tensor(ends, alike, shape, check_invariants=False).coalesce()


def ranked(users: torch.Tensor, items: torch.Tensor, batch: Batch) -> torch.Tensor:
    """BPR (Rendle and others 2009, https://arxiv.org/abs/1205.2618) of a batch."""
    user = users[batch.user]
    taken, other = items[batch.positive], items[batch.negative]
    return -functional.logsigmoid((user * taken).sum(1) - (user * other).sum(1)).mean()


def _apart(foretold: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return 1 - functional.cosine_similarity(foretold, target).mean()
