"""Content brought to the length of free vectors, for the items of a batch alone.

Raw features are long: those of a batch's items are as many numbers as all free vectors together,
and a fresh copy of them costs more than their product with a matrix. So each item is taken once,
however often it stands in the batch, and a block of items at a time, which stays in the cache.
"""

from typing import Any

import torch
from torch import nn

_CELLS = 2**20  # features of a block on a CPU: 4 MiB


def glorot_linear(n_in: int, n_out: int, bias: bool = True) -> nn.Linear:
    """A linear layer, its weights drawn from a normal as Glorot and Bengio (2010) say."""
    layer = nn.Linear(n_in, n_out, bias=bias)
    nn.init.xavier_normal_(layer.weight)
    return layer


def linear_of_rows(
    values: torch.Tensor,
    rows: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    """``functional.linear(values[rows], weight, bias)`` of features that are not trained.

    Parameters
    ----------
    values : (n_items, n_in)
        Constants: no gradient flows to them.
    rows : (n,) int64
        Repeated rows are worked out once.
    weight : (n_out, n_in)
    bias : (n_out,), optional

    Returns
    -------
    (n, n_out)

    Examples
    --------
    >>> values = torch.tensor([[1.0, 0.0], [1.0, 2.0]])
    >>> linear_of_rows(values, torch.tensor([1, 0, 1]), torch.tensor([[1.0, 3.0]]))[:, 0]
    tensor([7., 1., 7.])
    """
    unique, back = torch.unique(rows, return_inverse=True)
    found = _LinearOfRows.apply(weight, values, unique).index_select(0, back)
    return found if bias is None else found + bias


class _LinearOfRows(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, weight: torch.Tensor, values: torch.Tensor, rows: torch.Tensor
    ) -> torch.Tensor:
        ctx.values, ctx.rows = values, rows
        found = values.new_empty(len(rows), len(weight))
        for place in _blocks(values, len(rows)):
            torch.mm(values.index_select(0, rows[place]), weight.T, out=found[place])
        return found

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        values, rows = ctx.values, ctx.rows
        total = values.new_zeros(gradient.shape[1], values.shape[1])
        for place in _blocks(values, len(rows)):
            total.addmm_(gradient[place].T, values.index_select(0, rows[place]))
        return total, None, None


def _blocks(values: torch.Tensor, n: int) -> list[slice]:
    """Rows at a time, (n,) in all; a GPU takes all of them."""
    size = max(1, n if values.is_cuda else _CELLS // max(1, values.shape[1]))
    return [slice(at, at + size) for at in range(0, n, size)]
