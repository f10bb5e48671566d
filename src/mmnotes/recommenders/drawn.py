"""Graphs of what users may want, one for each modality, drawn by denoisers of their rows."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from mmnotes.recommenders.bipartite import Bipartite
from mmnotes.recommenders.denoiser import Denoiser, Rows
from mmnotes.recommenders.diffusion import Schedule
from mmnotes.recommenders.problem import Problem


class LinkedGraphs(nn.Module):
    """For each modality a graph of users and items, with as many items for every user.

    Users are those with a training pair. The items belong to the state: vectors of the best epoch
    need the graphs of that epoch.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
        Modalities.
    n_linked : int
        Items of a user in each graph.
    """

    def __init__(self, problem: Problem, names: Sequence[str], n_linked: int) -> None:
        super().__init__()
        self._names = tuple(names)
        self._shape = problem.n_users, problem.n_items
        self._buyers = torch.unique(problem.user)
        for name in names:
            nothing = torch.full((len(self._buyers), n_linked), -1)
            self.register_buffer(f"items_{name}", nothing)

    def link(self, name: str, items: torch.Tensor) -> None:
        """Set the items of one modality, (n_buyers, n_linked); -1 stands for no link."""
        self.get_buffer(f"items_{name}").copy_(items)

    def links(self) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """Users and items that are linked, by user and then item; none before the first time."""
        found = {}
        for name in self._names:
            item = self.get_buffer(f"items_{name}").sort(1).values
            user = self._buyers.to(item.device)[:, None].expand_as(item)
            linked = item >= 0
            found[name] = user[linked], item[linked]
        return found

    def graphs(self) -> dict[str, Bipartite]:
        """The same as graphs."""
        return {
            name: Bipartite(user, item, self._shape, "symmetric-loops")
            for name, (user, item) in self.links().items()
        }


class DrawnGraphs(LinkedGraphs):
    """For each modality a denoiser, and what it held most likely for each user when last asked.

    Denoisers know warm items alone.

    Parameters
    ----------
    problem : Problem
    names : sequence of str
        Modalities.
    n_steps, hidden : int
        Of the diffusion, and of a denoiser.
    n_drawn : int
        Items of a user in each graph.
    learning_rate : float
    """

    def __init__(
        self,
        problem: Problem,
        names: Sequence[str],
        n_steps: int,
        hidden: int,
        n_drawn: int,
        learning_rate: float,
    ) -> None:
        super().__init__(problem, names, n_drawn)
        self._n_drawn, self._rate = n_drawn, learning_rate
        self._warm = torch.nonzero(problem.warm)[:, 0]
        place = problem.warm.cumsum(0) - 1
        self._rows = Rows.of(problem.user, place[problem.item], problem.n_users)[self._buyers]
        self._schedule = Schedule.small(n_steps)
        self._denoisers = {name: Denoiser(len(self._warm), hidden) for name in names}
        self.denoise = nn.ModuleDict(self._denoisers)
        self._optimizer: torch.optim.Optimizer | None = None

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Adam of the denoisers; made late, when they are on their device."""
        if self._optimizer is None:
            self._optimizer = torch.optim.Adam(self.parameters(), lr=self._rate, fused=True)
        return self._optimizer

    def learn(
        self,
        values: Mapping[str, torch.Tensor],
        goal: torch.Tensor,
        strength: float,
        batch_size: int,
    ) -> None:
        """Train the denoisers once over all users, and draw anew.

        Parameters
        ----------
        values : dict of (n_items, d)
            Items as each modality has them.
        goal : (n_items, d)
            Items as free vectors have them.
        strength : float
            Weight of what a row means to a modality; see :meth:`Denoiser.loss`.
        batch_size : int
            Users in a step.
        """
        warm = {name: part.detach()[self._warm] for name, part in values.items()}
        meant = goal.detach()[self._warm]
        order = torch.randperm(len(self._rows), device=meant.device)
        for users in order.split(batch_size):
            self.optimizer.zero_grad()
            rows = self._rows[users]
            for name, denoiser in self._denoisers.items():
                denoiser.loss(rows, self._schedule, warm[name], meant, strength).backward()
            self.optimizer.step()
        for name, denoiser in self._denoisers.items():
            wanted = denoiser.favourites(self._rows, self._schedule, self._n_drawn)
            self.link(name, self._warm[wanted])
