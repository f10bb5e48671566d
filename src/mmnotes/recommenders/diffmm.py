"""A diffusion says, for each modality, which item a user would want most; graphs made of that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import nn
from torch.nn.functional import normalize

from mmnotes.errors import InputError
from mmnotes.recommenders.bipartite import Bipartite
from mmnotes.recommenders.blended import PROJECTIONS, Blended, weighted_sum
from mmnotes.recommenders.contrastive import info_nce
from mmnotes.recommenders.drawn import DrawnGraphs, LinkedGraphs
from mmnotes.recommenders.fixedlinks import SOURCES, fixed_links
from mmnotes.recommenders.network import Network, NewItems, Pair, bpr, table
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch
from mmnotes.recommenders.trained import TrainedRecommender
from mmnotes.recommenders.training import Training

CONTRASTS = ("modalities", "main")
LINKS = ("denoiser", *SOURCES)


@dataclass(repr=False, eq=False, kw_only=True)
class DiffMM(TrainedRecommender):
    r"""Content that flows over the graph of who took what, and over graphs that a diffusion drew.

    Jiang and others (2024), https://arxiv.org/abs/2406.11781. For each modality m a
    :class:`~mmnotes.recommenders.denoiser.Denoiser` learns the users' rows, and draws a graph with
    the ``n_generated`` items of each user that it holds most likely. With U and E free vectors,
    :math:`N_m` the projected content at unit length, :math:`\hat A = D^{-1/2} (A + I) D^{-1/2}`
    of the training pairs and :math:`\hat A_m` of the drawn ones:

    .. math::
        Z_m &= \hat A [U; N_m] + \hat A [(\hat A [U; N_m])_U; E]
               + \rho \hat A_m [U; E], \qquad Z = \sum_m w_m Z_m \\
        x &= \sum_{l=0}^{L} \hat A^l Z + \lambda Z / \|Z\|, \qquad
        y_m = \sum_{l=0}^{L} \hat A^l \hat A_m [U; N_m]

    The loss is BPR of x, weighted InfoNCE between the views y, and all free vectors' squares. No
    modality enters a denoiser: it shows in a part of the denoiser's own loss alone. Scores take
    the drawn graphs of the best epoch. An item without a training pair has these vectors with a
    free vector of zeros and nobody beside it: its content alone. The published code also drops
    drawn edges, but not as run on Baby and Sports; that is left out.

    Parameters
    ----------
    dim : int
    n_layers : int
        L.
    regularisation : float
        Weight of the squared lengths of all free vectors of users and warm items. 1e-5 is what was
        published for Baby, 1e-6 for Sports.
    contrast : float
        Weight of InfoNCE. 0.1 is what was published for Baby, 0.01 for Sports.
    temperature : float
    contrast_between : {"modalities", "main"}
        Views of one modality and another; or of each modality and x, as published for TikTok.
    residual : float
        λ. 0.5 is what was published for Baby, 0.1 for Sports.
    generated : float
        ρ.
    projection : {"leaky", "linear"}
        LeakyReLU of a product without a constant, as published for Baby; or linear with one, as
        for Sports.
    n_steps : int
        Of the diffusion.
    hidden : int
        Of the denoisers.
    signal : float
        Weight of what a denoised row means to its modality, in the denoiser's loss. 0.01 is what
        was published for Baby, 0.5 for Sports.
    n_generated : int
        Items of a user in each drawn graph.
    denoise_every : int
        Epochs between two trainings of the denoisers, each over all users once; graphs are drawn
        anew after each. 1 as published; they take most of an epoch.
    denoise_users : int or None
        Users in a step of that; as many as there are pairs in a batch if None, as published.
    links : {"denoiser", "neighbors", "own", "none"}
        Where the edges of :math:`\hat A_m` come from. All but the first are there to be compared
        with; see :func:`~mmnotes.recommenders.fixedlinks.fixed_links`. With these ``n_steps``,
        ``hidden``, ``signal``, ``denoise_every`` and ``denoise_users`` are of no use.
    training, device, random_state
        See :class:`~mmnotes.recommenders.trained.TrainedRecommender`.
        Denoisers take its learning rate too, without its decay.

    Raises
    ------
    InputError
        In ``fit``, if a setting is out of range, or content is missing.
    """

    dim: int = 64
    n_layers: int = 1
    regularisation: float = 1e-5
    contrast: float = 0.1
    temperature: float = 0.5
    contrast_between: str = "modalities"
    residual: float = 0.5
    generated: float = 0.2
    projection: str = "leaky"
    n_steps: int = 5
    hidden: int = 1000
    signal: float = 0.01
    n_generated: int = 1
    denoise_every: int = 1
    denoise_users: int | None = None
    links: str = "denoiser"
    training: Training = Training(batch_size=1024, epochs=50)

    def _network(self, problem: Problem) -> Network:
        _check(self, problem)
        return _DiffMM(problem, self)


class _DiffMM(Network):
    def __init__(self, problem: Problem, settings: DiffMM) -> None:
        super().__init__()
        self._settings = settings
        self._graph = problem.bipartite("symmetric-loops")
        self.users = table(problem.n_users, settings.dim)
        self.items = table(problem.n_items, settings.dim)
        self.content = Blended(problem, settings.dim, settings.projection)
        self.drawn = _links(problem, settings)
        self._warm = torch.nonzero(problem.warm)[:, 0]
        self._place = problem.warm.cumsum(0) - 1  # of a warm item among the warm ones
        self._counts = problem.warm.float()
        self._graphs: dict[str, Bipartite] = {}

    def begin_epoch(self, epoch: int) -> None:
        settings, drawn = self._settings, self.drawn
        if isinstance(drawn, DrawnGraphs) and (epoch - 1) % settings.denoise_every == 0:
            n_users = settings.denoise_users or settings.training.batch_size
            drawn.learn(self.content.projected(), self.items, settings.signal, n_users)
        self._graphs = drawn.graphs()

    def loss(self, batch: Batch) -> torch.Tensor:
        settings = self._settings
        units = self.content.units()
        layers, start = self._layers(units, self._graphs)
        # x is worked out for the rows of the batch alone.
        user, positive, negative = (
            both + settings.residual * normalize(part)
            for both, part in zip(batch.of(*layers), batch.of(*start), strict=True)
        )
        # Cold items' free vectors are no part of the model: they must not shrink either.
        squares = self.users.square().sum() + (self.items.square().sum(1) * self._counts).sum()
        total = bpr(user, positive, negative) + settings.regularisation * squares
        if settings.contrast:
            told_apart = self._told_apart(batch, (user, positive), units)
            total = total + settings.contrast * told_apart
        return total

    def forward(self) -> Pair:
        (users, items), start = self._layers(self.content.units(), self.drawn.graphs())
        residual = self._settings.residual
        return users + residual * normalize(start[0]), items + residual * normalize(start[1])

    def new_items(self, items: NewItems) -> torch.Tensor:
        own = self.content.blend(self.content.units(items.values, items.present))
        # With nobody beside it, an item's row of Â is its own 1, in every layer.
        return own * (self._settings.n_layers + 1) + self._settings.residual * normalize(own)

    def _layers(
        self, units: Mapping[str, torch.Tensor], graphs: Mapping[str, Bipartite]
    ) -> tuple[Pair, Pair]:
        """The layers' sum of Z, and Z."""
        # The Z_m differ in N_m and Â_m alone and w adds up to 1: one pass for all modalities.
        blend = self.content.blend(units)
        # Both products with Â in one: of U + (Â [U; N])_U and N + E.
        reached, _ = self._graph.layer(self.users, blend)
        start = self._graph.layer(self.users + reached, blend + self.items)
        near = [graph.layer(self.users, self.items) for graph in graphs.values()]
        shares = self._settings.generated * self.content.shares
        users, items = (
            part + weighted_sum(*others, shares=shares)
            for part, *others in zip(start, *near, strict=True)
        )
        return self._graph.sum_of_layers(users, items, self._settings.n_layers), (users, items)

    def _told_apart(
        self, batch: Batch, rows: Pair, units: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """InfoNCE between views, over the users and the items taken of a batch; rows are theirs."""
        at = batch.user, self._place[batch.positive]
        views = [self._view(graph, units[name]) for name, graph in self._graphs.items()]
        if self._settings.contrast_between == "main":
            pairs = [(rows, view) for view in views]
        else:
            pairs = [
                ((one[0].index_select(0, at[0]), one[1].index_select(0, at[1])), other)
                for one, other in combinations(views, 2)
            ]
        total = torch.zeros((), device=batch.user.device)
        for pair in pairs:
            for anchors, targets, place in zip(*pair, at, strict=True):
                total = total + info_nce(
                    normalize(anchors), normalize(targets), place, self._settings.temperature
                )
        return total

    def _view(self, graph: Bipartite, units: torch.Tensor) -> Pair:
        """All users and all warm items as one modality sees them."""
        seen = graph.layer(self.users, units)
        users, items = self._graph.sum_of_layers(*seen, self._settings.n_layers)
        return users, items.index_select(0, self._warm)

    def main_parameters(self) -> Iterator[nn.Parameter]:
        return (part for name, part in self.named_parameters() if not name.startswith("drawn."))

    def own_optimizers(self) -> Mapping[str, torch.optim.Optimizer]:
        return {"denoisers": self.drawn.optimizer} if isinstance(self.drawn, DrawnGraphs) else {}


def _links(problem: Problem, settings: DiffMM) -> LinkedGraphs:
    names, n_linked = problem.known_content("DiffMM").names, settings.n_generated
    if settings.links != "denoiser":
        return fixed_links(problem, names, n_linked, settings.links)
    rate = settings.training.learning_rate
    return DrawnGraphs(problem, names, settings.n_steps, settings.hidden, n_linked, rate)


def _check(settings: DiffMM, problem: Problem) -> None:
    """Refuse settings that are out of range, by name; and data without content."""
    problem.known_content("DiffMM")
    choices = {"contrast_between": CONTRASTS, "projection": PROJECTIONS, "links": LINKS}
    for name, allowed in choices.items():
        if getattr(settings, name) not in allowed:
            raise InputError(f"DiffMM: {name} must be one of {', '.join(allowed)}")
    for name in ("n_steps", "hidden", "n_generated", "denoise_every"):
        if getattr(settings, name) < 1:
            raise InputError(f"DiffMM: {name} must be at least 1")
    if settings.denoise_users is not None and settings.denoise_users < 1:
        raise InputError("DiffMM: denoise_users must be at least 1, or None")
    if not settings.temperature > 0:
        raise InputError("DiffMM: temperature must be above 0")
    n_warm = int(problem.warm.sum())
    if settings.n_generated > n_warm:
        raise InputError(
            f"DiffMM: n_generated={settings.n_generated}, but only {n_warm} items were taken"
        )
