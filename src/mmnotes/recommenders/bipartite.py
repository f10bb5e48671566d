"""Users and items as one graph, and what it costs to pass messages along it: as little as can be.

A dense gradient over a sparse matrix is the transposed matrix times that gradient. Stock backward
passes work that out edge by edge, and fresh memory for each layer costs more than the arithmetic,
so both passes here are products with ready matrices into two buffers that take turns.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from mmnotes.errors import InputError
from mmnotes.recommenders.sparse import compressed, product

NORMALISATIONS = ("symmetric", "symmetric-loops", "row-loops")
Pair = tuple[torch.Tensor, torch.Tensor]


class Bipartite:
    r"""The normalised adjacency of users and items, :math:`\hat A`, in its two halves.

    Parameters
    ----------
    user, item : (n_edges,) int64
        By user and then by item, each pair once.
    shape : (n_users, n_items)
    normalise : {"symmetric", "symmetric-loops", "row-loops"}
        :math:`D^{-1/2} A D^{-1/2}` (LightGCN, He and others 2020,
        https://arxiv.org/abs/2002.02126); the same of :math:`A + I` (DiffMM); or
        :math:`D^{-1} (A + I)` (LATTICE and MICRO).
    keep : (n_edges,) bool, optional
        Edges that stay. Degrees are of the edges that stay.

    Raises
    ------
    InputError
        If there is no such normalisation.
    """

    def __init__(
        self,
        user: torch.Tensor,
        item: torch.Tensor,
        shape: tuple[int, int],
        normalise: str,
        keep: torch.Tensor | None = None,
    ) -> None:
        if normalise not in NORMALISATIONS:
            known = ", ".join(NORMALISATIONS)
            raise InputError(f"there is no normalisation {normalise!r}; choose from {known}")
        if keep is not None:
            user, item = user[keep], item[keep]
        self.shape = shape
        loops = float(normalise != "symmetric")
        power = -1.0 if normalise == "row-loops" else -0.5
        of_user, of_item = (
            (torch.bincount(ends, minlength=n).float() + loops).clamp_(min=1).pow_(power)
            for ends, n in ((user, shape[0]), (item, shape[1]))
        )
        even = torch.ones((), device=user.device)
        left = of_user[user], of_item[item]
        right = (even, even) if normalise == "row-loops" else (left[1], left[0])
        order = torch.argsort(item, stable=True)  # by item and then by user
        self.to_users = compressed(user, item, left[0] * right[0], shape)
        self.to_items = compressed(
            item[order], user[order], (left[1] * right[1])[order], shape[::-1]
        )
        # How much of itself a node keeps: the diagonal, (n_users, 1) and (n_items, 1).
        squared = 1 if normalise == "row-loops" else 2
        self.stays = (
            (of_user.pow(squared)[:, None], of_item.pow(squared)[:, None]) if loops else None
        )
        if normalise == "row-loops":  # only here is the transposed graph another one
            self._back = (
                compressed(user, item, left[1] * right[1], shape),
                compressed(item[order], user[order], (left[0] * right[0])[order], shape[::-1]),
            )
        else:
            self._back = self.to_users, self.to_items

    def sum_of_layers(
        self, users: torch.Tensor, items: torch.Tensor, n_layers: int, scale: float = 1.0
    ) -> Pair:
        r"""``scale`` times :math:`\sum_{l=0}^{L} \hat A^l X`, X the users' rows above the items'.

        Parameters
        ----------
        users : (n_users, d)
        items : (n_items, d)
        n_layers : int
            L.
        scale : float

        Returns
        -------
        (n_users, d), (n_items, d)
            Differentiable in both.

        Raises
        ------
        InputError
            If there are fewer than no layers.
        """
        return _Layers.apply(users, items, self, _layers(n_layers), scale)

    def layer(self, users: torch.Tensor, items: torch.Tensor) -> Pair:
        r"""One layer alone, :math:`\hat A X`; shapes as above, differentiable too."""
        return _Layer.apply(users, items, self)

    def mean_of_layers(self, users: torch.Tensor, items: torch.Tensor, n_layers: int) -> Pair:
        """The same, divided by L + 1: LightGCN's vectors."""
        return self.sum_of_layers(users, items, n_layers, 1 / (_layers(n_layers) + 1))

    def _passed(self, users: torch.Tensor, items: torch.Tensor, back: bool) -> Pair:
        to_users, to_items = self._back if back else (self.to_users, self.to_items)
        users, items = users.contiguous(), items.contiguous()
        taken = product(to_users, items), product(to_items, users)
        if self.stays is not None:
            taken[0].addcmul_(self.stays[0], users)
            taken[1].addcmul_(self.stays[1], items)
        return taken

    def _summed(
        self, users: torch.Tensor, items: torch.Tensor, n: int, scale: float, back: bool
    ) -> Pair:
        """By Horner's rule, X + Â (X + Â (X + …)), forward or with Â transposed."""
        to_users, to_items = self._back if back else (self.to_users, self.to_items)
        users, items = users.contiguous(), items.contiguous()
        if n == 0:
            return users * scale, items * scale
        taken = [torch.empty_like(users), torch.empty_like(items)]
        free = [torch.empty_like(users), torch.empty_like(items)] if n > 1 else taken
        at = users, items
        for _ in range(n):
            base: Pair = users, items
            if self.stays is not None:  # first, so that no product has to copy what it adds to
                for part, keeps, own, out in zip(base, self.stays, at, taken, strict=True):
                    torch.addcmul(part, keeps, own, out=out)
                base = taken[0], taken[1]
            product(to_users, at[1], out=taken[0], add=base[0])
            product(to_items, at[0], out=taken[1], add=base[1])
            at = taken[0], taken[1]
            taken, free = free, taken
        return at[0].mul_(scale), at[1].mul_(scale)


def _layers(n: int) -> int:
    if n < 0:
        raise InputError(f"n_layers must be a whole number from 0, not {n!r}")
    return n


class _Layers(torch.autograd.Function):
    """The sum over layers is linear, so its backward pass is itself with the graph transposed."""

    @staticmethod
    def forward(
        ctx: Any,
        users: torch.Tensor,
        items: torch.Tensor,
        graph: Bipartite,
        n_layers: int,
        scale: float,
    ) -> Pair:
        ctx.graph, ctx.n_layers, ctx.scale = graph, n_layers, scale
        return graph._summed(users, items, n_layers, scale, back=False)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, users: torch.Tensor, items: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None, None, None]:
        back = ctx.graph._summed(users, items, ctx.n_layers, ctx.scale, back=True)
        return *back, None, None, None


class _Layer(torch.autograd.Function):
    """One layer is linear too."""

    @staticmethod
    def forward(ctx: Any, users: torch.Tensor, items: torch.Tensor, graph: Bipartite) -> Pair:
        ctx.graph = graph
        return graph._passed(users, items, back=False)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, users: torch.Tensor, items: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None]:
        return *ctx.graph._passed(users, items, back=True), None
