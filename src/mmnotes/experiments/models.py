"""Recommenders by name, made from settings in plain values."""

import inspect
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from mmnotes import recommenders
from mmnotes.errors import InputError
from mmnotes.features.content import Content
from mmnotes.recommenders.base import Recommender
from mmnotes.recommenders.trained import TrainedRecommender
from mmnotes.recommenders.training import Training

MODELS = (
    "MostPop",
    "ItemKNN",
    "EASE",
    "ContentKNN",
    "NeighborPop",
    "BPR",
    "LightGCN",
    "VBPR",
    "LATTICE",
    "MICRO",
    "FREEDOM",
    "BM3",
    "DiffMM",
    "ConditionedDiffMM",
    "SEA",
)
WITHOUT_CONTENT = ("MostPop", "ItemKNN", "EASE", "BPR", "LightGCN")
_OF_A_RUN = ("device", "random_state")  # not settings: where and with which seed it runs
_NEIGHBORS, _MODALITY = "neighbors", "modality"  # a graph is no plain value: so it goes by name
_TRAINING = tuple(field.name for field in fields(Training))


def parameters(model: str) -> tuple[str, ...]:
    """Which settings does a model take? Those of training among them, by their own names.

    Raises
    ------
    InputError
        If there is no such model.

    Examples
    --------
    >>> parameters("EASE")
    ('regularisation',)
    """
    own = tuple(name for name in _signature(model) if name not in _OF_A_RUN)
    own = tuple(_MODALITY if name == _NEIGHBORS else name for name in own)
    if "training" not in own:
        return own
    return (*(name for name in own if name != "training"), *_TRAINING)


def is_seeded(model: str) -> bool:
    """Does anything that the model draws depend on its seed?"""
    return "random_state" in _signature(model)


def is_trained(model: str) -> bool:
    """Is it trained in epochs, and are its scores inner products of vectors?"""
    return issubclass(_class(model), TrainedRecommender)


def make(
    model: str,
    settings: Mapping[str, Any],
    content: Content | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Recommender:
    """A recommender, not yet fitted.

    Parameters
    ----------
    model : str
        One of ``MODELS``.
    settings : dict
        Some of its :func:`parameters`; the others keep their defaults. ``ContentKNN`` and
        ``NeighborPop`` have one, ``modality``: whose graph they take, text if not said.
    content : Content, optional
        Where these take it from.
    seed : int
    device : str

    Raises
    ------
    InputError
        If there is no such model, it takes no such setting, or a value is out of range.

    Examples
    --------
    >>> make("LightGCN", {"dim": 8, "epochs": 3}).training.epochs
    3
    """
    check(model, settings)
    signature = _signature(model)
    given = {name: value for name, value in settings.items() if name in signature}
    if "training" in signature:
        usual = asdict(signature["training"].default)
        changed = {name: value for name, value in settings.items() if name in _TRAINING}
        given["training"] = Training(**{**usual, **changed})
    if _NEIGHBORS in signature:
        if content is None:
            raise InputError(f"{model} needs content: it goes by the neighbours of items")
        given[_NEIGHBORS] = content[settings.get(_MODALITY, "text")].graph
    of_the_run = {"device": device, "random_state": seed}
    given |= {name: value for name, value in of_the_run.items() if name in signature}
    return _class(model)(**given)


def plain(value: Any, where: str) -> Any:
    """The same as JSON has it: numbers of NumPy are numbers, a path is its name.

    Raises
    ------
    InputError
        If it is none of that; the message names ``where``.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {name: plain(part, f"{where}.{name}") for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(part, where) for part in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise InputError(f"{where}: {value!r} is no plain value; give numbers, words, lists or dicts")


def check(model: str, settings: Mapping[str, Any]) -> None:
    """Refuse a model that is not there, and settings that it does not take."""
    known = parameters(model)
    strange = [name for name in settings if name not in known]
    if strange:
        raise InputError(
            f"{model} has no setting {strange[0]!r}; it has {', '.join(known) or 'none'}"
        )


def _class(model: str) -> type[Recommender]:
    if model not in MODELS:
        raise InputError(f"there is no model {model!r}; choose from {', '.join(MODELS)}")
    return getattr(recommenders, model)


def _signature(model: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(_class(model)).parameters
