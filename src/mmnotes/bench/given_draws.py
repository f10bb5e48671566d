"""DiffMM with the items that another drew: is that why two that start alike differ?"""

from collections.abc import Iterator
from typing import cast

import torch

from mmnotes.bench.training_epochs import Plain, epoch, prepare
from mmnotes.bench.works import Arrays, Ranges
from mmnotes.recommenders.diffmm import DiffMM
from mmnotes.recommenders.drawn import LinkedGraphs
from mmnotes.recommenders.network import Network

_ALIKE = 0.01  # how far apart, as a share of how far they have come


def given_draws(arrays: Arrays, model: DiffMM, plain: Plain) -> Iterator[tuple[str, Ranges]]:
    """Losses and gradients of ours, had it drawn what the plain one drew.

    Where a user's two best items are as good as equal, the order of float32 sums says which is
    drawn, and one edge more or less moves the length of a gradient. That is no reason where the
    denoisers themselves went another way.

    Parameters
    ----------
    arrays
        See :func:`~mmnotes.bench.training_data.make_market`.
    model : DiffMM
    plain : function
        Makes the other network; its drawn items are called as in ours.

    Yields
    ------
    words and ranges
        How many draws are of another item, and the values that follow from them; nothing if the
        denoisers are no longer alike after their epoch.
    """
    theirs, ours = prepare(arrays, model, plain), prepare(arrays, model)
    start = _denoisers(ours.network)
    epoch(theirs)
    drawn = _drawn_by(ours.network)
    link, others, total = drawn.link, 0, 0

    def link_theirs(name: str, items: torch.Tensor) -> None:
        nonlocal others, total
        given = theirs.network.get_buffer(f"drawn.items_{name}")
        others, total = others + int((items != given).sum()), total + items.numel()
        link(name, given)

    drawn.link = link_theirs  # type: ignore[method-assign]
    values = epoch(ours)
    moved, apart = (
        torch.linalg.vector_norm(_denoisers(ours.network) - other)
        for other in (start, _denoisers(theirs.network))
    )
    if apart > _ALIKE * moved:
        return
    words = f"ours with its draws, {others:,} of {total:,} of another item"
    yield words, {name: (each, each) for name, each in values.items()}


def _denoisers(network: Network) -> torch.Tensor:
    """All their parameters in one row, in the order of their names."""
    parts = dict(network.get_submodule("drawn.denoise").named_parameters())
    return torch.cat([parts[name].detach().flatten() for name in sorted(parts)])


def _drawn_by(network: Network) -> LinkedGraphs:
    return cast(LinkedGraphs, network.get_submodule("drawn"))
