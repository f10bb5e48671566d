"""Measures over all rows of a log at once, with the share that each user has in them.

A mean or an AUC over rows is no mean over users, yet its interval must be over users, whose rows
are not independent. So each comes as one value a user, its influence: their mean is the measure
itself, and how they scatter is how the measure would move with other users.
"""

import numpy as np
from scipy.stats import rankdata

from mmnotes.errors import InputError
from mmnotes.evaluate.users import PerUser


def pooled_mean(values: np.ndarray, users: np.ndarray) -> PerUser:
    """What is the mean over all rows, and what is each user's part in it?

    A user with many rows counts more than one with few, as in the log loss of a whole log.

    Parameters
    ----------
    values : (n_rows,) float
    users : (n_rows,)
        Whose row it is.

    Returns
    -------
    PerUser
        The mean of its values is the mean over rows. Take intervals with
        :func:`~mmnotes.evaluate.mean_interval` and ``paired_interval``.

    Raises
    ------
    InputError
        Unequal lengths, no rows, NaN or infinity.

    Examples
    --------
    >>> pooled_mean([1.0, 1.0, 1.0, 0.0], [7, 7, 7, 9]).values.mean()
    np.float64(0.75)
    """
    values, users = _rows("values", values, users)
    names, code = np.unique(users, return_inverse=True)
    return PerUser(names, values.mean() + _influence(values, code, len(names)))


def pooled_log_loss(log_odds: np.ndarray, labels: np.ndarray, users: np.ndarray) -> PerUser:
    """How badly do log-odds predict the clicks of a whole log? The mean log loss over rows.

    Parameters
    ----------
    log_odds : (n_rows,) float
    labels : (n_rows,) bool, or 0 and 1
    users : (n_rows,)

    Returns
    -------
    PerUser
        As :func:`pooled_mean`.

    Raises
    ------
    InputError
        Unequal lengths, no rows, NaN or infinity, other labels than 0 and 1.

    Examples
    --------
    >>> pooled_log_loss([0.0, 0.0], [1, 0], [7, 9]).values.round(4)
    array([0.6931, 0.6931])
    """
    log_odds, users = _rows("log_odds", log_odds, users)
    up = _labels(labels, len(log_odds))
    return pooled_mean(np.logaddexp(0, log_odds) - up * log_odds, users)


def pooled_auc(scores: np.ndarray, labels: np.ndarray, users: np.ndarray) -> PerUser:
    """How often does a clicked row score above an unclicked one, of whichever user's slates?

    What is usually called the AUC of a ranker. It rewards telling users who click readily from
    users who hardly do, which orders no slate: compare ``auc`` with the slates as groups.

    Parameters
    ----------
    scores : (n_rows,) float
        Ties count half.
    labels : (n_rows,) bool, or 0 and 1
    users : (n_rows,)

    Returns
    -------
    PerUser
        The mean of its values is the AUC over all rows, and each user's value differs from it by
        the user's influence: intervals over them are those of Obuchowski (1997).

    Raises
    ------
    InputError
        Unequal lengths, NaN, other labels than 0 and 1, or only one of them.

    References
    ----------
    Obuchowski (1997), https://doi.org/10.2307/2533958, for rows in clusters, after DeLong, DeLong
    and Clarke-Pearson (1988), https://doi.org/10.2307/2531595.

    Examples
    --------
    >>> round(pooled_auc([3, 2, 1, 0], [1, 0, 1, 0], [7, 7, 9, 9]).values.mean(), 4)
    np.float64(0.75)
    """
    scores, users = _rows("scores", scores, users)
    up = _labels(labels, len(scores))
    if up.all() or not up.any():
        raise InputError(f"every label is {int(up[0])}: an AUC needs rows with a click and without")
    names, code = np.unique(users, return_inverse=True)
    everywhere = rankdata(scores)
    # Rank among all rows less rank among those of its kind: how many of the other kind lie below.
    beats = (everywhere[up] - rankdata(scores[up])) / (~up).sum()  # share, for each clicked row
    beaten = 1 - (everywhere[~up] - rankdata(scores[~up])) / up.sum()  # for each unclicked row
    influence = _influence(beats, code[up], len(names))
    influence += _influence(beaten, code[~up], len(names))
    return PerUser(names, beats.mean() + influence)


def _influence(values: np.ndarray, code: np.ndarray, n_users: int) -> np.ndarray:
    """How far each user's rows move the mean over rows, times the number of users, (n_users,)."""
    moved = np.bincount(code, weights=values - values.mean(), minlength=n_users)
    return n_users * moved / len(values)


def _rows(name: str, values: np.ndarray, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, users = np.asarray(values, dtype=np.float64), np.asarray(users)
    if values.ndim != 1 or values.shape != users.shape or not len(values):
        raise InputError(
            f"{name} and users must be (n_rows,) each, with a row at least, not {values.shape} "
            f"and {users.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise InputError(f"{name}: row {bad[0]} is {values[bad[0]]}")
    return values, users


def _labels(labels: np.ndarray, n_rows: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (n_rows,) or not np.isin(labels, (0, 1)).all():
        raise InputError(
            f"labels must be ({n_rows},) of 0 and 1; they are {labels.shape} with the values "
            f"{np.unique(labels)[:5].tolist()}"
        )
    return labels.astype(bool)
