"""How well is a vector told from all others by its partner? InfoNCE, without a matrix n by n."""

from typing import Any

import torch

_CELLS = {"cpu": 2**20, "cuda": 2**26}  # products held at once: what fits a cache, 4 MiB
_RANGE = 60.0  # e to the power of ± this, a million times over, is well within float32


def info_nce(
    anchors: torch.Tensor,
    targets: torch.Tensor,
    at: torch.Tensor,
    temperature: float,
    others: torch.Tensor | None = None,
) -> torch.Tensor:
    r"""How badly is each anchor told from the other rows by its own target?

    Van den Oord and others (2018), https://arxiv.org/abs/1807.03748: the mean over anchors of

    .. math:: -\log \frac{\exp(a_i^\top t_{p(i)} / \tau)}
        {\sum_j \exp(a_i^\top t_j / \tau) + \sum_{j \ne p(i)} \exp(a_i^\top o_j / \tau)}

    Vectors are taken as they are: bring them to unit length first where cosines are meant. All
    n · m products are worked out, but never held at once: the gradients are made block by block
    together with the loss, in memory that grows with n + m.

    Parameters
    ----------
    anchors : (n, d)
    targets : (m, d)
    at : (n,) int64
        p(i), the row of each anchor's target.
    temperature : float
        τ, above 0.
    others : (m, d), optional
        More rows to be told from: the anchors' own view, numbered as the targets are, so that row
        p(i) is the anchor itself and does not count (You and others 2020, Zhu and others 2020).

    Returns
    -------
    () tensor
        Differentiable once in anchors, targets and others.

    Raises
    ------
    ValueError
        If the temperature is not above 0, or others are not as many as the targets.

    Examples
    --------
    >>> rows = torch.eye(2)
    >>> round(float(info_nce(rows, rows, torch.arange(2), temperature=1.0)), 4)
    0.3133
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, not {temperature!r}")
    if others is not None and others.shape != targets.shape:
        raise ValueError(f"others are {tuple(others.shape)}, but targets {tuple(targets.shape)}")
    pool = targets if others is None else torch.cat([targets, others])
    itself = None if others is None else at + len(targets)
    return _InfoNCE.apply(anchors, pool, at, itself, temperature)


class _InfoNCE(torch.autograd.Function):
    """The loss is a scalar, so its gradients are worked out on the way and scaled later."""

    @staticmethod
    def forward(
        ctx: Any,
        anchors: torch.Tensor,
        pool: torch.Tensor,
        at: torch.Tensor,
        itself: torch.Tensor | None,
        temperature: float,
    ) -> torch.Tensor:
        n, m, device = len(anchors), len(pool), at.device
        to_anchors, to_pool = torch.empty_like(anchors), torch.zeros_like(pool)
        # By Cauchy and Schwarz no exponent is larger, so that none must be looked for.
        longest = anchors.norm(dim=1).max() * pool.norm(dim=1).max() / temperature
        bounded = bool(longest < _RANGE)
        positive = (anchors * pool[at]).sum(1) / temperature
        total = torch.zeros((), dtype=anchors.dtype, device=device)
        step = max(1, min(n, _CELLS.get(device.type, _CELLS["cpu"]) // max(1, m)))
        cells = torch.empty(m * step, dtype=anchors.dtype, device=device)
        even = torch.ones(m, dtype=anchors.dtype, device=device)
        for start in range(0, n, step):
            part = slice(start, start + step)
            mine = anchors[part] / temperature
            # A column an anchor: the two products with it below are quicker for that.
            share = cells[: m * len(mine)].view(m, len(mine))
            torch.mm(pool, mine.T, out=share)
            if itself is not None:
                share.scatter_(0, itself[None, part], -torch.inf)
            if not bounded:
                top = share.amax(0)
                share.sub_(top)
                total += top.sum()
            sums = torch.mv(share.exp_().T, even)
            total += (sums.log() - positive[part]).sum()
            # What share of all does each row of the pool have? Its target should have it all.
            scale = (1 / (sums * n))[:, None]
            torch.mm(share.T, pool, out=to_anchors[part])
            to_anchors[part].mul_(scale).sub_(pool[at[part]], alpha=1 / n)
            to_pool.addmm_(share, mine * scale)
        to_anchors.div_(temperature)
        to_pool.index_add_(0, at, anchors, alpha=-1 / (temperature * n))
        ctx.save_for_backward(to_anchors, to_pool)
        return total / n

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: Any, gradient: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, None, None, None]:
        to_anchors, to_pool = ctx.saved_tensors
        return gradient * to_anchors, gradient * to_pool, None, None, None
