"""Graph vectors that learn to foretell each other, without a single negative."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.network import Network, NewItems, Pair, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.projection import glorot_linear, linear_of_rows
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender


@dataclass(repr=False, eq=False, kw_only=True)
class BM3(TrainedRecommender):
    r"""A user's vector is to foretell the item's, the item's the user's, and content the item's.

    Zhou and others (2023), https://arxiv.org/abs/2207.05969. With X the layers' mean of LightGCN
    over the free vectors E, p a linear predictor that all share, and δ dropout behind which no
    gradient flows,

    .. math::
        x_u = X_u, \quad x_i = X_i + E_i, \quad f_m = W_m v_m + b_m, \quad
        c(a, b) = 1 - \cos(p(a), \delta(b))

        L = c(x_u, x_i) + c(x_i, x_u) + \gamma \sum_m [c(f_m, x_i) + c(f_m, f_m)]
            + \tfrac{\lambda}{2} (\lVert x_u \rVert^2 + \lVert x_i \rVert^2)

    as a mean over the pairs of a batch, and :math:`s(u, i) = p(x_u)^\top p(x_i)`. No content is in
    a score, and no gradient goes from content to users or items: what it teaches passes through p
    alone. A modality's terms are a mean over the pairs whose item has it.

    The vector of an item without a training pair points where :math:`p(f_m)` does, by the mean of
    those directions over its modalities. The loss knows cosines only, so content does not tell how
    long it should be: it gets the mean length of the warm items' vectors.

    Parameters
    ----------
    dim : int
    n_layers : int
        Of the graph of users and items.
    dropout : float
        Share of a target's entries that are dropped, in [0, 1).
    content_weight : float
        γ.
    regularisation : float
        λ. MMRec takes the length of the whole tables, not squared, over the number of items, which
        pulls also at items that nobody took; its weights mean something else. Of the vectors of a
        batch 0.1 is too much: with the 3,000 most active users of Amazon Baby, Recall@20 on the
        validation part was 0.052 in one run, and 0.065 without regularisation.
    train_features : bool
        As in published code, the vectors of content v are trained too. They are free vectors then,
        and most of what they add is there whatever they started from.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
        Negatives are drawn and not looked at.
    """

    dim: int = 64
    n_layers: int = 1
    dropout: float = 0.5
    content_weight: float = 2.0
    regularisation: float = 1e-3
    train_features: bool = False

    def _network(self, problem: Problem) -> Network:
        if not 0 <= self.dropout < 1:
            raise InputError(f"BM3: dropout must be at least 0 and below 1, not {self.dropout}")
        return _Bootstrap(problem, self)


class _Bootstrap(Network):
    def __init__(self, problem: Problem, settings: BM3) -> None:
        super().__init__()
        content = problem.known_content("BM3")
        self._settings, self._warm = settings, problem.warm
        self._graph = problem.bipartite("symmetric")
        self._present = {name: problem.present(name) for name in content}
        values = {name: problem.values(name) for name in content}
        self.hold(values, settings.train_features)
        self.users = table(problem.n_users, settings.dim)
        self.items = table(problem.n_items, settings.dim)
        self.predict = glorot_linear(settings.dim, settings.dim)
        self.project = nn.ModuleDict(
            {name: glorot_linear(part.shape[1], settings.dim) for name, part in values.items()}
        )

    def loss(self, batch: Batch) -> torch.Tensor:
        users, items = self._vectors()
        user, item = users.index_select(0, batch.user), items.index_select(0, batch.positive)
        of_user, of_item = self._target(user), self._target(item)
        ranked = _apart(self.predict(user), of_item) + _apart(self.predict(item), of_user)
        settings = self._settings
        return (
            ranked.mean()
            + settings.content_weight * self._of_content(batch.positive, of_item)
            + settings.regularisation * half_squares(user, item)
        )

    def forward(self) -> Pair:
        users, items = self._vectors()
        return self.predict(users), self.predict(items)

    def new_items(self, items: NewItems) -> torch.Tensor:
        foretold = [
            functional.normalize(self.predict(self.project[name](items.values[name])))
            * items.present[name][:, None]
            for name in self._present
        ]
        length = self()[1][self._warm].norm(dim=1).mean()
        return functional.normalize(torch.stack(foretold).sum(0)) * length

    def _vectors(self) -> Pair:
        users, items = self._graph.mean_of_layers(self.users, self.items, self._settings.n_layers)
        return users, items + self.items

    def _of_content(self, rows: torch.Tensor, of_item: torch.Tensor) -> torch.Tensor:
        """What content foretells: the vectors of the items, and itself."""
        total = torch.zeros((), device=rows.device)
        for name, present in self._present.items():
            seen = self._projected(name, rows)
            foretold = self.predict(seen)
            apart = _apart(foretold, of_item) + _apart(foretold, self._target(seen))
            there = present[rows].to(apart.dtype)
            total = total + (apart * there).sum() / there.sum().clamp(min=1)
        return total

    def _projected(self, name: str, rows: torch.Tensor) -> torch.Tensor:
        if self.trains_content:
            return self.project[name](self.held(name).index_select(0, rows))
        return linear_of_rows(self.held(name), rows, *self.project[name].parameters())

    def _target(self, vectors: torch.Tensor) -> torch.Tensor:
        # A cosine does not ask how long a vector is, so what is left needs no scaling up.
        kept = torch.rand_like(vectors) >= self._settings.dropout
        return vectors.detach() * kept


def _apart(foretold: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus the cosine, row by row, (n,)."""
    return 1 - functional.cosine_similarity(foretold, target)
