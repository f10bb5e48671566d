"""Items that look or read like those that you took: neighbours by content, with no behaviour."""

import numpy as np
from scipy import sparse

from mmnotes.data.graphs import Neighbors
from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders.base import Recommender, taken


class ContentKNN(Recommender):
    r"""How many of an item's nearest by content did the user take, weighted by how near they are?

    :class:`~mmnotes.recommenders.itemknn.ItemKNN` with neighbours that were there before anybody
    took anything (Lops, de Gemmis and Semeraro 2011,
    https://doi.org/10.1007/978-0-387-85820-3_3): for an item i with the neighbours N(i),

    .. math:: \text{score}(u, i) = \sum_{j \in N(i),\; j \ne i,\; u \text{ took } j} \cos(i, j)

    Nothing is learnt, so an item that nobody took is scored like any other. A user without a
    training row gets 0 for everything: ties.

    Parameters
    ----------
    neighbors : Neighbors of n_items
        An item that is its own neighbour is left out, and so is one whose cosine is unknown.

    Raises
    ------
    InputError
        In ``fit``, if the neighbours are of another number of items.

    Examples
    --------
    >>> graph = Neighbors(np.array([[1], [0], [1]]), np.array([[0.9], [0.9], [0.2]]))
    >>> rows = Interactions(np.array([0]), np.array([1]), n_users=1, n_items=3)
    >>> ContentKNN(graph).fit(rows).score(np.array([0]))
    array([[0.9, 0. , 0.2]], dtype=float32)
    """

    def __init__(self, neighbors: Neighbors) -> None:
        self.neighbors = neighbors

    def _fit(self, interactions: Interactions) -> None:
        n_items, graph = interactions.n_items, self.neighbors
        if len(graph) != n_items:
            raise InputError(f"neighbours of {len(graph)} items, but interactions with {n_items}")
        item = np.repeat(np.arange(n_items), graph.k)
        near, cosine = graph.index.ravel(), graph.cosine.ravel()
        counts = (near != item) & ~np.isnan(cosine)
        edges = cosine[counts], (near[counts], item[counts])
        # In row j the items that j is a neighbour of.
        self._reached = sparse.csr_array(edges, shape=(n_items, n_items))
        self._taken = taken(interactions)

    def _score(self, users: np.ndarray) -> np.ndarray:
        return (self._taken[users] @ self._reached).toarray()


class NeighborPop(ContentKNN):
    r"""How often were an item's nearest by content taken, weighted by how near they are?

    :class:`ContentKNN` for nobody in particular: what a new item gains by being like items that
    sell. A model that says of new items what users want has to beat it.

    .. math:: \text{score}(i) = \sum_{j \in N(i),\; j \ne i} \cos(i, j) \,
        |\{u : u \text{ took } j\}|

    Examples
    --------
    >>> graph = Neighbors(np.array([[1], [0], [1]]), np.array([[0.9], [0.9], [0.2]]))
    >>> rows = Interactions(np.array([0, 1]), np.array([1, 1]), n_users=2, n_items=3)
    >>> NeighborPop(graph).fit(rows).score(np.array([0]))
    array([[1.8, 0. , 0.4]], dtype=float32)
    """

    def _score(self, users: np.ndarray) -> np.ndarray:
        times = self._taken.sum(axis=0)  # (n_items,)
        return np.tile(times @ self._reached, (len(users), 1))
