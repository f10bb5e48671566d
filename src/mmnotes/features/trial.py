"""A log cut into what a ranker learns from, and two tests: items it knows and items it does not."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmnotes.data.splits import by_day
from mmnotes.data.tables import Impressions
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock, Layout
from mmnotes.features.rows import impression_rows, user_profiles

PERIODS = {"history": 0.3, "train": 0.4, "test": 0.3}


@dataclass(frozen=True)
class Sample:
    """Rows of a log, (n_rows, d), and the log that they come from."""

    X: np.ndarray
    log: Impressions

    @property
    def y(self) -> np.ndarray:
        """Clicks, (n_rows,) bool."""
        return self.log.clicked

    @property
    def groups(self) -> np.ndarray:
        """The slate of each row, (n_rows,) int."""
        return self.log.impression


@dataclass(frozen=True)
class Trial:
    """One fair comparison of rankers.

    Parameters
    ----------
    train, known, new : Sample
        ``known`` and ``new`` share their slates: the part of each that lies on items met in
        training, and the part on items held out from it.
    layout, context : as in ``Rows``
    """

    train: Sample
    known: Sample
    new: Sample
    layout: Layout
    context: slice

    @property
    def tests(self) -> dict[str, Sample]:
        """The two tests by name."""
        return {"known": self.known, "new": self.new}


def known_and_new(
    log: Impressions,
    blocks: Mapping[str, FeatureBlock],
    n_users: int,
    new_share: float = 0.5,
    random_state: int = 0,
) -> Trial:
    """Cut a log by day, and hold a share of the items out of training.

    The first days make the users' profiles, the next train the ranker, the last test it: no click
    is in two of them. See ``PERIODS``.

    Parameters
    ----------
    log : Impressions
    blocks : dict of FeatureBlock, all of n_items
    n_users : int
    new_share : float
        Share of the items that no ranker meets in training.

    Raises
    ------
    InputError
        If ``new_share`` does not lie between 0 and 1, there is no block, or the log has too few
        days.
    """
    if not blocks:
        raise InputError("known_and_new: give the features of at least one modality")
    if not 0 < new_share < 1:
        raise InputError(f"new_share must lie between 0 and 1, not {new_share}")
    periods = by_day(log, PERIODS)
    profiles = {
        name: user_profiles(block, periods["history"], n_users) for name, block in blocks.items()
    }
    n_items = len(next(iter(blocks.values())))
    # A stream of its own: a caller who draws from the same seed must not draw these items again.
    rng = np.random.default_rng([random_state, zlib.crc32(b"new items")])
    held_out = rng.random(n_items) < new_share
    train, test = periods["train"], periods["test"]
    parts = {
        "train": train.where(~held_out[train.item]),
        "known": test.where(~held_out[test.item]),
        "new": test.where(held_out[test.item]),
    }
    rows = {name: impression_rows(blocks, part, profiles) for name, part in parts.items()}
    samples = {name: Sample(rows[name].X, part) for name, part in parts.items()}
    return Trial(
        **samples,
        layout=rows["train"].layout,
        context=rows["train"].context,
    )
