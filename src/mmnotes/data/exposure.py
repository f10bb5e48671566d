"""What the platform shows: slates drawn by a logging policy from a pool of candidates."""

from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError

POOL = 10  # candidates for each slot: the retrieval stage of a real system
INDIFFERENT_POOL = 3  # the same slates come of fewer candidates if the policy prefers none


@dataclass(frozen=True)
class Shelf:
    """Which items can be shown on a day, in all or from one bucket.

    Items lie ordered by launch day, so that those on sale on a day are the first so many.
    """

    items: np.ndarray  # (n_items × 2,) once in all, once by bucket
    start: np.ndarray  # (1 + n_buckets,) where each list begins; list 0 holds all items
    on_sale: np.ndarray  # (1 + n_buckets, n_days) how many of each list are on sale

    @classmethod
    def stock(cls, bucket: np.ndarray, launch: np.ndarray, n_days: int) -> "Shelf":
        """Build it from each item's bucket and launch day, (n_items,) int."""
        by_launch = np.argsort(launch, kind="stable")
        by_bucket = np.lexsort((launch, bucket))
        sizes = np.bincount(bucket)
        start = np.concatenate([[0], len(bucket) + np.cumsum(sizes) - sizes])
        launched = np.zeros((len(sizes), n_days), dtype=np.int64)
        np.add.at(launched, (bucket, launch), 1)
        launched = launched.cumsum(axis=1)
        on_sale = np.vstack([launched.sum(axis=0), launched])
        return cls(np.concatenate([by_launch, by_bucket]), start, on_sale)

    def draw(self, which: np.ndarray, day: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One random item on sale from each named list; shape as ``which``, day as broadcast."""
        count = self.on_sale[which, day]
        # A bucket that nothing was launched in yet falls back to all items.
        which = np.where(count > 0, which, 0)
        count = self.on_sale[which, day]
        return self.items[self.start[which] + (rng.random(which.shape) * count).astype(np.int64)]


@dataclass(frozen=True)
class Preference:
    """What the logging policy would rather show, in log-odds: to everyone, and to some more so."""

    common: np.ndarray  # (n_items,)
    lure: np.ndarray  # (n_items,) what is shown to some more than to others
    pull: np.ndarray  # (n_slates,) how much this slate follows the lure; below 0, away from it

    @property
    def picky(self) -> bool:
        """Is any item preferred to another?"""
        return bool(np.ptp(self.common) > 0 or (np.ptp(self.lure) > 0 and self.pull.any()))

    def of(self, items: np.ndarray) -> np.ndarray:
        """Preference of each slate's items, (n_slates, m) float from (n_slates, m) int."""
        return self.common[items] + self.pull[:, None] * self.lure[items]


def draw_slates(
    day: np.ndarray,
    slate_size: int,
    preference: Preference,
    shelf: Shelf,
    bucket: np.ndarray,
    similarity: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Items shown in each slate, from the top down.

    A slate is ranked from a pool of candidates by ``preference`` plus Gumbel noise: a
    Plackett-Luce ranking (Plackett 1975), uniform where no item is preferred.

    Parameters
    ----------
    day : (n_slates,) int
    slate_size : int
    preference : Preference
        The logging policy's scores.
    bucket : (n_items,) int
    similarity : float
        Share of each pool drawn from the bucket of one anchor item.

    Returns
    -------
    (n_slates, slate_size) int

    Raises
    ------
    InputError
        If fewer items are on sale than a slate holds, or a pool has too few distinct ones.
    """
    if (shelf.on_sale[0, day] < slate_size).any():
        raise InputError(
            f"market: on day {day[shelf.on_sale[0, day] < slate_size][0]} fewer items are on sale "
            f"than a slate of {slate_size} needs; lower new_items or slate_size"
        )
    picky = preference.picky or similarity > 0
    n, pool_size = len(day), (POOL if picky else INDIFFERENT_POOL) * slate_size
    anchor = shelf.draw(np.zeros(n, dtype=np.int64), day, rng)
    near = rng.random((n, pool_size)) < similarity
    which = np.where(near, 1 + bucket[anchor][:, None], 0)
    pool = np.sort(shelf.draw(which, day[:, None], rng), axis=1)
    keys = preference.of(pool) + rng.gumbel(size=pool.shape)
    keys[:, 1:][pool[:, 1:] == pool[:, :-1]] = -np.inf  # each candidate once
    best = np.argpartition(-keys, slate_size - 1, axis=1)[:, :slate_size]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(keys, best, 1), axis=1), axis=1)
    if not np.isfinite(np.take_along_axis(keys, best, axis=1)).all():
        raise InputError(
            f"market: {pool_size} candidates drawn for a slate held fewer than {slate_size} "
            "different items; raise n_items, or lower slate_size, slate_similarity or new_items"
        )
    return np.take_along_axis(pool, best, axis=1)
