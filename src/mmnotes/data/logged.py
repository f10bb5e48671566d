"""Logs of a policy that wrote down how likely it was to do what it did."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmnotes.data.checks import ids, mask, same_length
from mmnotes.errors import InputError

_ARRAYS = ("action", "reward", "propensity", "position", "time")


@dataclass(frozen=True)
class LoggedActions:
    """What a policy did, how likely it was to, and what came of it. All arrays are (n_rounds,).

    Parameters
    ----------
    action : int
        What was done, from 0 to ``n_actions - 1``. Kept as int64.
    reward : float
        What came of it: a click, say.
    propensity : float
        The probability with which the logging policy chose this action in this round, in (0, 1].
    n_actions : int
        How many actions it chose from.
    position : int, optional
        Where on the page it was shown, from 1.
    time : float, optional
        Seconds since 1970 (UTC).
    context : DataFrame, optional
        What the policy knew, one row a round.

    Raises
    ------
    InputError
        If the lengths differ, an action is out of range, a reward or time is not finite, or a
        propensity is not in (0, 1]: a round that could not have happened has no weight.

    Examples
    --------
    >>> import numpy as np
    >>> log = LoggedActions(np.array([0, 2]), np.array([1.0, 0.0]), np.array([0.5, 0.1]), 3)
    >>> log.where(log.reward > 0).propensity
    array([0.5])
    """

    action: np.ndarray
    reward: np.ndarray
    propensity: np.ndarray
    n_actions: int
    position: np.ndarray | None = None
    time: np.ndarray | None = None
    context: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        same_length(self, (*_ARRAYS, "context"))
        put = object.__setattr__
        put(self, "action", ids(self.action, self.n_actions, "logged actions: action"))
        put(self, "reward", _finite(self.reward, "reward"))
        put(self, "propensity", _finite(self.propensity, "propensity"))
        if self.time is not None:
            put(self, "time", _finite(self.time, "time"))
        _refuse(
            ~((self.propensity > 0) & (self.propensity <= 1)),
            self.propensity,
            "propensity",
            "must lie in (0, 1]: it is the probability of what was done",
        )
        if self.position is not None:
            _refuse(~(self.position >= 1), self.position, "position", "counts from 1")
        if self.context is not None:
            put(self, "context", self.context.reset_index(drop=True))

    def __len__(self) -> int:
        return len(self.action)

    def where(self, rows: np.ndarray) -> "LoggedActions":
        """The rounds of a boolean mask, (n_rounds,)."""
        rows = mask(rows, len(self))
        columns = {name: getattr(self, name) for name in (*_ARRAYS, "context")}
        return replace(self, **{k: v[rows] for k, v in columns.items() if v is not None})


def _finite(values: np.ndarray, name: str) -> np.ndarray:
    """A column as (n_rounds,) finite float64."""
    try:
        values = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"logged actions: {name} must hold numbers only: {error}") from None
    if values.ndim != 1:
        raise InputError(f"logged actions: {name} must be (n_rounds,), not {values.shape}")
    _refuse(~np.isfinite(values), values, name, "must be finite")
    return values


def _refuse(bad: np.ndarray, values: np.ndarray, name: str, rule: str) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        raise InputError(
            f"logged actions: row {rows[0]}, {name} is {values[rows[0]]} ({len(rows)} such rows "
            f"in all), but it {rule}"
        )
