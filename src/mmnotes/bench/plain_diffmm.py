"""DiffMM as one would write it from its paper: users' rows are dense, of all items.

Random numbers are drawn as ours draws them, so that both see the same noise; torch's own dropout
would take the longer.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import torch
from torch import nn
from torch.nn import functional

from mmnotes.bench.plain_networks import adjacency, layers, ranked
from mmnotes.recommenders.denoiser import dropped
from mmnotes.recommenders.diffmm import DiffMM
from mmnotes.recommenders.diffusion import Schedule, step_waves
from mmnotes.recommenders.network import Network, Pair
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch

_DROPOUT, _STEP_DIM = 0.5, 10


class PlainDiffMM(Network):
    """Jiang and others (2024), https://arxiv.org/abs/2406.11781, with the defaults for Baby.

    Parameters
    ----------
    problem : Problem
    settings : DiffMM
        Projections are leaky, contrast is between modalities, one item a user is drawn each epoch.
    """

    def __init__(self, problem: Problem, settings: DiffMM) -> None:
        super().__init__()
        self._settings, self._shape = settings, (problem.n_users, problem.n_items)
        pairs = torch.stack([problem.user, problem.item])
        self._graph = adjacency(pairs, self._shape, loops=True)
        self._rows = torch.zeros(self._shape)
        self._rows[problem.user, problem.item] = 1
        self.users = nn.Parameter(torch.empty(problem.n_users, settings.dim))
        self.items = nn.Parameter(torch.empty(problem.n_items, settings.dim))
        self.content = _Content(problem, settings.dim)
        self.drawn = _Drawn(self._rows, self.content.names, settings)
        self._graphs: dict[str, torch.Tensor] = {}

    def main_parameters(self) -> Iterator[nn.Parameter]:
        """All but the denoisers'."""
        return (part for name, part in self.named_parameters() if not name.startswith("drawn."))

    def begin_epoch(self, epoch: int) -> None:
        """Train the denoisers over all users, and draw a graph with each."""
        self.drawn.learn(self._rows, self.content.projected(), self.items)
        everyone = torch.arange(self._shape[0])
        for name in self.content.names:
            ends = torch.stack([everyone, self.drawn.favourite(name, self._rows)])
            self._graphs[name] = adjacency(ends, self._shape, loops=True)

    def loss(self, batch: Batch) -> torch.Tensor:
        """BPR, squared lengths of all free vectors, and InfoNCE between modalities."""
        settings = self._settings
        content = self.content.projected()
        total = ranked(*self._vectors(content), batch)
        squares = self.users.square().sum() + self.items.square().sum()
        total = total + settings.regularisation * squares
        for one, other in combinations([self._view(name, content) for name in content], 2):
            for a, b, at in zip(one, other, (batch.user, batch.positive), strict=True):
                told = functional.normalize(a)[at] @ functional.normalize(b).T
                total = total + settings.contrast * functional.cross_entropy(
                    told / settings.temperature, at
                )
        return total

    def forward(self) -> Pair:
        """Vectors by the graphs drawn last."""
        return self._vectors(self.content.projected())

    def _vectors(self, content: Mapping[str, torch.Tensor]) -> Pair:
        n_users, settings = self._shape[0], self._settings
        free = torch.cat([self.users, self.items])
        total = torch.zeros(())
        weights = self.content.weights.softmax(0)
        for weight, (name, part) in zip(weights, content.items(), strict=True):
            near = torch.cat([self.users, functional.normalize(part)])
            once = torch.sparse.mm(self._graph, near)
            twice = torch.sparse.mm(self._graph, torch.cat([once[:n_users], self.items]))
            drawn = torch.sparse.mm(self._graphs[name], free)
            total = total + weight * (once + twice + settings.generated * drawn)
        smoothed = layers(self._graph, total[:n_users], total[n_users:], settings.n_layers).sum(0)
        found = smoothed + settings.residual * functional.normalize(total)
        return found[:n_users], found[n_users:]

    def _view(self, name: str, content: Mapping[str, torch.Tensor]) -> Pair:
        near = torch.cat([self.users, functional.normalize(content[name])])
        users, items = torch.sparse.mm(self._graphs[name], near).split(self._shape)
        smoothed = layers(self._graph, users, items, self._settings.n_layers).sum(0)
        return smoothed[: len(users)], smoothed[len(users) :]


