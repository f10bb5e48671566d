"""What the denoisers of DiffMM draw: is it news to the user?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch

from mmnotes.data.tables import Interactions
from mmnotes.device import as_device
from mmnotes.errors import InputError
from mmnotes.evaluate.users import PerUser
from mmnotes.features.content import Content
from mmnotes.recommenders.base import taken
from mmnotes.recommenders.diffmm import DiffMM
from mmnotes.recommenders.drawn import DrawnGraphs
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.seeds import seeded

Links = Mapping[str, tuple[np.ndarray, np.ndarray]]


def drawn_by_epoch(
    model: DiffMM, train: Interactions, content: Content, epochs: int
) -> Iterator[Links]:
    """What is drawn after each epoch of the denoisers: users and items by modality.

    The denoisers alone are trained, beside a main part that stays as it was drawn. It enters their
    loss by what a denoised row means to its modality, with the weight ``signal``.

    Parameters
    ----------
    model : DiffMM
        Not fitted; with its settings, device and seed. Of ``denoise_every`` no notice is taken:
        there are no epochs between those of the denoisers.
    train : Interactions
    content : Content
    epochs : int

    Raises
    ------
    InputError
        When first asked for links: if the model's are not a denoiser's, a setting is out of range,
        or content is missing.
    """
    device = as_device(model.device)
    network = replace(model, denoise_every=1).new_network(Problem.of(train, content, device))
    drawn = network.get_submodule("drawn")
    if not isinstance(drawn, DrawnGraphs):
        raise InputError(f"links={model.links!r} are not drawn: give a DiffMM links='denoiser'")
    for epoch in range(1, epochs + 1):
        with seeded(model.random_state, epoch, device):
            network.begin_epoch(epoch)
        yield {name: _arrays(*pair) for name, pair in drawn.links().items()}


def share_taken(links: Links, rows: Interactions) -> PerUser:
    """Which share of the items drawn for each user is in the user's rows?

    Parameters
    ----------
    links : dict of (n_links,) users and (n_links,) items
        By modality; all count alike.
    rows : Interactions
        The training part, to ask whether a drawn edge is news.

    Raises
    ------
    InputError
        If a link has a user or an item that the rows do not know.
    """
    user, item = (np.concatenate([pair[side] for pair in links.values()]) for side in (0, 1))
    for name, side, n in (("user", user, rows.n_users), ("item", item, rows.n_items)):
        if side.max(initial=-1) >= n:
            raise InputError(f"{name} {side.max()} is linked, but the rows are of {n} {name}s")
    own = np.asarray(taken(rows)[user, item] > 0).ravel()
    users, place = np.unique(user, return_inverse=True)
    return PerUser(users, np.bincount(place, weights=own) / np.bincount(place))


def _arrays(user: torch.Tensor, item: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    # Copies: torch may share its memory read-only, and scipy wants to write a flag of it.
    return user.cpu().numpy().copy(), item.cpu().numpy().copy()
