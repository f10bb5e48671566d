"""A log of slates as a file of reviews has it: who took what, and when."""

import numpy as np

from mmnotes.data.market import Market
from mmnotes.data.tables import Interactions

_DAY = 86_400  # seconds


def clicked_pairs(market: Market) -> Interactions:
    """Who clicked what, the first time that they did? Ordered by time.

    Timestamps have the resolution of the log, a day, as those of Amazon's reviews do.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Interactions
        With ``timestamp``: seconds since the log began.

    Examples
    --------
    >>> from mmnotes.data import MarketConfig, simulate
    >>> market = simulate(MarketConfig(n_users=20, n_items=60, n_days=10))
    >>> int(clicked_pairs(market).timestamp.max()) // 86_400
    9
    """
    log = market.impressions
    log = log.where(log.clicked)
    n_users, n_items = market.config.n_users, market.config.n_items
    first = np.sort(np.unique(log.user * n_items + log.item, return_index=True)[1])
    return Interactions(
        user=log.user[first],
        item=log.item[first],
        n_users=n_users,
        n_items=n_items,
        timestamp=log.day[first] * _DAY,
    )
