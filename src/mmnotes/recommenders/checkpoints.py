"""A trained network, or one that is being trained, in a file: tensors and plain values only."""

import hashlib
import json
import pickle
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mmnotes.data.embedding import array_sha256
from mmnotes.data.tables import Interactions
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError
from mmnotes.evaluate.protocol import Candidates
from mmnotes.recommenders.network import Network
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.training import Epoch, State

if TYPE_CHECKING:
    from mmnotes.recommenders.trained import TrainedRecommender

_FORMAT = "mmnotes recommender 1"
_PASSED_OVER = ("device",)  # where it ran is not what it is
# What torch and our own look-ups raise over bytes that someone else has written.
_DAMAGED = (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


@dataclass
class Checkpoint:
    """What is written, and filled again on reading.

    Parameters
    ----------
    model : TrainedRecommender
    problem : Problem
    network : Network
    optimizer : Optimizer or None
        None for a network that is trained no further.
    state : State
    valid : Interactions, optional
        The validation part, which the best epoch is chosen on.
    candidates : Candidates, optional
        What it is ranked among, if not all items.
    """

    model: "TrainedRecommender"
    problem: Problem
    network: Network
    optimizer: torch.optim.Optimizer | None
    state: State
    valid: Interactions | None = None
    candidates: Candidates | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The model's parameters, as plain values."""
        given = {
            name: asdict(value) if is_dataclass(value) else value  # type: ignore[arg-type]
            for name, value in self.model.get_params(deep=False).items()
            if name not in _PASSED_OVER
        }
        return json.loads(json.dumps(given, default=_plain))

    @cached_property
    def data(self) -> str:
        """Which training pairs and content are these? A sha256, worked out once for a run."""
        return problem_sha256(self.problem)

    @cached_property
    def chosen_on(self) -> str:
        """Which validation pairs among which items? A sha256, or that there are none."""
        if self.valid is None:
            return "none"
        among = [] if self.candidates is None else [self.candidates.items]
        return _sha256(self.valid.user, self.valid.item, *among)

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """All optimizers by name."""
        main = {} if self.optimizer is None else {"main": self.optimizer}
        return main | (dict(self.network.own_optimizers()) if main else {})


def problem_sha256(problem: Problem) -> str:
    """Which training pairs and content are these? A sha256 over them."""
    names = () if problem.content is None else problem.content.names
    parts = [problem.user.cpu().numpy(), problem.item.cpu().numpy()]
    if problem.content is not None:
        for name in problem.content:
            modality = problem.content[name]
            parts += [modality.block.values, modality.block.present]
            parts += [modality.graph.index, modality.graph.cosine]
    return _sha256(*parts, said=f"{problem.n_users}\0{problem.n_items}\0{names}")


def _sha256(*parts: np.ndarray, said: str = "") -> str:
    digests = "\0".join(array_sha256(part) for part in parts)
    return hashlib.sha256(f"{said}\0{digests}".encode()).hexdigest()


def _plain(value: object) -> object:
    """A number of NumPy's is the number, anything else what it prints."""
    return value.item() if isinstance(value, np.generic) else str(value)


def write_checkpoint(path: str | Path, kept: Checkpoint) -> None:
    """Write it whole, in the place of what was there; its folder is made.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    state, training = kept.state, kept.optimizer is not None
    content = {
        "format": _FORMAT,
        "model": type(kept.model).__name__,
        "settings": kept.settings,
        "data": kept.data,
        "chosen_on": kept.chosen_on,
        "network": kept.network.state_dict() if training else None,  # trained, it is the best
        "optimizers": {name: part.state_dict() for name, part in kept.optimizers.items()},
        "epochs": state.diary(),
        "best": state.best,
        "best_epoch": state.best_epoch,
        "best_valid": state.best_valid,
    }
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with replaced(Path(path)) as part:
            torch.save(content, part)
    except (OSError, RuntimeError) as error:  # torch says the second of a full disk
        raise InputError(f"{path}: the checkpoint cannot be written ({error})") from error


def read_checkpoint(path: str | Path, kept: Checkpoint) -> None:
    """Fill the network, its optimizers and the state from a file.

    Without an optimizer, the network is filled with the best epoch's parameters; with one, with
    those that training stood at.

    Raises
    ------
    InputError
        If the file is missing, damaged or none of ours, or of another model, other settings or
        other data.
    """
    content = _content(Path(path), kept.problem.device)
    try:
        _compare(path, content, kept)
        _fill(content, kept)
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError(f"{path} is a damaged checkpoint: {error}") from error


def _compare(path: str | Path, content: dict[str, Any], kept: Checkpoint) -> None:
    """Refuse what was made with something else, and say with what."""
    ours, theirs = kept.settings, content["settings"]
    names = sorted({*ours, *theirs})
    differ = [name for name in names if ours.get(name) != theirs.get(name)]
    compared = [
        ("the model", content["model"], type(kept.model).__name__),
        *((name, theirs.get(name), ours.get(name)) for name in differ),
        ("training pairs and content with the sha256", content["data"], kept.data),
    ]
    if kept.optimizer is not None:
        if content["network"] is None:
            raise InputError(f"{path} holds a model that was saved after training: load it instead")
        compared.append(("validation pairs with the sha256", content["chosen_on"], kept.chosen_on))
    for what, there, here in compared:
        if there != here:
            raise InputError(
                f"{path} is of {what} {there!r}, and not {here!r}: delete it, give another file, "
                "or fit with what it was made with"
            )


def _fill(content: dict[str, Any], kept: Checkpoint) -> None:
    state = kept.state
    if kept.optimizer is None:
        kept.network.load_state_dict(content["best"])
    else:
        kept.network.load_state_dict(content["network"])
        for name, optimizer in kept.optimizers.items():
            optimizer.load_state_dict(content["optimizers"][name])
    state.epochs = [Epoch(**record) for record in content["epochs"]]
    state.best, state.best_epoch = content["best"], content["best_epoch"]
    state.best_valid = content["best_valid"]


def _content(path: Path, device: torch.device) -> dict[str, Any]:
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (*_DAMAGED, OSError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(f"{path} is no checkpoint of mmnotes: {error}") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise InputError(f"{path} is no checkpoint of this version of mmnotes")
    return content
