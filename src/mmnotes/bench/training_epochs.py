"""One epoch of a network, ours or another's with the same parameters, and one evaluation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch._dynamo  # torch imports it at the first optimizer: here each run finds it done

from mmnotes.bench.training_data import content_of, interactions_of
from mmnotes.bench.works import Arrays, Values
from mmnotes.recommenders.network import Network
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch, Sampler
from mmnotes.recommenders.trained import TrainedRecommender
from mmnotes.recommenders.training import State, optimizer_of, train

Plain = Callable[[Problem, Any], Network]  # from a problem, and settings: our estimator
_N_FIRST = 3  # steps whose losses and gradients are compared
_FEATURES = "features."  # what the parameters are called that only published versions have


@dataclass(frozen=True)
class Ready:
    """A network before its first epoch, and what it was made from."""

    arrays: Arrays
    model: TrainedRecommender
    network: Network
    sampler: Sampler
    optimizer: torch.optim.Optimizer


def prepare(arrays: Arrays, model: TrainedRecommender, plain: Plain | None = None) -> Ready:
    """What comes before the first epoch: graphs and parameters.

    Parameters
    ----------
    arrays
        See :func:`~mmnotes.bench.training_data.make_market`.
    model : TrainedRecommender
        Its settings hold for both.
    plain : function, optional
        Makes the network in the place of ours. It starts from the same parameters, sees the same
        batches and is trained by the same loop, with Adam as torch has it.

    Raises
    ------
    ValueError
        If the two do not have the same parameters, but for features that are trained.
    """
    problem = Problem.of(interactions_of(arrays), content_of(arrays), torch.device("cpu"))
    settings = model.training
    sampler = Sampler(problem, settings.batch_size, settings.pairs, settings.negatives)
    network = model.new_network(problem)
    if plain is None:
        return Ready(arrays, model, network, sampler, optimizer_of(network, settings))
    start = network.state_dict()
    network = plain(problem, model)
    differ = network.load_state_dict(start, strict=False)
    names = [*differ.unexpected_keys, *differ.missing_keys]
    if any(not name.startswith(_FEATURES) for name in names):
        raise ValueError(f"parameters that only one of the two has: {', '.join(names)}")
    adam = torch.optim.Adam(network.main_parameters(), lr=settings.learning_rate)
    return Ready(arrays, model, network, sampler, adam)


def epoch(ready: Ready) -> Values:
    """Train for one epoch, as users of the library do.

    Returns
    -------
    dict
        ``loss 1``, ``gradient 1`` and so on: of the first steps, the loss and the length of its
        gradient.
    """
    notes = _Notes(ready.network)
    ready.network.loss = notes.loss  # type: ignore[method-assign]
    ready.optimizer.register_step_pre_hook(notes.step)
    settings = replace(ready.model.training, epochs=1)
    seed = ready.model.random_state
    train(ready.network, ready.sampler, settings, seed, None, ready.optimizer, State(), _nothing)
    return notes.values


def evaluation(
    ready: Ready, rank: Callable[[Arrays], Values], users_at_once: int | None = None
) -> Values:
    """Make the vectors, and rank all items for every user.

    Parameters
    ----------
    ready : Ready
    rank : function
        From ``users``, ``items``, ``seen`` and ``truth`` to values.
    users_at_once : int, optional
        With it, the vectors are made again for every so many users.
    """
    n_users = len(ready.arrays["truth"])
    ready.network.eval()
    with torch.no_grad():
        for _ in range(0, n_users, users_at_once or n_users):
            users, items = ready.network()
    return rank({**ready.arrays, "users": users.numpy(), "items": items.numpy()})


class _Notes:
    """Losses and gradients of the first steps, taken down on the way."""

    def __init__(self, network: Network) -> None:
        self.values: Values = {}
        self._loss_of = network.loss
        trained = {id(part) for part in network.main_parameters()}
        self._compared = [
            part
            for name, part in network.named_parameters()
            if id(part) in trained and not name.startswith(_FEATURES)
        ]

    def loss(self, batch: Batch) -> torch.Tensor:
        value = self._loss_of(batch)
        if len(self.values) < 2 * _N_FIRST:
            self.values[f"loss {len(self.values) // 2 + 1}"] = float(value.detach())
        return value

    def step(self, optimizer: torch.optim.Optimizer, given: Any, named: Any) -> None:
        if len(self.values) < 2 * _N_FIRST:
            squares = [part.grad.square().sum() for part in self._compared if part.grad is not None]
            name = f"gradient {len(self.values) // 2 + 1}"
            self.values[name] = float(torch.stack(squares).sum().sqrt())


def _nothing() -> None:
    """No checkpoint is kept."""
