"""Item graphs that learn: who is near whom after a linear map that training moves."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.inductive import nearest
from mmnotes.recommenders.itemgraph import Edges
from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, half_squares, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.weighted import Graph, cosines

GRAPHS = ("learned", "frozen")
REBUILDS = ("epoch", "step")


class GraphSettings(Protocol):
    """What LATTICE and MICRO are told alike; see there."""

    dim: int
    n_layers: int
    n_item_layers: int
    k: int
    graph: str
    frozen_share: float
    rebuild: str
    adjacency: str
    regularisation: float
    train_features: bool


class GraphNetwork(Network):
    """Free vectors smoothed over who took what, plus those of near items at unit length.

    Items are near by a mixture of two graphs: of content as it is, and of content as the network
    projects it. The second is searched anew at the first step of an epoch and whenever the model
    is evaluated; then its values are constants until the next epoch, as published: so projections
    get one gradient an epoch.
    """

    def __init__(self, problem: Problem, settings: GraphSettings, model: str) -> None:
        super().__init__()
        content = problem.known_content(model)
        _check(settings)
        self._problem, self._settings = problem, settings
        self._graph = problem.bipartite(settings.adjacency)
        self._graphs: list[Graph] = []
        self._found: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        self.users = table(problem.n_users, settings.dim)
        self.items = table(problem.n_items, settings.dim)
        if settings.graph == "frozen":
            return
        values = {name: problem.values(name) for name in content}
        self._pool = {
            name: torch.nonzero(problem.warm & problem.present(name))[:, 0] for name in content
        }
        self.project = nn.ModuleDict(
            {name: nn.Linear(part.shape[1], settings.dim) for name, part in values.items()}
        )
        self.hold(values, settings.train_features)

    def begin_epoch(self, epoch: int) -> None:
        """Forget the learned graph."""
        if self._settings.graph == "learned":
            self._graphs = []

    def loss(self, batch: Batch) -> torch.Tensor:
        """BPR, half the squared lengths after propagation, and what the model adds."""
        graphs = self._graphs or self.build()
        near, views = self.near(graphs)
        rows = self._rows(batch, near)
        total = bpr(*rows) + self._settings.regularisation * half_squares(*rows)
        total = total + self.contrast(batch, graphs, near, views)
        if self._settings.rebuild == "epoch":
            self._graphs = graphs
            for graph in graphs:
                graph.fix()
        return total

    def forward(self) -> Pair:
        """Vectors by item graphs as the parameters are now."""
        return self._vectors(self.near(self._as_now())[0])

    def _as_now(self) -> list[Graph]:
        kept = self._graphs if self._settings.graph == "frozen" else []
        return kept or self.build()

    def _vectors(self, near: torch.Tensor) -> Pair:
        users, items = self._layers()
        return users, items + functional.normalize(near)

    def _rows(self, batch: Batch, near: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The batch's rows of :meth:`_vectors`, of which no others are worked out."""
        user, *items = batch.of(*self._layers())
        both = near.index_select(0, torch.cat([batch.positive, batch.negative]))
        directions = functional.normalize(both).split(len(batch))
        return user, *(part + way for part, way in zip(items, directions, strict=True))

    def _layers(self) -> Pair:
        return self._graph.mean_of_layers(self.users, self.items, self._settings.n_layers)

    @abstractmethod
    def build(self) -> list[Graph]:
        """The item graphs as the parameters are now."""

    @abstractmethod
    def near(self, graphs: list[Graph]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What near items say of each item, (n_items, d); and the views that it is made of."""

    def contrast(
        self,
        batch: Batch,
        graphs: list[Graph],
        near: torch.Tensor,
        views: list[torch.Tensor],
    ) -> torch.Tensor | float:
        """What else the loss holds."""
        return 0.0

    def smoothed(self, graph: Graph, last: bool = True) -> torch.Tensor:
        """Items' free vectors spread over an item graph, (n_items, d); or all but the last time."""
        near: torch.Tensor = self.items
        for _ in range(self._settings.n_item_layers - (not last)):
            near = graph(near)
        return near

    def learned_edges(self, name: str) -> Edges:
        """Each item's nearest by the projected content, itself among them; cosines as values.

        Which are near has no gradient, their cosines have: what a dense cosine matrix would get,
        most of which is zero. A negative cosine counts as 0, lest a sum of them be negative, of
        which the published normalisation makes NaN.
        """
        pool = self._pool[name]
        k = min(self._settings.k, len(pool))
        if not k:
            nothing = torch.zeros(0, dtype=torch.int64, device=pool.device)
            return Edges(nothing, nothing, self.items.new_zeros(0))
        units = self._units(name)
        place = self._places(name, units.detach(), k)
        row = torch.arange(len(pool), device=pool.device).repeat_interleave(k)
        column = place.flatten()
        return Edges(pool[row], pool[column], cosines(units, row, column).clamp(min=0))

    def _places(self, name: str, units: torch.Tensor, k: int) -> torch.Tensor:
        """Rows of ``units`` nearest to each, (n, k); an evaluation's are the next epoch's too."""
        if name not in self._found or not torch.equal(self._found[name][0], units):
            self._found[name] = units, nearest(units, units, k)[0]
        return self._found[name][1]

    def learned_links(self, items: NewItems) -> NewItems:
        """New items with their neighbours by the projected content."""
        near, cosine = dict(items.near), dict(items.cosine)
        for name, pool in self._pool.items():
            k = min(self._settings.k, len(pool))
            if k and len(items.values[name]):
                units = functional.normalize(self.project[name](items.values[name]))
                place, found = nearest(units, self._units(name), k)
                near[name] = pool[place]
                cosine[name] = torch.where(items.present[name][:, None], found, 0.0)
        return replace(items, near=near, cosine=cosine)

    def _units(self, name: str) -> torch.Tensor:
        projected = self.project[name](self.held(name))
        return functional.normalize(projected.index_select(0, self._pool[name]))

    def near_of_new(self, items: NewItems) -> dict[str, torch.Tensor]:
        """By modality what warm neighbours say of new items, (n, d) each; zeros without any.

        Means of their free vectors, weighed by cosine; those of the learned graph mixed in as in
        training.
        """
        passed = self._passed_on(tuple(items.near))
        means = _means(items, passed)
        if self._settings.graph == "frozen":
            return means
        learned, share = _means(self.learned_links(items), passed), self._settings.frozen_share
        return {name: torch.lerp(learned[name], means[name], share) for name in means}

    def _passed_on(self, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
        """By modality what the last layer of its item graph takes the mean of, (n_items, d)."""
        if self._settings.n_item_layers == 1:  # needs no graph
            return dict.fromkeys(names, self.items)
        passed = [self.smoothed(graph, last=False) for graph in self._as_now()]
        each = passed * len(names) if len(passed) == 1 else passed
        return dict(zip(names, each, strict=True))


def _means(items: NewItems, vectors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name: items.mean_of_neighbors(name, vectors[name], items.cosine[name].clamp(min=0))
        for name in items.near
    }


def combined(views: Mapping[str, torch.Tensor], shares: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Views weighed by their shares, (n, d); a view of zeros leaves its share to the others."""
    there = {name: shares[name] * (view != 0).any(1) for name, view in views.items()}
    total = torch.stack(list(there.values())).sum(0).clamp(min=1e-12)
    return torch.stack([(there[name] / total)[:, None] * views[name] for name in views]).sum(0)


def _check(settings: GraphSettings) -> None:
    if settings.graph not in GRAPHS or settings.rebuild not in REBUILDS:
        raise InputError(
            f"graph={settings.graph!r} and rebuild={settings.rebuild!r}: choose from "
            f"{', '.join(GRAPHS)} and {', '.join(REBUILDS)}"
        )
    low = min(settings.k, settings.n_item_layers)
    if low < 1 or not 0 <= settings.frozen_share <= 1:
        raise InputError(
            f"k={settings.k}, n_item_layers={settings.n_item_layers} and "
            f"frozen_share={settings.frozen_share}: k and n_item_layers must be at least 1, "
            "frozen_share from 0 to 1"
        )
