"""Content with what it says taken out: does a model look at it, and which part does it need?"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mmnotes.data.graphs import Neighbors
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import Content, Modality
from mmnotes.features.graphs import item_graph

WAYS = ("zero", "mean", "shuffle", "noise")
GRAPHS = ("rebuilt", "kept")


def knock_out(
    content: Content,
    names: Sequence[str],
    how: str,
    random_state: int = 0,
    graphs: str = "rebuilt",
) -> Content:
    """What would the content be if these modalities told nothing of the items?

    Each way leaves something else in place, and so answers another question:

    ===========  ===================================================================================
    ``zero``     No item has the modality. It drops out of the graphs that models mix, and the
                 others take its share; a layer above its vectors is left with a constant.
    ``mean``     Every item has the mean of the vectors. The model keeps its input and its scale,
                 and nothing tells items apart. All cosines are 1: rebuilt, the neighbours of every
                 item are the first rows that have the modality, for equally near items go by row.
    ``shuffle``  Items deal out their vectors and neighbours anew (one may get its own). What these
                 look like stays as it is; only whose they are is lost. Each modality is shuffled
                 in an order of its own.
    ``noise``    Normal vectors with the mean and the covariance of the true ones: directions that
                 vary much still do, but no item is near another for a reason. An item that has
                 not got the modality gets none.
    ===========  ===================================================================================

    Parameters
    ----------
    content : Content
    names : sequence of str
        Modalities; the others stay as they are.
    how : {"zero", "mean", "shuffle", "noise"}
    random_state : int
        A modality is shuffled alike whatever else is knocked out.
    graphs : {"rebuilt", "kept"}
        Neighbours by the new vectors; or the old ones, so that only the vectors are knocked out. A
        graph that is kept unawares makes a model look as if it did not need the vectors. A
        shuffled graph is the old one with its items renamed, exact where only a graph is known.

    Raises
    ------
    InputError
        If there is no such modality, way or kind of graph.

    Examples
    --------
    >>> pairs = Modality.of_vectors(np.repeat(np.eye(2, dtype=np.float32), 2, axis=0), k=2)
    >>> knock_out(Content({"text": pairs}), ["text"], "mean")["text"].graph.index.tolist()
    [[0, 1], [0, 1], [0, 1], [0, 1]]
    """
    if how not in _CHANGES:
        raise InputError(f"there is no knock-out {how!r}; choose from {', '.join(WAYS)}")
    if graphs not in GRAPHS:
        raise InputError(f"graphs must be 'rebuilt' or 'kept', not {graphs!r}")
    for name in names:
        old = content[name]
        if not old.block.present.any():
            continue  # there is nothing to take out
        # By name: what is drawn for one modality does not depend on what else is knocked out.
        rng = np.random.default_rng([random_state, *name.encode()])
        new = replace(_CHANGES[how](old, rng), origin=f"{old.origin} ({how}, graph {graphs})")
        content = content.changed(name, replace(new, graph=old.graph) if graphs == "kept" else new)
    return content


def _zero(modality: Modality, rng: np.random.Generator) -> Modality:
    n, graph = len(modality), modality.graph
    alone = np.tile(np.arange(n)[:, None], graph.k)
    block = modality.block.without(np.ones(n, bool))
    return Modality(block, Neighbors(alone, np.full(alone.shape, np.nan)))


def _mean(modality: Modality, rng: np.random.Generator) -> Modality:
    values, present = modality.block.values, modality.block.present
    same = np.zeros_like(values)
    same[present] = values[present].mean(axis=0, dtype=np.float64)
    return _with_values(modality, same)


def _shuffle(modality: Modality, rng: np.random.Generator) -> Modality:
    source = rng.permutation(len(modality))  # whose vector each item gets
    holder = np.argsort(source)  # who has the vector of each item
    block, graph = modality.block, modality.graph
    renamed = Neighbors(holder[graph.index[source]], graph.cosine[source])
    return Modality(FeatureBlock(block.values[source], block.present[source]), renamed)


def _noise(modality: Modality, rng: np.random.Generator) -> Modality:
    values, present = modality.block.values, modality.block.present
    true = values[present]
    mean = true.mean(axis=0, dtype=np.float64).astype(np.float32)
    # R of QR is a root of the covariance, also where that is singular: XᵀX = RᵀR.
    root = np.linalg.qr(true - mean, mode="r") / np.sqrt(np.float32(len(true)))
    drawn = np.zeros_like(values)
    drawn[present] = mean + rng.standard_normal((len(true), len(root)), np.float32) @ root
    return _with_values(modality, drawn)


def _with_values(modality: Modality, values: np.ndarray) -> Modality:
    present = modality.block.present
    graph = item_graph(values, modality.graph.k, present)
    return Modality(FeatureBlock(values, present), graph)


_CHANGES: dict[str, Callable[[Modality, np.random.Generator], Modality]] = {
    "zero": _zero,
    "mean": _mean,
    "shuffle": _shuffle,
    "noise": _noise,
}
