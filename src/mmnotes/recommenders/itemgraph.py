"""Item graphs as matrices: which edges, with which weights, brought to one size how."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from mmnotes.errors import InputError
from mmnotes.features.content import Modality
from mmnotes.recommenders.inductive import edge_weights
from mmnotes.recommenders.problem import Problem, constant
from mmnotes.recommenders.sparse import Spread


@dataclass(frozen=True)
class Edges:
    """Edges from items to their neighbours, (n_edges,) each: ``value`` stands at (row, column)."""

    row: torch.Tensor
    column: torch.Tensor
    value: torch.Tensor

    def by_rows(self, n: int) -> "Edges":
        """Values divided by the sum of their row: D^-1 S."""
        share = _power(self._sums(n), -1.0)
        return Edges(self.row, self.column, self.value * share[self.row])

    def symmetric(self, n: int) -> "Edges":
        """D^-1/2 S D^-1/2, D the sums of the rows: what LATTICE does, though S is directed."""
        share = _power(self._sums(n), -0.5)
        return Edges(self.row, self.column, self.value * share[self.row] * share[self.column])

    def times(self, factor: torch.Tensor | float) -> "Edges":
        """Values times a number, or times one for each edge (n_edges,)."""
        return Edges(self.row, self.column, self.value * factor)

    def spread(self, n: int) -> Spread:
        """The matrix, with values that stay as they are."""
        return Spread(self.row, self.column, self.value.detach(), n)

    def _sums(self, n: int) -> torch.Tensor:
        return self.value.new_zeros(n).index_add(0, self.row, self.value)


def _power(sums: torch.Tensor, exponent: float) -> torch.Tensor:
    """Of positive sums; 0 of the others, so that such an item is left out of the graph.

    A learned cosine may be negative, and so may be a sum of them: LATTICE gives NaN then. And an
    item that is not its own neighbour, as some in published graphs are not, may have cold ones
    alone: nothing to divide by.
    """
    positive = sums > 0
    return torch.where(positive, sums, 1.0).pow(exponent) * positive


def warm_edges(modality: Modality, problem: Problem, weights: str) -> Edges:
    """The edges of one modality's graph between items with a training pair.

    An item is its own neighbour, as in published graphs. Edges from and to cold items are left
    out. Who a warm item's nearest are was found among all items, though, as in a published graph,
    and nobody takes the place of a cold one: the graph of training is thinner than one of warm
    items alone would be.

    Parameters
    ----------
    modality : Modality
    problem : Problem
    weights : {"cosine", "binary"}
        Cosines, 1 where unknown; or 1 for every neighbour.
    """
    if weights not in ("cosine", "binary"):
        raise ValueError(f"weights must be 'cosine' or 'binary', not {weights!r}")
    graph = modality.graph
    near = constant(graph.index, problem.device)
    value = constant(edge_weights(modality), problem.device)
    row = torch.arange(problem.n_items, device=problem.device)[:, None].expand_as(near)
    counts = problem.warm[row] & problem.warm[near]
    row, near, value = row[counts], near[counts], value[counts]
    return Edges(row, near, torch.ones_like(value) if weights == "binary" else value)


def mixed(problem: Problem, shares: Mapping[str, float], weights: str, normalise: str) -> Spread:
    """The graph of :func:`mixed_edges` as a matrix between items."""
    even = {name: torch.tensor(share) for name, share in shares.items()}
    return mixed_edges(problem, even, weights, normalise).spread(problem.n_items)


def mixed_edges(
    problem: Problem, shares: Mapping[str, torch.Tensor], weights: str, normalise: str
) -> Edges:
    r""":math:`\sum_m \text{share}_m \hat S_m` over the modalities' frozen graphs.

    Parameters
    ----------
    problem : Problem
    shares : dict of () tensors
        By modality, differentiable; see :func:`by_item` for items that lack one.
    weights : {"cosine", "binary"}
    normalise : {"rows", "symmetric"}
    """
    n = problem.n_items
    content = problem.known_content("an item graph")
    edges = {name: warm_edges(content[name], problem, weights) for name in shares}
    even = {
        name: part.by_rows(n) if normalise == "rows" else part.symmetric(n)
        for name, part in edges.items()
    }
    share = by_item(even, shares, n)
    return joined(part.times(share[name][part.row]) for name, part in even.items())


def by_item(
    parts: Mapping[str, Edges], shares: Mapping[str, torch.Tensor], n: int
) -> dict[str, torch.Tensor]:
    """How much does each modality count for each item? (n,) by modality, adding up to 1.

    A modality in which an item has no neighbour but itself counts nothing for it, and the others
    take its share. An item without a neighbour in any has 0 everywhere.

    Parameters
    ----------
    parts : dict of Edges
    shares : dict of () tensors
        Differentiable.
    n : int
        Items.
    """
    weighed = {}
    for name, part in parts.items():
        linked = torch.zeros(n, device=part.row.device)
        linked[part.row[(part.row != part.column) & (part.value != 0)]] = 1
        weighed[name] = shares[name] * linked
    total = torch.stack(list(weighed.values())).sum(0)
    total = torch.where(total > 0, total, 1.0)
    return {name: share / total for name, share in weighed.items()}


def joined(parts: Iterable[Edges]) -> Edges:
    """All edges of several graphs: where two stand in the same place, they add up."""
    rows, columns, values = zip(*((p.row, p.column, p.value) for p in parts), strict=True)
    return Edges(torch.cat(rows), torch.cat(columns), torch.cat(values))


def shares_of(names: Sequence[str], shares: Mapping[str, float] | None) -> dict[str, float]:
    """The share of each modality that is there, adding up to 1; all alike if none is given.

    Raises
    ------
    InputError
        If a modality has no share, a share is negative, or those of the modalities that are there
        add up to 0.

    Examples
    --------
    >>> shares_of(("text",), {"image": 0.1, "text": 0.9})
    {'text': 1.0}
    """
    if shares is not None and not isinstance(shares, Mapping):
        raise InputError(f"shares must be a dict from modality to share, not {shares!r}")
    absent = [name for name in names if shares is not None and name not in shares]
    if absent:
        raise InputError(
            f"shares={dict(shares or {})}: {', '.join(absent)} has none; give it one, or 0"
        )
    there = {name: 1.0 if shares is None else shares[name] for name in names}
    total = sum(there.values())
    if not min(there.values()) >= 0 or not total > 0:
        raise InputError(
            f"shares={dict(shares or {})}: of the modalities {', '.join(names)} at least one must "
            "have a share above 0, and none one below"
        )
    return {name: share / total for name, share in there.items()}
