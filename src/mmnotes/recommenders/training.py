"""One way to train every network: batches, early stopping on validation data, and a diary."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from tqdm.auto import tqdm

from mmnotes.errors import InputError
from mmnotes.evaluate.measures import check_metrics
from mmnotes.recommenders.network import Network, Pair
from mmnotes.recommenders.ranges import in_range
from mmnotes.recommenders.sampling import Sampler
from mmnotes.recommenders.seeds import seeded

Validate = Callable[[Pair], float]


@dataclass(frozen=True)
class Training:
    """How to train: what all models share.

    Parameters
    ----------
    epochs : int
        At most so many.
    batch_size : int
    learning_rate : float
        Of Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980).
    decay : float
        What the learning rate is multiplied with after each epoch.
    patience : int
        Epochs without a better validation value after which training ends, at the next look.
    evaluate_every : int
        Epochs between two looks at the validation part.
    metric : str
        What is looked at, such as ``"recall@20"``; see :mod:`mmnotes.evaluate.ranking`.
    pairs, negatives : str
        See :class:`~mmnotes.recommenders.sampling.Sampler`.

    Raises
    ------
    InputError
        If a number is out of range, or there is no such metric.
    """

    epochs: int = 500
    batch_size: int = 2048
    learning_rate: float = 1e-3
    decay: float = 1.0
    patience: int = 20
    evaluate_every: int = 1
    metric: str = "recall@20"
    pairs: str = "pairs"
    negatives: str = "warm"

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience", "evaluate_every"):
            value = getattr(self, name)
            if not in_range(value, 1, whole=True):
                raise InputError(f"training: {name} must be a whole number from 1, not {value!r}")
        rates = self.learning_rate, self.decay
        if not all(in_range(rate, 0, above=True) for rate in rates) or self.decay > 1:
            raise InputError(
                f"training: learning_rate={self.learning_rate!r} and decay={self.decay!r}: choose "
                "a number above 0, and one above 0 and at most 1"
            )
        check_metrics([self.metric])


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to.

    Parameters
    ----------
    number : int
        From 1.
    loss : float
        Mean over its batches.
    valid : float or None
        The metric on the validation part; None where it was not looked at.
    cpu_seconds, evaluation_cpu_seconds : float
        Processor time of all threads, of training and of the look at the validation part.
    seconds : float
        Wall time of training: what counts on a GPU.
    """

    number: int
    loss: float
    valid: float | None
    cpu_seconds: float
    evaluation_cpu_seconds: float
    seconds: float


@dataclass
class State:
    """Where training stands: what a checkpoint keeps beside the network.

    Parameters
    ----------
    epochs : list of Epoch
    best : dict of tensors
        The network's state at the best look so far; empty before the first.
    best_epoch : int
    best_valid : float or None
    """

    epochs: list[Epoch] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)
    best_epoch: int = 0
    best_valid: float | None = None

    def diary(self) -> list[dict[str, Any]]:
        """The epochs as plain records."""
        return [asdict(epoch) for epoch in self.epochs]


def optimizer_of(network: Network, settings: Training) -> torch.optim.Optimizer:
    """Adam over the main parameters, fused where torch can.

    A parameter without a gradient in a step is not moved, nor is its momentum: gradients are None
    and not zero then. That matters to LATTICE and MICRO, whose graphs learn once an epoch.
    """
    return torch.optim.Adam(network.main_parameters(), lr=settings.learning_rate, fused=True)


def train(
    network: Network,
    sampler: Sampler,
    settings: Training,
    seed: int,
    validate: Validate | None,
    optimizer: torch.optim.Optimizer,
    state: State,
    keep: Callable[[], None],
    title: str = "",
) -> None:
    """Train until the validation value has not bettered for long enough; then take the best back.

    Parameters
    ----------
    network, sampler, settings
    seed : int
        With the number of an epoch it decides all that is drawn in it, so that training that was
        cut short goes on as if it had not been.
    validate : function of user and item vectors, or None
        Higher is better. Without it, all epochs are run and the last is the best.
    optimizer, state
        Changed in place; those of a checkpoint where training goes on.
    keep : function
        Called after each look at the validation part, to write a checkpoint.
    title : str
        What the progress bar says; it shows on terminals only.
    """
    device = next(network.parameters()).device
    with tqdm(
        total=settings.epochs, initial=len(state.epochs), desc=title, unit="epoch", disable=None
    ) as bar:
        while not _over(state, settings, validate is not None):
            number = len(state.epochs) + 1
            started, began = time.perf_counter(), time.process_time()
            with seeded(seed, number, device):
                loss = _epoch(network, sampler, optimizer, settings, number)
            seconds, trained = time.perf_counter() - started, time.process_time()
            looked = number % settings.evaluate_every == 0 or number == settings.epochs
            valid = _look(network, validate, state, number) if looked else None
            looking = time.process_time() - trained
            state.epochs.append(Epoch(number, loss, valid, trained - began, looking, seconds))
            bar.update()
            bar.set_postfix(_told(state, loss, settings.metric))
            if looked:
                keep()
    network.load_state_dict(state.best)


def _epoch(
    network: Network,
    sampler: Sampler,
    optimizer: torch.optim.Optimizer,
    settings: Training,
    number: int,
) -> float:
    network.train()
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * settings.decay ** (number - 1)
    network.begin_epoch(number)
    total = torch.zeros((), device=next(network.parameters()).device)
    for batch in sampler.epoch(number):
        optimizer.zero_grad(set_to_none=True)
        loss = network.loss(batch)
        loss.backward()
        optimizer.step()
        total += loss.detach()
    mean = float(total) / len(sampler)
    if not math.isfinite(mean):
        raise InputError(
            f"epoch {number}: the loss is {mean}; a smaller learning rate than "
            f"{settings.learning_rate} may help"
        )
    return mean


def _look(network: Network, validate: Validate | None, state: State, number: int) -> float | None:
    """The validation value; the state of the network is kept if it is the best so far."""
    network.eval()
    if validate is None:
        value = None
    else:
        with torch.no_grad():
            value = validate(network())
    if value is None or state.best_valid is None or value > state.best_valid:
        state.best = {name: part.clone() for name, part in network.state_dict().items()}
        state.best_epoch, state.best_valid = number, value
    return value


def _over(state: State, settings: Training, validated: bool) -> bool:
    done = len(state.epochs)
    if done >= settings.epochs:
        return True
    looked = bool(done) and state.epochs[-1].valid is not None
    return validated and looked and done - state.best_epoch >= settings.patience


def _told(state: State, loss: float, metric: str) -> dict[str, str]:
    told = {"loss": f"{loss:.4f}"}
    if state.best_valid is not None:
        last = next(epoch.valid for epoch in reversed(state.epochs) if epoch.valid is not None)
        told[metric] = f"{last:.4f} (best {state.best_valid:.4f} in epoch {state.best_epoch})"
    return told
