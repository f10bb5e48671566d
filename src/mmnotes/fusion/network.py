"""The network behind :class:`~mmnotes.fusion.MlpRanker`, and how its rows come in batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mmnotes.features.block import Layout
from mmnotes.fusion.objectives import Members


class Network(nn.Module):
    """Standardise, put a learned token where a modality is missing, score."""

    mean: torch.Tensor  # (n_columns,)
    scale: torch.Tensor  # (n_columns,)

    def __init__(self, X: np.ndarray, hidden: int, tokens: Layout | None) -> None:
        super().__init__()
        scale = X.std(axis=0, dtype=np.float64)
        self.register_buffer("mean", torch.as_tensor(X.mean(axis=0, dtype=np.float64)).float())
        self.register_buffer("scale", torch.as_tensor(np.where(scale > 1e-6, scale, 1)).float())
        self.places = list((tokens or {}).values())
        widths = [place.values.stop - place.values.start for place in self.places]
        self.tokens = nn.ParameterList(torch.zeros(width) for width in widths)
        deep = [nn.Linear(X.shape[1], hidden), nn.ReLU()] if hidden else []
        self.layers = nn.Sequential(*deep, nn.Linear(hidden or X.shape[1], 1))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Scores (n,) of rows (n, n_columns)."""
        x = (X - self.mean) / self.scale
        for place, token in zip(self.places, self.tokens, strict=True):
            there = X[:, place.present, None] != 0  # (n, 1)
            x[:, place.values] = torch.where(there, x[:, place.values], token)
            x[:, place.present] = 0  # the token says it
        return self.layers(x).squeeze(1)


@dataclass(frozen=True)
class Part:
    """Rows to learn from, or to validate on.

    Parameters
    ----------
    X : (n_rows, n_columns)
    y : (n_rows,) of 0.0 and 1.0
    group : (n_rows,) int64, numbered from 0
    weight : (n_rows,), or None
    """

    X: torch.Tensor
    y: torch.Tensor
    group: torch.Tensor
    weight: torch.Tensor | None = None

    @classmethod
    def of(
        cls,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None,
        weight: np.ndarray | None,
        device: torch.device,
    ) -> "Part":
        """On the device, from arrays; without groups the rows are one group."""
        numbers = np.zeros(len(y), dtype=np.int64) if groups is None else codes(groups)
        weights = None if weight is None else torch.as_tensor(weight, device=device).float()
        return cls(
            torch.as_tensor(X, device=device),
            torch.as_tensor(y, device=device).float(),
            torch.as_tensor(numbers, device=device),
            weights,
        )

    def take(self, rows: torch.Tensor) -> "Part":
        """These rows, their groups numbered anew."""
        group = torch.unique(self.group[rows], return_inverse=True)[1]
        weight = None if self.weight is None else self.weight[rows]
        return Part(self.X[rows], self.y[rows], group, weight)

    def batches(self, size: int, whole: bool) -> Iterator["Part"]:
        """Every row once, in random order: about ``size`` single rows or whole groups' rows."""
        if not whole:
            order = torch.randperm(len(self.y)).to(self.y.device)
            yield from map(self.take, order.split(size))
            return
        members = Members(self.group)
        n_groups = len(members.sizes)
        order = torch.randperm(n_groups).to(self.y.device)
        for groups in order.split(max(1, size * n_groups // len(self.y))):
            yield self.take(members.of(groups))


def codes(groups: np.ndarray) -> np.ndarray:
    """Groups numbered from 0, (n_rows,) int64."""
    return np.unique(groups, return_inverse=True)[1]
