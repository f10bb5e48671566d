"""In a block of scores, how many candidates stand above each relevant one, on a CPU or a GPU."""

from dataclasses import dataclass

import numpy as np
import torch

_MANY = 8  # relevant candidates a user beyond which sorting the row is cheaper than comparing
_EXACT = 2**24  # float32 counts one by one up to here


@dataclass(frozen=True)
class Block:
    """Scores of some users, and which of the candidates are relevant or hidden.

    Parameters
    ----------
    scores : (m, n_candidates) float
        NaN where a candidate is hidden: it is neither above anything nor tied with it.
    work : (m, n_candidates) float
        To write into.
    counts : (m,) int, on the host
        Relevant candidates of each user, descending and at least 1.
    column : (n_relevant,) int
        Their places among the candidates, user by user.
    n_there : (m,) int
        Candidates that are not hidden.
    """

    scores: torch.Tensor
    work: torch.Tensor
    counts: np.ndarray
    column: torch.Tensor
    n_there: torch.Tensor


def count(block: Block, by_id: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Candidates above and tied with each relevant one, (n_relevant,) int64 each.

    Its own score is read from the block, so it equals itself to the last digit. By id, a tied
    candidate with a smaller number counts as above, and nothing is tied but the candidate itself.
    """
    way = _sorted if block.counts.mean() > _MANY else _compared
    return way(block, by_id)


def _compared(block: Block, by_id: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Compare rows with their first relevant candidate, then with their second, and so on."""
    first = torch.from_numpy(np.cumsum(block.counts) - block.counts).to(block.column.device)
    above, tied = torch.empty_like(block.column), torch.ones_like(block.column)
    for turn in range(int(block.counts[0])):
        m = int(np.count_nonzero(block.counts > turn))  # who has so many stands first
        scores, work, at = block.scores[:m], block.work[:m], first[:m] + turn
        column = block.column[at][:, None]
        own = scores.gather(1, column)
        higher = _total(torch.gt(scores, own, out=work))
        same = _total(torch.ge(scores, own, out=work)) - higher
        if not by_id:
            tied[at] = same
        elif bool((same > 1).any()):
            torch.eq(scores, own, out=work)
            work *= torch.arange(work.shape[1], device=work.device) < column
            higher += _total(work)
        above[at] = higher
    return above, tied


def _total(flags: torch.Tensor) -> torch.Tensor:
    """Ones in each row of zeros and ones: far faster in floats than in booleans."""
    exact = torch.float64 if flags.shape[1] > _EXACT else None
    return flags.sum(dim=1, dtype=exact).long()


def _sorted(block: Block, by_id: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Sort each row once, and look all its relevant candidates up."""
    row, nth = _rows_and_turns(block)
    own = torch.zeros(len(block.counts), int(block.counts[0]), dtype=block.scores.dtype)
    own = own.to(block.scores.device)
    own[row, nth] = block.scores[row, block.column]
    in_order = _sort(block.scores)
    in_order.masked_fill_(in_order.isnan(), torch.inf)  # they stand last
    there = block.n_there[:, None]
    below = torch.searchsorted(in_order, own)
    up_to = torch.searchsorted(in_order, own, right=True).minimum(there)
    above, tied = (there - up_to)[row, nth], (up_to - below)[row, nth]
    if not by_id or not bool((tied > 1).any()):
        return above, tied
    # Ascending and stable over reversed columns: from the end, the smaller number comes first.
    order = torch.argsort(block.scores.flip(1), dim=1, stable=True)
    place = torch.empty_like(order)
    place.scatter_(1, order, torch.arange(order.shape[1], device=order.device).expand_as(order))
    place = place.flip(1)[row, block.column]
    return block.n_there[row] - 1 - place, torch.ones_like(tied)


def _rows_and_turns(block: Block) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each relevant candidate the row, and the how manieth of its row it is."""
    row = np.repeat(np.arange(len(block.counts)), block.counts)
    turn = np.arange(len(row)) - (np.cumsum(block.counts) - block.counts)[row]
    device = block.column.device
    return torch.from_numpy(row).to(device), torch.from_numpy(turn).to(device)


def _sort(scores: torch.Tensor) -> torch.Tensor:
    """Rows ascending, NaN last. On a CPU by NumPy, whose sort is ten times as fast as torch's."""
    if scores.device.type == "cpu":
        return torch.from_numpy(np.sort(scores.numpy(), axis=1))
    return torch.sort(scores, dim=1).values
