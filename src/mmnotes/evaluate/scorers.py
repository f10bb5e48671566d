"""Scores of a block of users for every candidate, from vectors or from a function."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch

from mmnotes.device import as_device
from mmnotes.errors import InputError
from mmnotes.evaluate.protocol import Candidates

Array = np.ndarray | torch.Tensor
Vectors = tuple[Array, Array]
ScoreFunction = Callable[[np.ndarray], Array]


class Scorer(Protocol):
    """What full ranking needs to know of a model."""

    device: torch.device
    dtype: torch.dtype

    def fill(self, users: np.ndarray, block: torch.Tensor) -> None:
        """Write the scores of (m,) users into a block (m, n_candidates); none is NaN."""


class VectorScorer:
    """Inner products of user vectors and item vectors; items of one vector tie exactly.

    Parameters
    ----------
    users, items : (n_users, d) and (n_items, d) numbers
        Arrays or tensors, finite.
    candidates : Candidates
    device : str
        ``"auto"``: where the vectors are if they are tensors; else a GPU if torch sees one.

    Raises
    ------
    InputError
        Shapes that do not fit; vectors that are not finite, or so large that a score may not be;
        an unknown device.
    """

    def __init__(self, users: Array, items: Array, candidates: Candidates, device: str) -> None:
        place = users.device if device == "auto" and torch.is_tensor(users) else as_device(device)
        self.users, self.items = _vectors(users, "user"), _vectors(items, "item")
        if self.users.shape[1] != self.items.shape[1]:
            raise InputError(
                f"user vectors {tuple(self.users.shape)} and item vectors "
                f"{tuple(self.items.shape)} must have as many columns"
            )
        self.dtype = torch.promote_types(self.users.dtype, self.items.dtype)
        _check_range(self.users, self.items, self.dtype)
        if len(candidates) < len(self.items):
            self.items = self.items[torch.from_numpy(candidates.items).to(self.items.device)]
        self.users = self.users.to(place, self.dtype)
        self.items = self.items.to(place, self.dtype)
        self.device = place
        self.ties = Ties(self.items)

    def fill(self, users: np.ndarray, block: torch.Tensor) -> None:
        """Write the inner products into the block."""
        index = torch.from_numpy(users).to(self.device)
        torch.mm(self.users[index], self.items.T, out=block)
        self.ties.settle(block)


class FunctionScorer:
    """Whatever a function says, checked.

    Items tie if it says the very same of them. A product of matrices may not, of equal columns:
    see :class:`Ties`.

    Parameters
    ----------
    function : users (m,) int -> scores (m, n_items), array or tensor
    n_items : int
    candidates : Candidates
    first : (1,) int
        A user to ask for, to see which type of scores comes back, and from which device.
    device : str
        Where to count; ``"auto"``: where the scores are if they are tensors; else a GPU if torch
        sees one.
    """

    def __init__(
        self,
        function: ScoreFunction,
        n_items: int,
        candidates: Candidates,
        first: np.ndarray,
        device: str,
    ) -> None:
        self.function, self.n_items = function, n_items
        answer = function(first)
        on = answer.device if device == "auto" and torch.is_tensor(answer) else as_device(device)
        self.device: torch.device = on
        self.dtype = _as_float(as_tensor(answer)).dtype
        self.columns = None
        if len(candidates) < n_items:
            self.columns = torch.from_numpy(candidates.items)

    def fill(self, users: np.ndarray, block: torch.Tensor) -> None:
        """Ask the function and write what it says into the block.

        Raises
        ------
        InputError
            If the scores are of another shape, or one of them is NaN.
        """
        scores = as_tensor(self.function(users)).detach()
        if tuple(scores.shape) != (len(users), self.n_items):
            raise InputError(
                f"the scorer returned {tuple(scores.shape)} for {len(users)} users, not "
                f"{(len(users), self.n_items)}: one score for each of them and each item"
            )
        if self.columns is not None:
            scores = scores[:, self.columns.to(scores.device)]
        block.copy_(scores)
        doubtful = torch.isnan(block.sum(dim=1))  # cheap; infinities that cancel out are NaN too
        for row in doubtful.nonzero()[:, 0].tolist():
            if torch.isnan(block[row]).any():
                raise InputError(f"the scorer returned NaN for user {users[row]}")


class Ties:
    """Items of one vector, which have one score for everybody.

    A product of matrices may round an item at the end of a row otherwise than its like in the
    middle: that depends on the processor.

    Parameters
    ----------
    items : (n_items, d) floats
    """

    def __init__(self, items: Array) -> None:
        self._repeats, self._firsts = _repeats(as_tensor(items))

    def settle(self, scores: Array) -> None:
        """Give each repeated item the score of the first like it, (m, n_items), in place."""
        if not len(self._repeats):
            return
        scores = as_tensor(scores)
        scores[:, self._repeats] = scores[:, self._firsts]


def inner_products(users: np.ndarray, items: np.ndarray, ties: Ties) -> np.ndarray:
    """Scores of some users by vectors; items of one vector tie exactly.

    Parameters
    ----------
    users, items : (m, d) and (n_items, d) floats
    ties : Ties
        Of the items.

    Returns
    -------
    (m, n_items) floats
    """
    scores = users @ items.T
    ties.settle(scores)
    return scores


def as_tensor(values: Any) -> torch.Tensor:
    """An array or tensor as a tensor, shared where torch can share it."""
    if torch.is_tensor(values):
        return values.detach()
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise InputError(f"scores and vectors must be numbers, not {array.dtype}")
    # torch warns of memory that it may not write to, as of a file mapped for reading
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _as_float(values: torch.Tensor) -> torch.Tensor:
    """Floats that compare as the values do: halves as float32, whole numbers as float64."""
    if values.dtype in (torch.float16, torch.bfloat16):
        return values.float()
    return values if values.is_floating_point() else values.double()


def _vectors(values: Array, what: str) -> torch.Tensor:
    vectors = _as_float(as_tensor(values))
    if vectors.ndim != 2:
        raise InputError(f"{what} vectors must be (n, d), not {tuple(vectors.shape)}")
    return vectors


def _repeats(items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Items whose vector came before, and for each of them the item where it came first."""
    rows = np.ascontiguousarray(items.cpu().numpy() + 0.0)  # -0.0 becomes 0.0, its equal
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))[:, 0]
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    firsts = first[which]
    repeats = np.flatnonzero(firsts != np.arange(len(rows)))
    came_first = torch.from_numpy(firsts[repeats]).to(items.device)
    return torch.from_numpy(repeats).to(items.device), came_first


def _check_range(users: torch.Tensor, items: torch.Tensor, dtype: torch.dtype) -> None:
    """Refuse vectors of which a product is not finite, or may not be."""
    largest = [_largest(users, "user"), _largest(items, "item")]
    if largest[0] * largest[1] * users.shape[1] >= torch.finfo(dtype).max:
        raise InputError(
            f"user vectors up to {largest[0]:.2g} times item vectors up to {largest[1]:.2g} may "
            f"overflow {dtype}: scale them down"
        )


def _largest(vectors: torch.Tensor, what: str) -> float:
    """The largest absolute value; the extremes are NaN or infinite if any value is."""
    if not vectors.numel():
        raise InputError(f"{what} vectors are empty: {tuple(vectors.shape)}")
    low, high = (float(end) for end in torch.aminmax(vectors))
    if np.isfinite(low) and np.isfinite(high):
        return max(abs(low), abs(high))
    row = int((~torch.isfinite(vectors)).any(dim=1).nonzero()[0])
    raise InputError(f"the vector of {what} {row} holds NaN or infinity")
