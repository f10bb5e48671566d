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
    >>> parts["train"].day.max() < parts["test"].day.min()
    True

    Raises
    ------
    InputError
        If the fractions do not sum to one, or a period would hold no slate.
    """
    if abs(sum(fractions.values()) - 1) > 1e-9:
        raise InputError(f"fractions must sum to one, not {dict(fractions)}")
    ends = np.quantile(log.day, np.cumsum(list(fractions.values())), method="inverted_cdf")
    parts, before = {}, -1
    for name, end in zip(fractions, ends, strict=True):
        parts[name] = log.where((log.day > before) & (log.day <= end))
        if not len(parts[name]):
            raise InputError(f"the log has too few days for a period {name!r}; use longer ones")
        before = end
    return parts
