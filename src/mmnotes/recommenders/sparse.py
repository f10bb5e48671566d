"""Sparse matrices that stay as they are while vectors flow through them."""

import warnings
from typing import Any

import torch
from torch.autograd.function import once_differentiable

# A product of compressed rows needs MKL on a CPU; without it (Apple's processors) coordinates do.
_ROWS = torch.backends.mkl.is_available()


def compressed(
    row: torch.Tensor, column: torch.Tensor, value: torch.Tensor, shape: tuple[int, int]
) -> torch.Tensor:
    """A sparse matrix of entries that come by row, each place once.

    Parameters
    ----------
    row, column : (n_entries,) int64
    value : (n_entries,) float32
    shape : (n_rows, n_columns)
    """
    if not (_ROWS or row.is_cuda):
        return torch.sparse_coo_tensor(
            torch.stack([row, column]), value, shape, is_coalesced=True, check_invariants=False
        )
    starts = torch.zeros(shape[0] + 1, dtype=torch.int32, device=row.device)
    starts[1:] = torch.bincount(row, minlength=shape[0]).cumsum(0)
    column = column.to(torch.int32)  # as MKL wants them: others are converted at every product
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(starts, column, value, shape, check_invariants=False)


def product(
    matrix: torch.Tensor,
    vectors: torch.Tensor,
    out: torch.Tensor | None = None,
    add: torch.Tensor | None = None,
) -> torch.Tensor:
    """``matrix @ vectors + add``, into ``out`` if it is given; not differentiable."""
    if out is None:
        out = vectors.new_empty(matrix.shape[0], vectors.shape[1])
    beta = float(add is not None)  # with 0, what stands in the memory is not read
    given = out if add is None else add
    if matrix.layout is torch.sparse_csr:
        return torch.addmm(given, matrix, vectors, beta=beta, out=out)
    return out.copy_(torch.addmm(given, matrix, vectors, beta=beta))


class Spread:
    """A fixed matrix between items, and its transpose for the way back.

    Parameters
    ----------
    row, column : (n_entries,) int64
        In any order; entries in the same place are added up.
    value : (n_entries,) float
        Of the type of the vectors that will flow.
    n : int
        Rows and columns.
    """

    def __init__(
        self, row: torch.Tensor, column: torch.Tensor, value: torch.Tensor, n: int
    ) -> None:
        place, at = torch.unique(row * n + column, return_inverse=True)
        value = value.new_zeros(len(place)).index_add_(0, at, value)
        row, column = place // n, place % n
        order = torch.argsort(column, stable=True)
        self.matrix = compressed(row, column, value, (n, n))
        self.transposed = compressed(column[order], row[order], value[order], (n, n))

    def __call__(self, vectors: torch.Tensor) -> torch.Tensor:
        """``matrix @ vectors``, (n, d), differentiable in the vectors."""
        return _Spread.apply(vectors, self)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: torch.Tensor, spread: Spread) -> torch.Tensor:
        ctx.spread = spread
        return product(spread.matrix, vectors.contiguous())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return product(ctx.spread.transposed, gradient.contiguous()), None
