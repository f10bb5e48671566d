"""Which items lie closest to which, as a dataset brings it."""

from dataclasses import dataclass

import numpy as np

from mmnotes.data.checks import ids
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Neighbors:
    """The nearest items of each item, the nearest first. Both arrays are (n_items, k).

    Parameters
    ----------
    index : int
        Row numbers of the neighbours, kept as int64. Published graphs count an item among its own
        neighbours.
    cosine : float
        Their cosines, kept as float32; NaN where unknown.

    Raises
    ------
    InputError
        If the shapes differ, or a neighbour is no item.

    Examples
    --------
    >>> import numpy as np
    >>> Neighbors(np.array([[0, 1], [1, 0]]), np.array([[1, 0.5], [1, 0.5]])).k
    2
    """

    index: np.ndarray
    cosine: np.ndarray

    def __post_init__(self) -> None:
        index, cosine = np.asarray(self.index), np.asarray(self.cosine)
        if index.ndim != 2 or index.shape != cosine.shape:
            raise InputError(
                f"neighbours: index and cosine must be (n_items, k) each, not {index.shape} and "
                f"{cosine.shape}"
            )
        flat = ids(index.ravel(), len(index), "neighbours: item")
        object.__setattr__(self, "index", flat.reshape(index.shape))
        object.__setattr__(self, "cosine", cosine.astype(np.float32))

    def __len__(self) -> int:
        return len(self.index)

    @property
    def k(self) -> int:
        """Neighbours of each item."""
        return self.index.shape[1]
