"""LATTICE as one would write it from the paper: item graphs are dense matrices."""

import torch
from torch import nn
from torch.nn import functional

from mmnotes.recommenders.learned import GraphSettings
from mmnotes.recommenders.network import Network, Pair, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch


class DenseGraphs(Network):
    """What LATTICE and MICRO share, in stock operations of torch: content is trained as published.

    Every item has a training pair and every modality, and n × n matrices fit into memory.

    Parameters
    ----------
    problem : Problem
    settings : LATTICE or MICRO
        Dimensions, layers, k, λ and regularisation are taken from it; the graph is learned,
        rebuilt at the first batch of an epoch and at each evaluation, and constant in between.
    by_products : bool
        How graphs are normalised, see :func:`normalised`.
    """

    def __init__(
        self, problem: Problem, settings: GraphSettings, by_products: bool = False
    ) -> None:
        super().__init__()
        self._by_products = by_products
        content = problem.known_content(type(self).__name__)
        self._settings, self._names = settings, content.names
        self._n = problem.n_users, problem.n_items
        self._adjacency = _with_loops(problem)
        values = {name: problem.values(name) for name in content}
        self.users = table(problem.n_users, settings.dim)
        self.items = table(problem.n_items, settings.dim)
        self.features = nn.ParameterDict(
            {name: nn.Parameter(part.clone()) for name, part in values.items()}
        )
        self.project = nn.ModuleDict(
            {name: nn.Linear(part.shape[1], settings.dim) for name, part in values.items()}
        )
        self._frozen = {
            name: normalised(neighbours(part, content[name].graph.k), by_products)
            for name, part in values.items()
        }
        self._graphs: list[torch.Tensor] = []

    def begin_epoch(self, epoch: int) -> None:
        """Forget the item graphs."""
        self._graphs = []

    def loss(self, batch: Batch) -> torch.Tensor:
        """BPR and half the squared lengths of the batch's vectors; subclasses add to it."""
        graphs = self._graphs or self.build()
        views = self.views(graphs)
        fused = self.fused(views)
        users, items = self.vectors(fused)
        rows = users[batch.user], items[batch.positive], items[batch.negative]
        margin = (rows[0] * rows[1]).sum(1) - (rows[0] * rows[2]).sum(1)
        squares = sum(part.pow(2).sum() for part in rows) / (2 * len(batch))
        total = -functional.logsigmoid(margin).mean() + self._settings.regularisation * squares
        total = total + self.contrast(views, fused)
        self._graphs = [graph.detach() for graph in graphs]
        return total

    def forward(self) -> Pair:
        """Vectors by graphs that are built anew."""
        return self.vectors(self.fused(self.views(self.build())))

    def vectors(self, near: torch.Tensor) -> Pair:
        """LightGCN's vectors, the items' with the direction of ``near`` added."""
        layer = torch.cat([self.users, self.items])
        layers = [layer]
        for _ in range(self._settings.n_layers):
            layer = torch.sparse.mm(self._adjacency, layer)
            layers.append(layer)
        users, items = torch.stack(layers).mean(0).split(self._n)
        return users, items + functional.normalize(near)

    def views(self, graphs: list[torch.Tensor]) -> list[torch.Tensor]:
        """The items' free vectors spread over each graph."""
        found = []
        for graph in graphs:
            near: torch.Tensor = self.items
            for _ in range(self._settings.n_item_layers):
                near = graph @ near
            found.append(near)
        return found

    def learned(self, name: str) -> torch.Tensor:
        """Cosines of the nearest items by the projected content, (n, n)."""
        return neighbours(self.project[name](self.features[name]), self._settings.k)

    def build(self) -> list[torch.Tensor]:
        """The item graphs, (n, n) each."""
        raise NotImplementedError

    def fused(self, views: list[torch.Tensor]) -> torch.Tensor:
        """One view of all."""
        raise NotImplementedError

    def contrast(self, views: list[torch.Tensor], fused: torch.Tensor) -> torch.Tensor | float:
        """What else the loss holds."""
        return 0.0


class DenseLattice(DenseGraphs):
    """LATTICE, see :class:`~mmnotes.recommenders.lattice.LATTICE` for the equations."""

    def __init__(
        self, problem: Problem, settings: GraphSettings, by_products: bool = False
    ) -> None:
        super().__init__(problem, settings, by_products)
        self.weights = nn.Parameter(torch.full((len(self._names),), 0.5))

    def build(self) -> list[torch.Tensor]:
        """λ times the frozen graphs, plus 1 - λ times the learned ones."""
        share, weights = self._settings.frozen_share, self.weights.softmax(0)
        pairs = list(zip(weights, self._names, strict=True))
        mixture = sum((w * self.learned(name) for w, name in pairs), torch.zeros(()))
        learned = normalised(mixture, self._by_products)
        frozen = sum((w * self._frozen[name] for w, name in pairs), torch.zeros(()))
        return [share * frozen + (1 - share) * learned]

    def fused(self, views: list[torch.Tensor]) -> torch.Tensor:
        """The only view."""
        return views[0]


def neighbours(values: torch.Tensor, k: int) -> torch.Tensor:
    """Cosines of each row's k nearest, itself among them, and 0 elsewhere, (n, n)."""
    units = values / values.norm(dim=1, keepdim=True)
    top = (units @ units.T).topk(k, dim=1)
    return torch.zeros(len(values), len(values)).scatter(1, top.indices, top.values)


def normalised(graph: torch.Tensor, by_products: bool) -> torch.Tensor:
    """D^-1/2 S D^-1/2 with the sums of the rows, (n, n).

    ``by_products`` with diagonal matrices, n³ work, as the authors' code does; or by scaling rows
    and columns.
    """
    root = graph.sum(1).rsqrt()
    if by_products:
        diagonal = torch.diag(root)
        return diagonal @ graph @ diagonal
    return root[:, None] * graph * root


def _with_loops(problem: Problem) -> torch.Tensor:
    """D^-1 (A + I) of users and items, sparse."""
    n = problem.n_users + problem.n_items
    item = problem.item + problem.n_users
    loops = torch.arange(n)
    ends = torch.stack(
        [torch.cat([problem.user, item, loops]), torch.cat([item, problem.user, loops])]
    )
    degree = torch.bincount(ends[0], minlength=n)
    value = 1 / degree[ends[0]]
    return torch.sparse_coo_tensor(ends, value, (n, n), check_invariants=False).coalesce()
