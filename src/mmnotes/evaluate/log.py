"""Metrics of a scored log, by user."""

import numpy as np

from mmnotes.data.tables import Impressions
from mmnotes.evaluate.binary import auc
from mmnotes.evaluate.ranking import ndcg_at_k
from mmnotes.evaluate.users import PerUser, per_user, users_of_groups


def user_ndcg(
    scores: np.ndarray,
    log: Impressions,
    k: int = 10,
    ties: str = "average",
    ids: np.ndarray | None = None,
) -> PerUser:
    """How well are each user's slates ranked, the clicks taken as the truth?

    Parameters
    ----------
    scores : (n_rows,) float
        One for each row of the log.
    log : Impressions
    k, ties, ids
        As for :func:`ndcg_at_k`: ties count with their expected value unless told otherwise.

    Returns
    -------
    PerUser
        Users none of whose slates was clicked are left out.
    """
    values = ndcg_at_k(scores, log.clicked, log.impression, k, ties, ids=ids)
    return per_user(values, users_of_groups(log.impression, log.user))


def user_auc(scores: np.ndarray, log: Impressions) -> PerUser:
    """How often does a click score above a row of the same slate that was not clicked?

    A user's mean over their slates, ties counting half. What tells one user from another plays no
    part in it, as it does in :func:`~mmnotes.evaluate.pooled_auc`.

    Parameters
    ----------
    scores : (n_rows,) float
    log : Impressions

    Returns
    -------
    PerUser
        Users without a slate that holds both a click and a row without are left out.
    """
    values = auc(scores, log.clicked, log.impression)
    return per_user(values, users_of_groups(log.impression, log.user))
