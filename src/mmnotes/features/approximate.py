"""Neighbours of more items than can all be compared: most of them, and how many that is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmnotes.errors import InputError
from mmnotes.extras import need
from mmnotes.features.neighbors import check_k, directions
from mmnotes.features.shortlist import Units, first_of_each

_ROWS = 16_384  # handed over at once
_TRAIN = 64  # items a cell that the cells are learned from; more change little
_SPARE = 8  # candidates beyond k, so that exact cosines can put close ones in order


@dataclass(frozen=True)
class FoundNeighbors:
    """Neighbours that were found, as ``cosine_neighbors`` returns them, and how good they are.

    Parameters
    ----------
    index : (n, k) int64
        -1 in absent rows, and where fewer than ``k`` were found.
    cosine : (n, k) float32
        NaN there.
    recall : float
        Share of the exact neighbours of sampled items that was found. The sample is not the one
        that the search was tuned on.
    """

    index: np.ndarray
    cosine: np.ndarray
    recall: float


def approximate_neighbors(
    values: np.ndarray,
    k: int,
    present: np.ndarray | None = None,
    *,
    recall: float = 0.95,
    n_sampled: int = 250,
    random_state: int = 0,
) -> FoundNeighbors:
    """Which items probably lie closest, where there are too many to compare them all?

    For a million items and more: ``cosine_neighbors`` takes time that grows with n², and never
    comes here by itself. FAISS sorts the items into 4 √n cells, and looks into as many cells
    around each item as it takes to find a share ``recall`` of the exact neighbours of a sample.
    What it finds is put in order by exact cosines, ties by row.

    Parameters
    ----------
    values, k, present
        As ``cosine_neighbors`` takes them. FAISS keeps a float32 copy.
    recall : float
        Share of neighbours to find among the items that the search is tuned on, up to 1.
    n_sampled : int
        Items to tune on, and as many others to measure on.
    random_state : int

    Returns
    -------
    FoundNeighbors

    Raises
    ------
    InputError
        As ``cosine_neighbors``, or if FAISS is not installed or the recall wanted is not in 0 … 1.
    """
    if not 0 < recall <= 1:
        raise InputError(f"recall must lie above 0 and up to 1, not {recall}")
    values = np.asarray(values)
    lengths = directions(values, present)
    rows = np.flatnonzero(lengths)
    check_k(k, len(rows), itself=False)
    units = Units(values, rows, lengths[rows])
    rng = np.random.default_rng(random_state)
    search = _cells(units, rng)
    tuned, measured = np.array_split(rng.permutation(len(rows))[: 2 * n_sampled], 2)
    truth = _exact(units, tuned, k)
    while _recall(search, units, tuned, truth) < recall and search.nprobe < search.nlist:
        search.nprobe = min(2 * search.nprobe, search.nlist)
    index = np.full((len(values), k), -1, np.int64)
    cosine = np.full((len(values), k), np.nan, np.float32)
    for part in _portions(units):
        near, cosines = _near(search, units, part, k)
        index[rows[part]] = np.where(near < 0, -1, rows[near])
        cosine[rows[part]] = cosines
    reached = _recall(search, units, measured, _exact(units, measured, k))
    return FoundNeighbors(index, cosine, reached)


def _cells(units: Units, rng: np.random.Generator) -> Any:
    """A FAISS index of all units, in cells (Sivic and Zisserman's inverted file)."""
    faiss = need("faiss", "serving")
    n = len(units)
    n_cells = max(1, min(int(4 * np.sqrt(n)), n // _TRAIN))
    search = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(units.width), units.width, n_cells, faiss.METRIC_INNER_PRODUCT
    )
    search.cp.spherical = True
    search.cp.seed = int(rng.integers(2**31))
    search.train(units.single(np.sort(rng.permutation(n)[: n_cells * _TRAIN])))
    for part in _portions(units):
        search.add(units.single(part))
    return search


def _near(search: Any, units: Units, which: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest that FAISS finds of these units: numbers, -1 where there are too few; cosines."""
    found = search.search(units.single(which), k + 1 + _SPARE)[1]
    place, column = np.nonzero((found >= 0) & (found != which[:, None]))
    other = found[place, column]
    cosine = units.cosines(which[place], other)
    order = np.lexsort((other, -cosine, place))
    order = order[first_of_each(place[order], k)]
    place, other, cosine = place[order], other[order], cosine[order]
    turn = np.arange(len(place)) - np.searchsorted(place, place)
    near = np.full((len(which), k), -1)
    cosines = np.full((len(which), k), np.nan)
    near[place, turn], cosines[place, turn] = other, cosine
    return near, cosines


def _recall(search: Any, units: Units, which: np.ndarray, truth: np.ndarray) -> float:
    """Share of neighbours found: of ``k``, those at least as near as the last exact one."""
    cosines = _near(search, units, which, truth.shape[1])[1]
    return float((cosines >= truth[:, -1:]).mean())


def _exact(units: Units, which: np.ndarray, k: int) -> np.ndarray:
    """Cosines of the ``k`` nearest of these units among all, (n_which, k), the nearest first."""
    own, keep = units.single(which), k + 1 + _SPARE
    best = np.full((len(which), keep), -np.inf, np.float32)
    number = np.zeros((len(which), keep), np.int64)
    for part in _portions(units):
        rough = np.concatenate([best, own @ units.single(part).T], axis=1)
        others = np.concatenate([number, np.broadcast_to(part, (len(which), len(part)))], axis=1)
        top = np.argpartition(rough, -keep, axis=1)[:, -keep:]
        best = np.take_along_axis(rough, top, axis=1)
        number = np.take_along_axis(others, top, axis=1)
    cosine = units.cosines(np.repeat(which, keep), number.ravel()).reshape(number.shape)
    cosine[(number == which[:, None]) | np.isinf(best)] = -np.inf
    return -np.sort(-cosine, axis=1)[:, :k]


def _portions(units: Units) -> Iterator[np.ndarray]:
    for start in range(0, len(units), _ROWS):
        yield np.arange(start, min(start + _ROWS, len(units)))
