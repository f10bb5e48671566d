"""Does the loss reach what is to be trained? A check that costs one step."""

import torch

from mmnotes.data.tables import Interactions
from mmnotes.features.content import Content
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Sampler
from mmnotes.recommenders.seeds import seeded
from mmnotes.recommenders.trained import TrainedRecommender


def without_gradient(
    model: TrainedRecommender, interactions: Interactions, content: Content | None = None
) -> list[str]:
    """Which parameters would the first step of training leave without a gradient?

    A gradient of zeros counts as none. What a model trains by an optimizer of its own, as DiffMM
    does its denoisers, has its gradient from there.

    Parameters
    ----------
    model : TrainedRecommender
        Its settings count, not what it may have learnt.
    interactions : Interactions
        The training part.
    content : Content, optional
        For a model that looks at it.

    Returns
    -------
    list of str
        Names of tensors, in the order of the network; empty if all learn.

    Raises
    ------
    InputError
        As the model's ``fit``.

    Examples
    --------
    >>> from mmnotes.data import MarketConfig, clicked_pairs, simulate
    >>> from mmnotes.recommenders import LightGCN
    >>> rows = clicked_pairs(simulate(MarketConfig(n_users=20, n_items=60)))
    >>> without_gradient(LightGCN(dim=4), rows)
    []
    """
    problem = Problem.of(interactions, content, torch.device("cpu"))
    network, settings = model.new_network(problem), model.training
    sampler = Sampler(
        problem, settings.batch_size, settings.pairs, settings.negatives, model.random_state
    )
    network.train()
    with seeded(model.random_state, 1, problem.device):
        network.begin_epoch(1)
        network.loss(next(iter(sampler.epoch(1)))).backward()
    return [
        name
        for name, part in network.named_parameters()
        if part.grad is None or not part.grad.any()
    ]