class _Content(nn.Module):
    """The vectors of items, brought to the length of free ones."""

    def __init__(self, problem: Problem, dim: int) -> None:
        super().__init__()
        self.names = problem.known_content("DiffMM").names
        self._values = {name: problem.values(name) for name in self.names}
        self.weights = nn.Parameter(torch.empty(len(self.names)))
        self.project = nn.ModuleDict(
            {name: nn.Linear(part.shape[1], dim, bias=False) for name, part in self._values.items()}
        )

    def projected(self) -> dict[str, torch.Tensor]:
        return {
            name: functional.leaky_relu(self.project[name](part), 0.2)
            for name, part in self._values.items()
        }


class _Drawn(nn.Module):
    """The denoisers, and which item of each user they held most likely."""

    def __init__(self, rows: torch.Tensor, names: tuple[str, ...], settings: DiffMM) -> None:
        super().__init__()
        self._settings = settings
        self._schedule = Schedule.small(settings.n_steps)
        self._size = settings.training.batch_size
        self.denoise = nn.ModuleDict(
            {name: _Denoiser(rows.shape[1], settings.hidden) for name in names}
        )
        for name in names:
            self.register_buffer(f"items_{name}", torch.full((len(rows), 1), -1))
        rate = settings.training.learning_rate
        self._optimizer = torch.optim.Adam(self.denoise.parameters(), lr=rate)

    def learn(
        self, rows: torch.Tensor, content: Mapping[str, torch.Tensor], free: torch.Tensor
    ) -> None:
        for users in torch.randperm(len(rows)).split(self._size):
            self._optimizer.zero_grad()
            for name in self.denoise:
                self._loss(name, rows[users], content[name].detach(), free.detach()).backward()
            self._optimizer.step()

    @torch.no_grad()
    def favourite(self, name: str, rows: torch.Tensor) -> torch.Tensor:
        clean, noisy = self._schedule.backward()
        found = []
        for part in rows.split(self._size):
            for t in range(len(self._schedule) - 1, -1, -1):
                predicted = self.denoise[name](part, torch.full((len(part),), t))
                part = float(clean[t]) * predicted + float(noisy[t]) * part
            found.append(part.argmax(1))
        drawn = torch.cat(found)
        self.get_buffer(f"items_{name}").copy_(drawn[:, None])
        return drawn

    def _loss(
        self, name: str, rows: torch.Tensor, content: torch.Tensor, free: torch.Tensor
    ) -> torch.Tensor:
        step = torch.randint(len(self._schedule), (len(rows),))
        noise = torch.randn_like(rows) * self._schedule.noise[step, None]
        noisy = rows * self._schedule.signal[step, None] + noise
        clean = self.denoise[name](dropped(noisy, _DROPOUT), step)
        distance = (clean - rows).square().mean(1)
        signal = (clean @ content - rows @ free).square().mean()
        return (self._schedule.weights[step] * distance).mean() + self._settings.signal * signal


class _Denoiser(nn.Module):
    def __init__(self, n_items: int, hidden: int) -> None:
        super().__init__()
        self.into = nn.Parameter(torch.empty(n_items, hidden))
        self.step_into = nn.Parameter(torch.empty(_STEP_DIM, hidden))
        self.bias = nn.Parameter(torch.empty(hidden))
        self.step = nn.Parameter(torch.empty(_STEP_DIM, _STEP_DIM))
        self.step_bias = nn.Parameter(torch.empty(_STEP_DIM))
        self.out = nn.Parameter(torch.empty(n_items, hidden))
        self.out_bias = nn.Parameter(torch.empty(n_items))

    def forward(self, rows: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
        at = step_waves(step, _STEP_DIM) @ self.step + self.step_bias
        given, into = torch.cat([rows, at], 1), torch.cat([self.into, self.step_into])
        return torch.tanh(given @ into + self.bias) @ self.out.T + self.out_bias
