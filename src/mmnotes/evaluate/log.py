"""Metrics of a scored log, by user."""

import numpy as np

from mmnotes.data.tables import Impressions
from mmnotes.evaluate.ranking import ndcg_at_k
from mmnotes.evaluate.users import PerUser, per_user, users_of_groups


def user_ndcg(scores: np.ndarray, log: Impressions, k: int = 10) -> PerUser:
    """How well are each user's slates ranked, the clicks taken as the truth?

    Parameters
    ----------
    scores : (n_rows,) float
        One for each row of the log; ties count with their expected value.
    log : Impressions
    k : int

    Returns
    -------
    PerUser
        Users none of whose slates was clicked are left out.
    """
    values = ndcg_at_k(scores, log.clicked, log.impression, k)
    return per_user(values, users_of_groups(log.impression, log.user))
