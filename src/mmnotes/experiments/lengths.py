"""How long are the vectors of items that nobody took? A short one loses among all items."""

import copy
from typing import TypeVar

import numpy as np

from mmnotes.errors import InputError
from mmnotes.recommenders.trained import TrainedRecommender

Model = TypeVar("Model", bound=TrainedRecommender)


def cold_length(model: TrainedRecommender) -> float:
    """How long are vectors of cold items on average, as a share of those of warm ones?

    A score is the length of the item's vector times what its direction says to the user. What
    training adds to an item that is taken often, a cold one has not got. Vectors of zeros, as of an
    item without content, have no direction and are left out.

    Parameters
    ----------
    model : TrainedRecommender
        Fitted.

    Raises
    ------
    InputError
        If no item is cold, or the vectors of those that are, or of the others, are all zero.
    """
    length = np.linalg.norm(model.item_vectors_.astype(np.float64), axis=1)
    cold, warm = (length[kind & (length > 0)] for kind in (~model.warm_, model.warm_))
    if not len(cold) or not len(warm):
        raise InputError("there are no two kinds of items whose lengths could be compared")
    return float(cold.mean() / warm.mean())


def stretched(model: Model) -> Model:
    """The same model with cold items brought to the mean length of warm ones; ``model`` stays.

    All are stretched alike, so among each other they are ranked as before. That holds for the items
    that the model was fitted with, in ``item_vectors_`` and what is scored by it: ``score_new``,
    ``vectors_of_new`` and ``with_content`` start from the network, which is not stretched.

    Parameters
    ----------
    model : TrainedRecommender
        Fitted.

    Raises
    ------
    InputError
        As for :func:`cold_length`.
    """
    longer = copy.copy(model)
    vectors = model.item_vectors_.copy()
    vectors[~model.warm_] /= cold_length(model)
    longer.item_vectors_ = vectors
    return longer
