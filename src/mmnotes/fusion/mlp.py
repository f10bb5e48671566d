"""A small neural ranker: one hidden layer, stopped when held-out impressions stop improving."""

import copy

import numpy as np
import torch
from torch import nn

from mmnotes.errors import InputError
from mmnotes.features.block import Layout
from mmnotes.fusion.base import Ranker, hold_out


class Network(nn.Module):
    """Standardise, put a learned token where a modality is missing, score."""

    mean: torch.Tensor  # (n_columns,)
    scale: torch.Tensor  # (n_columns,)

    def __init__(self, X: np.ndarray, hidden: int, tokens: Layout | None) -> None:
        super().__init__()
        scale = X.std(axis=0, dtype=np.float64)
        self.register_buffer("mean", torch.as_tensor(X.mean(axis=0, dtype=np.float64)).float())
        self.register_buffer("scale", torch.as_tensor(np.where(scale > 1e-6, scale, 1)).float())
        self.places = list((tokens or {}).values())
        widths = [place.values.stop - place.values.start for place in self.places]
        self.tokens = nn.ParameterList(torch.zeros(width) for width in widths)
        self.layers = nn.Sequential(nn.Linear(X.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Log-odds (n,) of rows (n, n_columns)."""
        x = (X - self.mean) / self.scale
        for place, token in zip(self.places, self.tokens, strict=True):
            there = X[:, place.present, None] != 0  # (n, 1)
            x[:, place.values] = torch.where(there, x[:, place.values], token)
            x[:, place.present] = 0  # the token says it
        return self.layers(x).squeeze(1)


class MlpRanker(Ranker):
    """A multilayer perceptron on the columns of X, trained on log loss.

    Parameters
    ----------
    hidden : int
        Units of the hidden layer.
    max_epochs, patience : int
        Training stops when the held-out loss has not improved for ``patience`` epochs, and goes
        back to the best.
    batch_size : int
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
        Held-out log loss after each epoch.
    """

    def __init__(
        self,
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

    def _fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> None:
        held = hold_out(y, groups, self.validation, self.random_state)
        device = _device(self.device)
        seed = np.random.default_rng(self.random_state).integers(2**31)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seed))
            network = Network(X[~held], self.hidden, self.tokens).to(device)
            parts = [torch.as_tensor(part, device=device) for part in (X, y.astype(np.float32))]
            train, test = (
                [part[torch.as_tensor(rows, device=device)] for part in parts]
                for rows in (~held, held)
            )
            self.losses_ = self._train(network, train, test)
        self.network_ = network.cpu()

    def _train(
        self, network: Network, train: list[torch.Tensor], test: list[torch.Tensor]
    ) -> list[float]:
        """Train in place, back to the best epoch at the end. Gives the held-out losses."""
        loss = nn.BCEWithLogitsLoss()
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        losses: list[float] = []
        best = copy.deepcopy(network.state_dict())
        while len(losses) < self.max_epochs:
            order = torch.randperm(len(train[1])).to(train[1].device)
            for batch in order.split(self.batch_size):
                optimizer.zero_grad()
                loss(network(train[0][batch]), train[1][batch]).backward()
                optimizer.step()
            with torch.no_grad():
                losses.append(loss(network(test[0]), test[1]).item())
            if losses[-1] == min(losses):
                best = copy.deepcopy(network.state_dict())
            if len(losses) - 1 - int(np.argmin(losses)) >= self.patience:
                break
        network.load_state_dict(best)
        return losses

    @torch.no_grad()
    def _score(self, X: np.ndarray) -> np.ndarray:
        device = _device(self.device)
        network = copy.deepcopy(self.network_).to(device)
        blocks = torch.as_tensor(X).split(65_536)
        return torch.cat([network(block.to(device)).cpu() for block in blocks]).double().numpy()


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"device must be 'auto' or a name that torch knows: {error}") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError("device='cuda', but torch sees no GPU here: use device='auto'")
    return device
