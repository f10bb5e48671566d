"""Ratings as if they were clicks: what a person rated is a slate, and a high rating a click."""

import numpy as np

from mmnotes.data.tables import Impressions, Interactions
from mmnotes.errors import InputError


def rated_slates(ratings: Interactions, least: float) -> Impressions:
    """Each user's rated items as one slate, clicked where the rating is high.

    Parameters
    ----------
    ratings : Interactions
        With a rating for every row.
    least : float
        The lowest rating that counts as a click.

    Returns
    -------
    Impressions
        Ordered by user, whose number is that of the slate; items keep their order, which gives the
        position and means nothing. All on day 0 and the first device.

    Raises
    ------
    InputError
        If a rating is missing.

    Examples
    --------
    >>> ids = np.array([0, 1, 0]), np.array([5, 5, 7])
    >>> ratings = Interactions(*ids, n_users=2, n_items=8, rating=np.array([4.0, 5.0, 1.0]))
    >>> rated_slates(ratings, least=4).clicked
    array([ True, False,  True])
    """
    if ratings.rating is None or np.isnan(ratings.rating).any():
        raise InputError("rated_slates needs a rating in every row: leave out those without")
    order = np.argsort(ratings.user, kind="stable")
    user = ratings.user[order]
    sizes = np.unique(user, return_counts=True)[1]
    none = np.zeros(len(user), dtype=np.int64)
    return Impressions(
        impression=user,
        user=user,
        item=ratings.item[order],
        position=1 + np.concatenate([np.arange(size) for size in sizes]),
        clicked=ratings.rating[order] >= least,
        day=none,
        device=none,
    )
