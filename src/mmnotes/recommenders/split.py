"""One modality's features on three ways: to the scores, to what is shared, to what is its own."""

import torch
from torch import nn
from torch.nn import functional

from mmnotes.errors import InputError

N_PARTS = 32  # length of what the two further losses of SEA compare
_N_HEAD = 64


class Split(nn.Module):
    r"""The part of SEA that sees features f of one modality.

    A linear map :math:`\tilde x = W f + b` keeps their length, and every way from there starts
    with another linear map, of the whole of :math:`\tilde x` or of one half. So :math:`\tilde x`
    is never worked out: V (W f) is (V W) f, and V has a tenth of the rows of W where features are
    4,096 long. Losses and gradients are those of the two steps one after the other.

    Parameters
    ----------
    length : int
        Of the features, at least 2.
    dim : int
        Of the items' vectors; four times as many units lie before them.

    Raises
    ------
    InputError
        If the features cannot be halved.
    """

    def __init__(self, length: int, dim: int) -> None:
        super().__init__()
        if length < 2:
            raise InputError(f"SEA halves features, so they must be 2 long at least, not {length}")
        self._half = length // 2
        self.whole = nn.Linear(length, length)
        self.first = nn.Linear(length, 4 * dim)
        self.second = nn.Linear(4 * dim, dim)
        self.generic = nn.Linear(self._half, N_PARTS)
        self.unique = nn.Linear(length - self._half, N_PARTS)
        # A bias before a batch normalisation would be taken off again.
        self.head = nn.Linear(self._half, _N_HEAD, bias=False)
        self.align = nn.Sequential(
            nn.BatchNorm1d(_N_HEAD, track_running_stats=False),
            nn.ReLU(),
            nn.Linear(_N_HEAD, _N_HEAD, bias=False),
            nn.BatchNorm1d(_N_HEAD, track_running_stats=False),
            nn.ReLU(),
            nn.Linear(_N_HEAD, N_PARTS),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Vectors of unit length for the scores, (n, dim), of features (n, length)."""
        weight = self.first.weight @ self.whole.weight
        bias = torch.mv(self.first.weight, self.whole.bias) + self.first.bias
        hidden = functional.leaky_relu(functional.linear(values, weight, bias))
        return functional.normalize(self.second(hidden))

    def projected(self, values: torch.Tensor) -> torch.Tensor:
        """What :meth:`parts` starts from, an item a row, of features (n, length)."""
        halves = [self._half, len(self.whole.bias) - self._half]
        low, high = self.whole.weight.split(halves)
        low_bias, high_bias = self.whole.bias.split(halves)
        of_first = torch.cat([self.generic.weight, self.head.weight])
        weight = torch.cat([of_first @ low, self.unique.weight @ high])
        bias = torch.cat(
            [
                torch.mv(self.generic.weight, low_bias) + self.generic.bias,
                torch.mv(self.head.weight, low_bias),
                torch.mv(self.unique.weight, high_bias) + self.unique.bias,
            ]
        )
        return functional.linear(values, weight, bias)

    def parts(self, projected: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """First half for the Club, first half for the InfoNCE, second half for the Club.

        (n, 32) each, the one in the middle of unit length. The batch normalisation is over these n.
        """
        generic, head, unique = projected.split([N_PARTS, _N_HEAD, N_PARTS], dim=1)
        head = head.contiguous()  # else the batch normalisation takes four times as long
        return generic, functional.normalize(self.align(head)), unique
