"""What a log of clicks says of places: counts, how likely it is, and what shuffling shows."""

from functools import partial

import numpy as np
from scipy.special import xlog1py, xlogy

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.ratios import ColumnMeans


def perplexity(clicked: np.ndarray, probability: np.ndarray) -> float:
    """How many ways out does a click model leave, row by row? 1 if it knows, 2 if it tosses a coin.

    Two to the mean surprise of a row in bits. Compare models on rows that neither was fitted to.

    Parameters
    ----------
    clicked : (n_rows,) bool
    probability : (n_rows,) float
        Of a click, as ``predict`` gives it.

    Returns
    -------
    float
        Infinite where something happened that the model calls impossible.

    References
    ----------
    Dupret and Piwowarski (2008), https://doi.org/10.1145/1390334.1390392.

    Examples
    --------
    >>> perplexity(np.array([True, False]), np.array([0.5, 0.5]))
    2.0
    """
    clicked, probability = np.asarray(clicked, dtype=float), np.asarray(probability, dtype=float)
    if clicked.shape != probability.shape or clicked.ndim != 1 or not len(clicked):
        raise InputError(
            f"clicked and probability must be (n_rows,) each, not {clicked.shape} and "
            f"{probability.shape}"
        )
    bad = np.flatnonzero(~((probability >= 0) & (probability <= 1)))
    if len(bad):
        raise InputError(f"probability: row {bad[0]} is {probability[bad[0]]}, not in 0 … 1")
    surprise = -log_likelihood(probability, clicked, np.ones(len(clicked)))
    return float(np.exp(surprise.mean()))


def examination_by_randomisation(
    clicked: np.ndarray,
    position: np.ndarray,
    user: np.ndarray,
    n_resamples: int = 2000,
    random_state: int = 0,
) -> list[Estimate]:
    """How much is each place looked at, compared to the top, judging by shuffled slates?

    Where slates are shuffled, every place shows equally good things on average, so click rates
    fall with attention alone. No model is needed, but users see random slates meanwhile.

    Parameters
    ----------
    clicked, position, user : (n_rows,)
        Of slates in random order only.
    n_resamples, random_state : int
        For the intervals, over users.

    Returns
    -------
    list of Estimate
        Of places 1, 2, …, as a share of place 1, which is 1.

    Raises
    ------
    InputError
        As :meth:`PositionModel.fit`; a place that is never shown, fewer than two users, or no click
        at the top to compare with.

    References
    ----------
    Joachims, Swaminathan and Schnabel (2017), https://doi.org/10.1145/3018661.3018699, section 5.
    """
    clicked, position, user = checked_log(clicked, position, user, "user")
    users, code = np.unique(user, return_inverse=True)
    n_positions = int(position.max())
    columns = {}
    for place in range(1, n_positions + 1):
        at = code[position == place]
        if not len(at):
            raise InputError(f"position: no row is at place {place}, but some are below it")
        columns[f"rows {place}"] = np.bincount(at, minlength=len(users)).astype(float)
        clicks = np.bincount(at, clicked[position == place], len(users))
        columns[f"clicks {place}"] = clicks
    if not columns["clicks 1"].any():
        raise InputError("clicks: none at the top, so no other place can be compared with it")
    means = ColumnMeans.resampled(columns, n_resamples, random_state)

    def share(place: int, of: np.ndarray) -> np.ndarray:
        rows, clicks = of[..., 2 * place - 2], of[..., 2 * place - 1]
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw without a click at the top
            return clicks / rows / (of[..., 1] / of[..., 0])

    return [means.bootstrap(partial(share, place)) for place in range(1, n_positions + 1)]


def checked_log(
    clicked: np.ndarray, position: np.ndarray, who: np.ndarray, name: str = "item"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clicks as 0 and 1, places from 1 and ids from 0, (n_rows,) each; refuses anything else."""
    clicked, position, who = np.asarray(clicked), np.asarray(position), np.asarray(who)
    shapes = {"clicked": clicked.shape, "position": position.shape, name: who.shape}
    if len(set(shapes.values())) != 1 or clicked.ndim != 1:
        raise InputError(f"clicked, position and {name} must be (n_rows,) each, not {shapes}")
    if not len(clicked):
        raise InputError("there is no row to learn from: the log is empty")
    _refuse(~np.isin(clicked, (0, 1)), "clicked", "is neither 0 nor 1")
    for column, ids, least in (("position", position, 1), (name, who, 0)):
        if ids.dtype.kind not in "iu":
            raise InputError(f"{column} must hold whole numbers, not {ids.dtype}")
        _refuse(ids < least, column, f"is below {least}")
    return clicked.astype(np.float64), position.astype(np.int64), who.astype(np.int64)


def cells(
    clicked: np.ndarray, position: np.ndarray, item: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """How often was each item shown and clicked at each place?

    Returns
    -------
    place, item : (n_cells,) int
        From 0; pairs that never happened are left out.
    shown, clicks : (n_cells,) float64
    """
    n_positions = int(position.max())
    pairs, code = np.unique(item * n_positions + position - 1, return_inverse=True)
    item, place = np.divmod(pairs, n_positions)
    return place, item, np.bincount(code).astype(np.float64), np.bincount(code, clicked)


def log_likelihood(chance: np.ndarray, clicks: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Of seeing so many clicks in so many rows, each with this chance of a click."""
    return xlogy(clicks, chance) + xlog1py(shown - clicks, -chance)


def sum_above(values: np.ndarray, position: np.ndarray, impression: np.ndarray) -> np.ndarray:
    """For each row, the sum of the values above it in its slate, (n_rows,) float64."""
    impression = np.asarray(impression)
    if not values.shape == position.shape == impression.shape:
        raise InputError(
            f"position and impression must have a value for each of the {len(values)} rows, not "
            f"{position.shape} and {impression.shape}"
        )
    order = np.lexsort((position, impression))
    slate, place = np.unique(impression[order], return_inverse=True)[1], position[order]
    twice = np.flatnonzero((np.diff(slate) == 0) & (np.diff(place) == 0))
    if len(twice):
        row = order[twice[0]]
        raise InputError(
            f"position: slate {impression[row]} has two rows at place {position[row]}, and "
            f"{len(twice)} places are taken twice in all"
        )
    starts = np.flatnonzero(np.diff(slate, prepend=-1))
    rank = np.arange(len(slate)) - starts[slate]
    table = np.zeros((len(starts), int(rank.max()) + 2))
    table[slate, rank + 1] = values[order]
    result = np.empty(len(values))
    result[order] = table.cumsum(axis=1)[slate, rank]
    return result


def _refuse(bad: np.ndarray, name: str, fault: str) -> None:
    if bad.any():
        raise InputError(f"{name}: row {int(np.flatnonzero(bad)[0])} {fault}")
