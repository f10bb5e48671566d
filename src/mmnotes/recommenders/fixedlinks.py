"""Edges in the place of those that a denoiser draws: what would an edge be worth from elsewhere?"""

from collections.abc import Sequence

import torch

from mmnotes.data.tables import Interactions
from mmnotes.recommenders.drawn import LinkedGraphs
from mmnotes.recommenders.itemknn import ItemKNN
from mmnotes.recommenders.problem import Problem

SOURCES = ("neighbors", "own", "none")
_USERS = 1024  # whose scores are held at once


def fixed_links(problem: Problem, names: Sequence[str], n_linked: int, source: str) -> LinkedGraphs:
    """Graphs that no diffusion drew, the same in all epochs.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
        Modalities.
    n_linked : int
        Items of a user in each graph.
    source : {"neighbors", "own", "none"}
        The warm items that :class:`ItemKNN` holds most likely of those that the user has not; items
        that the user has, drawn at random for each modality; or no edge. Where there are fewer than
        ``n_linked``, or fewer that have any neighbour, the user has fewer edges.
    """
    graphs = LinkedGraphs(problem, names, n_linked)
    wanted = nearest_items(problem, n_linked) if source == "neighbors" else None
    for name in names if source != "none" else ():
        graphs.link(name, own_items(problem, n_linked) if wanted is None else wanted)
    return graphs


def nearest_items(problem: Problem, k: int) -> torch.Tensor:
    """The k warm items that ItemKNN scores highest of those that each user has not.

    Parameters
    ----------
    problem : Problem
    k : int
        At most n_items.

    Returns
    -------
    (n_buyers, k) int64
        For users with a training pair, by number; -1 where fewer than k have a neighbour among
        what the user has.
    """
    user, item, cold = problem.user.cpu(), problem.item.cpu(), ~problem.warm.cpu()
    rows = Interactions(user.numpy(), item.numpy(), problem.n_users, problem.n_items)
    model, found = ItemKNN().fit(rows), []
    for some in torch.unique(user).split(_USERS):
        scores = torch.from_numpy(model.score(some.numpy()))
        scores[:, cold] = -torch.inf  # no graph of training holds them
        own = torch.isin(user, some)
        scores[torch.searchsorted(some, user[own]), item[own]] = -torch.inf
        best = scores.topk(k)
        found.append(best.indices.masked_fill(best.values <= 0, -1))
    return torch.cat(found).to(problem.device)


def own_items(problem: Problem, k: int) -> torch.Tensor:
    """k different items at random of those that each user has.

    Parameters
    ----------
    problem : Problem
    k : int

    Returns
    -------
    (n_buyers, k) int64
        For users with a training pair, by number; -1 where a user has fewer than k.
    """
    counts = torch.unique(problem.user.cpu(), return_counts=True)[1]
    places = torch.empty(len(counts), 0, dtype=torch.int64)
    for n_drawn, chance in enumerate(torch.rand(len(counts), k).unbind(1)):
        place = (chance * (counts - n_drawn).clamp(min=0)).long()  # among those that are left
        for earlier in places.unbind(1):  # from the lowest up
            place += place >= earlier
        places = torch.cat([places, place[:, None]], 1).sort(1).values
    # With nothing left, a place lies behind the user's last item.
    last = counts[:, None] - 1
    at = (counts.cumsum(0) - counts)[:, None] + torch.minimum(places, last)
    found = problem.item[at.to(problem.device)]
    return found.masked_fill((places > last).to(problem.device), -1)
