"""Which items lie closest to which, as a dataset brings it."""

from collections.abc import Sequence
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

    @classmethod
    def from_lists(
        cls, lists: Sequence[Sequence[int] | np.ndarray], numbers: np.ndarray
    ) -> "Neighbors":
        """Neighbours that come as a list an item, all equally near, such as also-bought items.

        The cosine of each is 1. Lists are of unequal length, so a free place holds the item itself,
        its cosine NaN. An item that lists itself, one twice, or one that is no row, is passed over.

        Parameters
        ----------
        lists : n_items lists of item numbers
        numbers : (n_items,) int
            The number by which the lists know each row.

        Raises
        ------
        InputError
            If there are not as many lists as numbers.

        Examples
        --------
        >>> Neighbors.from_lists([[7, 9], [], [7]], np.array([5, 7, 9])).index
        array([[1, 2],
               [1, 1],
               [1, 2]])
        """
        n = len(numbers)
        if len(lists) != n:
            raise InputError(f"neighbours: {len(lists)} lists for {n} numbers of items")
        row = np.repeat(np.arange(n), [len(near) for near in lists])
        named = np.concatenate([np.empty(0, np.int64), *map(np.asarray, lists)]).astype(np.int64)
        order = np.argsort(numbers)
        at = order[np.minimum(np.searchsorted(numbers, named, sorter=order), n - 1)]
        known = (np.asarray(numbers)[at] == named) & (at != row)
        row, at = row[known], at[known]
        first = np.sort(np.unique(row * n + at, return_index=True)[1])
        row, at = row[first], at[first]
        place = np.arange(len(row)) - np.searchsorted(row, row)
        shape = n, int(place.max(initial=0)) + 1
        index = np.tile(np.arange(n)[:, None], shape[1])
        cosine = np.full(shape, np.nan)
        index[row, place], cosine[row, place] = at, 1.0
        return cls(index, cosine)

    @property
    def k(self) -> int:
        """Neighbours of each item."""
        return self.index.shape[1]
