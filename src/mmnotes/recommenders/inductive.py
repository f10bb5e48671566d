"""Items that nobody took, brought to what a network can use: their vectors and warm neighbours."""

import numpy as np
import torch
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders.network import Network, NewItems, Pair
from mmnotes.recommenders.problem import Problem, constant

_CELLS = {"cpu": 2**20, "cuda": 2**26}  # cosines held at once: what fits a cache, 4 MiB


class Completion:
    """What a network's vectors say of users and items that it could not learn of.

    Parameters
    ----------
    problem : Problem
    network : Network
        Its ``new_items`` is asked for the items without a training pair.
    """

    def __init__(self, problem: Problem, network: Network) -> None:
        cold = torch.nonzero(~problem.warm)[:, 0]
        taken = torch.bincount(problem.user, minlength=problem.n_users)
        self._cold, self._strangers = cold, torch.nonzero(taken == 0)[:, 0]
        content = problem.content
        self._links = (
            new_items(content, problem, cold) if content is not None and len(cold) else None
        )
        self._network = network

    def __call__(self, vectors: Pair) -> Pair:
        """Vectors (n_users, d) and (n_items, d) in memory of their own; not differentiable.

        A user without a training pair has zeros: nothing is known, so all items score alike. An
        item without one has the vector that the inductive path gives it, and else zeros too.
        """
        users, items = (part.detach().clone() for part in vectors)
        users[self._strangers] = 0
        items[self._cold] = 0
        found = None if self._links is None else self._network.new_items(self._links)
        if found is not None:
            items[self._cold] = found.detach().to(items.dtype)
        return users, items


def new_items(content: Content, problem: Problem, rows: torch.Tensor | None = None) -> NewItems:
    """What does content say of items that nobody took?

    Parameters
    ----------
    content : Content
        Of new items; or of the fitted ones, where ``rows`` says which of them are meant.
    problem : Problem
        What the network was built from.
    rows : (n,) int64, optional
        With it, neighbours are those of the content's own graphs, as far as they are warm.
        Without, they are looked for among the vectors of the warm items.

    Raises
    ------
    InputError
        If a modality is missing, or its vectors are of another length.
    """
    values, present, near, cosine = {}, {}, {}, {}
    known = problem.known_content("an inductive path")
    for name in known:
        modality = content[name]
        block = modality.block
        if block.values.shape[1] != known[name].block.values.shape[1]:
            raise InputError(
                f"{name}: vectors of length {block.values.shape[1]}, but the model was fitted with "
                f"{known[name].block.values.shape[1]}"
            )
        there = constant(block.present, problem.device)
        vectors = constant(block.values, problem.device)
        if rows is None:
            found = _searched(vectors, there, known[name], problem)
        else:
            vectors, there = vectors[rows], there[rows]
            found = _linked(modality, rows, problem)
        values[name], present[name], (near[name], cosine[name]) = vectors, there, found
    return NewItems(values, present, near, cosine)


def _linked(
    modality: Modality, rows: torch.Tensor, problem: Problem
) -> tuple[torch.Tensor, torch.Tensor]:
    """Warm neighbours by the graph that there is; the cosine is 0 at the places of the others."""
    at = rows.cpu().numpy()
    near = constant(modality.graph.index[at], problem.device)
    cosine = constant(edge_weights(modality)[at], problem.device)
    counts = problem.warm[near] & (near != rows[:, None])
    return near, torch.where(counts, cosine, 0.0)


def edge_weights(modality: Modality) -> np.ndarray:
    """Cosines of a graph, (n_items, k) float32, with 1 where they are unknown.

    Published graphs leave the cosine open where items share a vector that was made up for missing
    images: such items are as near to each other as can be. An item without the modality has its
    own row as its only neighbour, with 1.
    """
    return np.nan_to_num(modality.graph.cosine, nan=1.0)


def _searched(
    vectors: torch.Tensor, there: torch.Tensor, known: Modality, problem: Problem
) -> tuple[torch.Tensor, torch.Tensor]:
    """The nearest warm items by cosine; an item without the modality has none."""
    fitted = constant(known.block.values, problem.device)
    pool = torch.nonzero(problem.warm & constant(known.block.present, problem.device))
    pool = pool[:, 0]
    k = min(known.graph.k, len(pool))
    if not len(vectors) or not k:
        nothing = torch.zeros(len(vectors), 1, device=problem.device)
        return nothing.long(), nothing
    place, cosine = nearest(functional.normalize(vectors), functional.normalize(fitted[pool]), k)
    return pool[place], torch.where(there[:, None], cosine, 0.0)


def nearest(units: torch.Tensor, pool: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Which rows of ``pool`` point most nearly the same way, and how nearly?

    Parameters
    ----------
    units : (n, d)
        Rows at unit length, at least one.
    pool : (m, d)
        Likewise.
    k : int
        From 1 to m.

    Returns
    -------
    (n, k) int64, (n, k) float32
        Rows of ``pool`` and their cosines, the nearest first. The n × m cosines are held a block
        at a time.
    """
    cells = _CELLS.get(units.device.type, _CELLS["cpu"])
    blocks = units.split(max(1, cells // len(pool)))
    found = [(block @ pool.T).topk(k) for block in blocks]
    return torch.cat([top.indices for top in found]), torch.cat([top.values for top in found])
