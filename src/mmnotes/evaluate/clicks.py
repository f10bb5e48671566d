"""Was it not liked, or not looked at? Click models, estimated from a log."""

from typing import Self

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.click_logs import cells, checked_log, log_likelihood, sum_above

_FIRST_GUESS = 0.9  # at 1, EM would never doubt that the place was looked at
_TINY = np.finfo(np.float64).tiny


class PositionModel:
    """A click is a look and a liking: P(click) = examination of the place × attraction of the item.

    Estimated by expectation-maximisation on how often each item was shown and clicked at each
    place. It can tell the two apart only where items were seen at several places; a log in which
    each item keeps its place fits any examination. And only products are known: the place that is
    looked at most gets examination 1.

    Parameters
    ----------
    max_iterations : int
    tolerance : float
        Stops when no examination moved by more in an iteration.

    Attributes
    ----------
    examination_ : (n_positions,) float64
        Of places 1, 2, …; NaN for a place that the log never shows.
    attraction_ : (n_items,) float64
        NaN for an item that it never shows.
    log_likelihoods_ : list of float
        Of the log after each iteration; never falling.

    Raises
    ------
    InputError
        On fit and predict: unequal lengths, an empty log, clicks that are not 0 or 1, positions not
        from 1, item ids that are negative or no whole numbers, no click; on predict: a place or
        item that the log never showed, or a model that is not fitted.

    References
    ----------
    Richardson, Dominowska and Ragno (2007), https://doi.org/10.1145/1242572.1242643; EM for it in
    Wang and others (2018), https://doi.org/10.1145/3159652.3159732.

    Examples
    --------
    Two items, shown a hundred times in each order:

    >>> item, position = np.array([0, 1, 0, 1]), np.array([1, 1, 2, 2])
    >>> clicks = [40, 20, 20, 10]
    >>> clicked = np.concatenate([np.arange(100) < n for n in clicks])
    >>> model = PositionModel().fit(clicked, position.repeat(100), item.repeat(100))
    >>> model.examination_.round(2), model.attraction_.round(2)
    (array([1. , 0.5]), array([0.4, 0.2]))
    """

    examination_: np.ndarray
    attraction_: np.ndarray
    log_likelihoods_: list[float]

    def __init__(self, max_iterations: int = 2000, tolerance: float = 1e-6) -> None:
        self.max_iterations = max_iterations
        self.tolerance = tolerance

    def fit(self, clicked: np.ndarray, position: np.ndarray, item: np.ndarray) -> Self:
        """Estimate from the (n_rows,) columns of a log.

        For attraction by segment, give each pair of item and segment a number of its own.
        """
        place, thing, shown, clicks = cells(*checked_log(clicked, position, item))
        if not clicks.any():
            raise InputError("clicks: there is no click in this log to learn from")
        shown_at, shown_of = np.bincount(place, shown), np.bincount(thing, shown)
        with np.errstate(invalid="ignore"):  # 0 / 0 for what is never shown
            looked = np.bincount(place, clicks) / shown_at
            looked *= _FIRST_GUESS / np.nanmax(looked)
            liked = np.bincount(thing, clicks) / shown_of
        self.log_likelihoods_ = []
        for _ in range(self.max_iterations):
            look, like, before = looked[place], liked[thing], looked
            # What was not clicked may have been looked at, or liked, but not both.
            idle = (shown - clicks) / np.maximum(1 - look * like, _TINY)
            with np.errstate(invalid="ignore"):
                looked = np.bincount(place, clicks + idle * look * (1 - like)) / shown_at
                liked = np.bincount(thing, clicks + idle * like * (1 - look)) / shown_of
            chance = np.minimum(looked[place] * liked[thing], 1)  # a rounding above is none
            self.log_likelihoods_.append(float(log_likelihood(chance, clicks, shown).sum()))
            if np.nanmax(np.abs(looked - before)) < self.tolerance:
                break
        most = np.nanmax(looked)
        self.examination_, self.attraction_ = looked / most, liked * most
        return self

    def predict(self, position: np.ndarray, item: np.ndarray) -> np.ndarray:
        """Probability of a click on each row, (n_rows,)."""
        examination, attraction = _fitted(self, "examination_"), _fitted(self, "attraction_")
        position, item = np.asarray(position), np.asarray(item)
        return _known(examination, position - 1, "position") * _known(attraction, item, "item")


class CascadeModel:
    """People read from the top and leave with the first thing they like.

    The estimate is closed: an item's clicks over the times that it was read, which is wherever
    nothing above it was clicked. Clicks below another click are impossible under this model; they
    are left out and counted, and many of them say that the log is not a cascade.

    Attributes
    ----------
    attraction_ : (n_items,) float64
        NaN for an item that was never read.
    n_later_clicks_ : int
        Clicks below another click of their slate.

    Raises
    ------
    InputError
        As :class:`PositionModel`.

    References
    ----------
    Craswell, Zoeter, Taylor and Ramsey (2008), https://doi.org/10.1145/1341531.1341545.

    Examples
    --------
    >>> clicked, position = np.array([0, 1, 1, 0]), np.array([1, 2, 1, 2])
    >>> item, impression = np.array([0, 1, 0, 1]), np.array([7, 7, 8, 8])
    >>> CascadeModel().fit(clicked, position, item, impression).attraction_
    array([0.5, 1. ])
    """

    attraction_: np.ndarray
    n_later_clicks_: int

    def fit(
        self, clicked: np.ndarray, position: np.ndarray, item: np.ndarray, impression: np.ndarray
    ) -> Self:
        """Estimate from the (n_rows,) columns of a log; its rows may be in any order."""
        clicked, position, item = checked_log(clicked, position, item)
        above = sum_above(clicked.astype(float), position, impression)
        read = above == 0
        self.n_later_clicks_ = int(clicked[~read].sum())
        n_items = int(item.max()) + 1
        with np.errstate(invalid="ignore"):
            self.attraction_ = np.bincount(item[read], clicked[read], n_items) / np.bincount(
                item[read], minlength=n_items
            )
        return self

    def predict(self, position: np.ndarray, item: np.ndarray, impression: np.ndarray) -> np.ndarray:
        """Probability of a click on each row before anything is clicked, (n_rows,)."""
        liked = _known(_fitted(self, "attraction_"), np.asarray(item), "item")
        with np.errstate(divide="ignore"):
            leaves = np.log1p(-liked)  # -inf for an item that everybody takes
        return liked * np.exp(sum_above(leaves, np.asarray(position), impression))


def _fitted(model: PositionModel | CascadeModel, name: str) -> np.ndarray:
    if not hasattr(model, name):
        raise InputError(f"{type(model).__name__} is not fitted yet: call fit first")
    return getattr(model, name)


def _known(values: np.ndarray, index: np.ndarray, name: str) -> np.ndarray:
    """What the model learnt of each row's position or item."""
    there = (index >= 0) & (index < len(values))
    found = np.where(there, values[np.where(there, index, 0)], np.nan)
    unknown = np.flatnonzero(np.isnan(found))
    if len(unknown):
        raise InputError(
            f"row {unknown[0]}: the log that was fitted never showed this {name}, and "
            f"{len(unknown)} rows in all; leave them out"
        )
    return found
