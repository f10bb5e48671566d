"""Cutting a log into periods."""

from collections.abc import Mapping

import numpy as np

from mmnotes.data.tables import Impressions
from mmnotes.errors import InputError


def by_day(log: Impressions, fractions: Mapping[str, float]) -> dict[str, Impressions]:
    """Consecutive periods, each with about its fraction of the slates; no day is in two of them.

    >>> from mmnotes.data import MarketConfig, simulate
    >>> log = simulate(MarketConfig(n_users=20, n_items=60)).impressions
    >>> parts = by_day(log, {"train": 0.8, "test": 0.2})
    >>> bool(parts["train"].day.max() < parts["test"].day.min())
    True

    Raises
    ------
    InputError
        If the fractions are not positive or do not sum to one, or a period would hold no slate.
    """
    shares = np.array(list(fractions.values()), dtype=float)
    if not (shares > 0).all() or not abs(shares.sum() - 1) <= 1e-9:
        raise InputError(f"fractions must be positive and sum to one, not {dict(fractions)}")
    if not len(log):
        raise InputError("the log is empty: there are no days to cut it by")
    # Less a trifle: a sum that rounds up would take in a row, and with it a day, too many.
    at = np.minimum(shares.cumsum(), 1) - 1e-12
    ends = np.quantile(log.day, at, method="inverted_cdf")
    parts, before = {}, -np.inf
    for name, end in zip(fractions, ends, strict=True):
        parts[name] = log.where((log.day > before) & (log.day <= end))
        if not len(parts[name]):
            raise InputError(f"the log has too few days for a period {name!r}; use longer ones")
        before = end
    return parts
