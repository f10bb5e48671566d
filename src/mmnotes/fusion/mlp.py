"""A small neural ranker: one hidden layer, stopped when held-out impressions stop improving."""

import copy

import numpy as np
import torch

from mmnotes.device import as_device
from mmnotes.errors import InputError
from mmnotes.features.block import Layout
from mmnotes.fusion.base import Ranker, hold_out
from mmnotes.fusion.network import Network, Part, codes
from mmnotes.fusion.objectives import OBJECTIVES, comparable


class MlpRanker(Ranker):
    """A multilayer perceptron on the columns of X, trained on the objective of your choice.

    Parameters
    ----------
    objective : {"pointwise", "pairwise", "softmax", "ndcg"}
        What ``mmnotes.fusion.objectives`` calls so. ``"pointwise"`` asks of each row whether it is
        clicked, and its scores are log-odds. The others ask which rows of an impression are: they
        need ``groups``, and their scores mean nothing but the order of an impression, so
        ``predict_proba`` refuses; scikit-learn's ``CalibratedClassifierCV`` on other rows gives
        probabilities.
    hidden : int
        Units of the hidden layer; 0 for a linear ranker.
    max_epochs, patience : int
        Training stops when the held-out loss has not improved for ``patience`` epochs, and goes
        back to the best.
    batch_size : int
        In rows. All objectives but ``"pointwise"`` take whole impressions, about as many rows.
    learning_rate, weight_decay : float
        Of AdamW.
    validation : float
        Share of the groups held out.
    tokens : mapping of ModalityColumns, optional
        Modalities of X that get a learned vector where their presence column is 0. It starts at
        the mean. ``EarlyFusion(missing="token")`` sets it.
    device : str
        ``"auto"`` takes a GPU if there is one; else a name that torch knows.
    random_state : int or None
        The same number gives the same weights on the same machine; torch's own generator is left
        as it was.

    Attributes
    ----------
    network_ : Network, on the CPU
    losses_ : list of float
        Held-out loss after each epoch, of the objective.
    n_groups_unused_ : int
        Impressions that the objective could learn nothing from: those without a click, or with
        nothing else. 0 for ``"pointwise"``.

    Raises
    ------
    InputError
        On fit, besides what every ranker refuses: an unknown objective or device; an objective
        that compares rows, without groups or without an impression that has anything to compare.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, slate = rng.normal(size=(400, 1)), np.repeat(np.arange(40), 10)
    >>> ranker = MlpRanker("pairwise", hidden=0).fit(X, X[:, 0] > rng.normal(size=400), slate)
    >>> ranker.score_items([[-1.0], [1.0]]).argmax()
    np.int64(1)
    """

    def __init__(
        self,
        objective: str = "pointwise",
        hidden: int = 64,
        max_epochs: int = 30,
        patience: int = 3,
        batch_size: int = 512,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-2,
        validation: float = 0.1,
        tokens: Layout | None = None,
        device: str = "auto",
        random_state: int | None = 0,
    ) -> None:
        self.objective = objective
        self.hidden = hidden
        self.max_epochs = max_epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.validation = validation
        self.tokens = tokens
        self.device = device
        self.random_state = random_state

    @property
    def scores_are_log_odds(self) -> bool:
        """Whether the objective is one that learns how likely a click is."""
        return self.objective == "pointwise"

    def _fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None,
        sample_weight: np.ndarray | None,
    ) -> None:
        if self.objective not in OBJECTIVES:
            raise InputError(
                f"objective must be one of {', '.join(OBJECTIVES)}, not {self.objective!r}"
            )
        used = self._used(y, groups, sample_weight)
        X, y = X[used], y[used]
        groups = None if groups is None else groups[used]
        weight = None if sample_weight is None else sample_weight[used]
        held = hold_out(y, groups, self.validation, self.random_state)
        device = as_device(self.device)
        seed = np.random.default_rng(self.random_state).integers(2**31)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seed))
            network = Network(X[~held], self.hidden, self.tokens).to(device)
            data = Part.of(X, y, groups, weight, device)
            train, test = (
                data.take(torch.as_tensor(np.flatnonzero(rows), device=device))
                for rows in (~held, held)
            )
            self.losses_ = self._train(network, train, test)
        self.network_ = network.cpu()

    def _used(
        self, y: np.ndarray, groups: np.ndarray | None, sample_weight: np.ndarray | None
    ) -> np.ndarray:
        """Rows that the objective can learn from, (n_rows,) bool; counts the other groups."""
        self.n_groups_unused_ = 0
        if self.scores_are_log_odds:
            return np.ones(len(y), dtype=bool)
        compares = f"objective={self.objective!r} compares the rows of an impression"
        if groups is None:
            raise InputError(f"{compares}: give groups, or use objective='pointwise'")
        numbers = torch.as_tensor(codes(groups))
        weight = None if sample_weight is None else torch.as_tensor(sample_weight)
        used = comparable(torch.as_tensor(y), numbers, weight)
        self.n_groups_unused_ = len(numbers[~used].unique())
        if not used.any():
            raise InputError(
                f"{compares}, but no group holds both a click and a row without one: are the "
                "groups those of the rows?"
            )
        return used.numpy()

    def _train(self, network: Network, train: Part, test: Part) -> list[float]:
        """Train in place, back to the best epoch at the end. Gives the held-out losses."""
        objective, whole = OBJECTIVES[self.objective], not self.scores_are_log_odds
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        losses: list[float] = []
        best = copy.deepcopy(network.state_dict())
        while len(losses) < self.max_epochs:
            for batch in train.batches(self.batch_size, whole):
                optimizer.zero_grad()
                objective(network(batch.X), batch.y, batch.group, batch.weight).backward()
                optimizer.step()
            with torch.no_grad():
                held_out = objective(network(test.X), test.y, test.group, test.weight)
            losses.append(held_out.item())
            if losses[-1] == min(losses):
                best = copy.deepcopy(network.state_dict())
            if len(losses) - 1 - int(np.argmin(losses)) >= self.patience:
                break
        network.load_state_dict(best)
        return losses

    @torch.no_grad()
    def _score(self, X: np.ndarray) -> np.ndarray:
        device = as_device(self.device)
        network = copy.deepcopy(self.network_).to(device)
        blocks = torch.as_tensor(X).split(65_536)
        return torch.cat([network(block.to(device)).cpu() for block in blocks]).double().numpy()
