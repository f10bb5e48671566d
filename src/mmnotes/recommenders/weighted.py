"""Matrices between items whose values learn: gradients of the edges, and no matrix n × n."""

from typing import Any

import torch

from mmnotes.recommenders.itemgraph import Edges
from mmnotes.recommenders.sparse import Spread, product

_EDGES = 2**14  # whose ends' rows are held at once: 2 × 4 MiB


class Graph:
    """A matrix between items, differentiable in its values as long as they have a gradient.

    Parameters
    ----------
    edges : Edges
    n : int
        Items.

    Attributes
    ----------
    linked : (n,) bool
        Items with a neighbour.
    """

    def __init__(self, edges: Edges, n: int) -> None:
        self._edges, self.spread = edges, edges.spread(n)
        self.linked = torch.zeros(n, dtype=torch.bool, device=edges.row.device)
        self.linked[edges.row[edges.value.detach() != 0]] = True

    def __call__(self, vectors: torch.Tensor) -> torch.Tensor:
        """``matrix @ vectors``, (n, d)."""
        if self._edges.value.requires_grad:
            return _Weighted.apply(vectors, self._edges.value, self)
        return self.spread(vectors)

    def fix(self) -> None:
        """Let the values be constants from here on."""
        edges = self._edges
        self._edges = Edges(edges.row, edges.column, edges.value.detach())


class _Weighted(torch.autograd.Function):
    """The gradient of a value is the product of its ends' rows: no n × n matrix is made."""

    @staticmethod
    def forward(ctx: Any, vectors: torch.Tensor, value: torch.Tensor, graph: Graph) -> torch.Tensor:
        ctx.save_for_backward(vectors)
        ctx.edges, ctx.spread = graph._edges, graph.spread
        return product(ctx.spread.matrix, vectors.contiguous())

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        (vectors,) = ctx.saved_tensors
        values = _products(gradient, vectors, ctx.edges.row, ctx.edges.column)
        return product(ctx.spread.transposed, gradient.contiguous()), values, None


class _Cosines(torch.autograd.Function):
    """Products of the rows at the ends of edges, whose way back is a sparse product as well."""

    @staticmethod
    def forward(
        ctx: Any, units: torch.Tensor, row: torch.Tensor, column: torch.Tensor
    ) -> torch.Tensor:
        ctx.save_for_backward(units, row, column)
        return _products(units, units, row, column)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        units, row, column = ctx.saved_tensors
        ends = Spread(row, column, gradient, len(units))
        return product(ends.matrix, units) + product(ends.transposed, units), None, None


def cosines(units: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """Of the rows (n, d) at unit length at the ends of edges, (n_edges,), differentiable."""
    return _Cosines.apply(units, row, column)


def _products(
    left: torch.Tensor, right: torch.Tensor, row: torch.Tensor, column: torch.Tensor
) -> torch.Tensor:
    """``left[row] · right[column]``, (n_edges,), a part of the edges at a time."""
    ends = zip(row.split(_EDGES), column.split(_EDGES), strict=True)
    return torch.cat(
        [(left.index_select(0, one) * right.index_select(0, other)).sum(1) for one, other in ends]
    )
