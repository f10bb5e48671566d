"""Items like those that you took: neighbours by who took them, with no content."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders.base import Recommender, taken
from mmnotes.recommenders.ranges import in_range

_DECIMALS = 12  # similarities are equal if they agree to as many: the rest is rounding
_BLOCK_ENTRIES = 1_000_000  # pairs of items compared at once, at most: some 50 MB with sorting


class ItemKNN(Recommender):
    r"""How many of an item's neighbours did the user take, weighted by how near they are?

    Two items are near if the same users took both. With :math:`U_i` the users of item i, their
    similarity is the cosine, shrunk where it rests on few users (Sarwar and others 2001,
    https://doi.org/10.1145/371920.372071; Ferrari Dacrema and others 2019,
    https://doi.org/10.1145/3298689.3347058):

    .. math:: s_{ij} = |U_i \cap U_j| \big/ \left(\sqrt{|U_i||U_j|} + \text{shrink}\right)

    An item keeps its ``k`` nearest others, by similarity and then by number; its score for a user
    is the sum of the similarities of those that the user took. A user without a training row gets
    0 for everything, and an item that nobody took gets 0 from everyone: ties.

    Parameters
    ----------
    k : int
        Neighbours of an item; all that share a user with it, if they are fewer.
    shrink : float
        At least 0. The more, the less weight for similarities that rest on few users. Without it
        two items that a single user took, and no one else, are as near as can be: on sparse data
        that ranks worse than popularity does. Choose it on validation data.

    Attributes
    ----------
    neighbors_ : (n_items, n_items) sparse float32
        In row i the similarities of the nearest items of i.

    Raises
    ------
    InputError
        In ``fit``, if a parameter is out of range.

    Examples
    --------
    >>> users, items = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0])
    >>> rows = Interactions(users, items, n_users=3, n_items=3)
    >>> ItemKNN(k=1, shrink=0).fit(rows).score(np.array([2])).round(2)
    array([[0.  , 0.82, 0.  ]], dtype=float32)
    """

    def __init__(self, k: int = 100, shrink: float = 100.0) -> None:
        self.k = k
        self.shrink = shrink

    def _fit(self, interactions: Interactions) -> None:
        if not in_range(self.k, 1, whole=True) or not in_range(self.shrink, 0):
            raise InputError(
                f"k={self.k!r} and shrink={self.shrink!r}: k must be a whole number from 1, shrink "
                "a number from 0"
            )
        self._taken = taken(interactions)
        by_item = self._taken.T.tocsr()
        rows = [self._nearest(by_item, block) for block in _blocks(by_item, self._taken)]
        self.neighbors_ = sparse.vstack(rows, format="csr")
        self._reached = self.neighbors_.T.tocsr()  # in row j the items that j is a neighbour of

    def _nearest(self, by_item: sparse.csr_array, block: slice) -> sparse.csr_array:
        """The rows of ``neighbors_`` of a block of items."""
        takers = np.diff(by_item.indptr).astype(np.float64)
        common = (by_item[block] @ self._taken).tocoo()  # users that two items share
        row, other = common.coords
        itself = other == row + block.start
        row, other, users = row[~itself], other[~itself], common.data[~itself]
        cosine = users / (np.sqrt(takers[row + block.start] * takers[other]) + self.shrink)
        order = np.lexsort((other, -cosine.round(_DECIMALS), row))
        row, other, cosine = row[order], other[order], cosine[order]
        place = np.arange(len(row)) - np.searchsorted(row, row)  # within its row
        near = place < self.k
        entries = (cosine[near].astype(np.float32), (row[near], other[near]))
        return sparse.csr_array(entries, shape=common.shape)

    def _score(self, users: np.ndarray) -> np.ndarray:
        return (self._taken[users] @ self._reached).toarray()


def _blocks(by_item: sparse.csr_array, by_user: sparse.csr_array) -> Iterator[slice]:
    """Consecutive items that meet at most ``_BLOCK_ENTRIES`` others together, or a single item."""
    # An item meets no more others than its users have taken in all.
    n_items = by_item.shape[0]
    meetings = np.minimum(by_item @ np.diff(by_user.indptr), n_items).astype(np.int64)
    until = np.concatenate([[0], np.cumsum(meetings)])
    start = 0
    while start < n_items:
        end = int(np.searchsorted(until, until[start] + _BLOCK_ENTRIES, side="right")) - 1
        yield slice(start, max(end, start + 1))
        start = max(end, start + 1)
