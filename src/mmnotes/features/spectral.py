"""Vectors for items of which only a neighbour graph is known."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigsh
from threadpoolctl import threadpool_limits

from mmnotes.data.graphs import Neighbors
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock


def spectral_features(graph: Neighbors, n_components: int = 128) -> FeatureBlock:
    """Where does each item lie, if items that are neighbours are to lie close together?

    The eigenvectors of the normalised graph, D^-½ (A + Aᵀ)/2 D^-½, with the largest eigenvalues
    (Ng, Jordan and Weiss 2001, https://papers.nips.cc/paper/2092-on-spectral-clustering). An edge
    counts 1, whatever its cosine, which published graphs do not always know; that an item is its
    own neighbour counts nothing. They stand in for vectors that were not published, and are not
    those vectors: on Amazon Baby, 128 of them give back about half of each item's ten neighbours.

    Parameters
    ----------
    graph : Neighbors
        (n_items, k).
    n_components : int
        Eigenvectors kept. In a graph of more parts than that, they only tell the parts apart.

    Returns
    -------
    FeatureBlock
        Values (n_items, n_components) float32, the largest eigenvalue first; the entry of each
        column that is largest in size is positive. An item without a neighbour, and nobody's, has
        a row of zeros and is not present. The same graph gives the same numbers, run after run
        and with however many threads.

    Raises
    ------
    InputError
        If ``n_components`` is below one, or there are not more connected items than that.

    Examples
    --------
    Two pairs that know nothing of each other, and an item alone:

    >>> pairs = Neighbors(np.array([[1], [0], [3], [2], [4]]), np.ones((5, 1)))
    >>> block = spectral_features(pairs, n_components=2)
    >>> block.present.tolist()
    [True, True, True, True, False]
    >>> bool(np.allclose(block.values[0], block.values[1]))
    True
    """
    adjacency = _adjacency(graph)
    connected = np.flatnonzero(adjacency.sum(axis=1))
    if not 1 <= n_components < len(connected):
        raise InputError(
            f"n_components={n_components} of a graph with {len(connected)} connected items: "
            f"choose from 1 to {max(1, len(connected) - 1)}"
        )
    adjacency = adjacency[connected][:, connected]
    scale = sparse.diags_array(1 / np.sqrt(adjacency.sum(axis=1)))
    # A start of its own, or the answer would depend on what else the process has computed.
    start = np.random.default_rng(0).normal(size=len(connected))
    with threadpool_limits(1):  # or the last digits, and a digest of them, would tell how many
        eigenvalues, vectors = eigsh(scale @ adjacency @ scale, n_components, which="LA", v0=start)
    vectors = vectors[:, np.argsort(-eigenvalues, kind="stable")]
    largest = np.abs(vectors).argmax(axis=0)
    vectors *= np.sign(vectors[largest, np.arange(n_components)])
    values = np.zeros((len(graph), n_components), np.float32)
    values[connected] = vectors
    present = np.zeros(len(graph), bool)
    present[connected] = True
    return FeatureBlock(values, present)


def _adjacency(graph: Neighbors) -> sparse.csr_array:
    """(A + Aᵀ)/2, (n_items, n_items), without the edges from an item to itself."""
    n = len(graph)
    item = np.repeat(np.arange(n), graph.k)
    other = graph.index.ravel()
    edge = item != other
    adjacency = sparse.csr_array(
        (np.ones(np.count_nonzero(edge)), (item[edge], other[edge])), shape=(n, n)
    )
    return (adjacency + adjacency.T) / 2
