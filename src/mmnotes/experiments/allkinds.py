"""A part of a collection that keeps both kinds of users that tracks tell apart."""

from dataclasses import replace

import numpy as np

from mmnotes.errors import InputError
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.subset import most_active


def active_and_others(
    data: Collection, n_active: int, n_others: int, random_state: int = 0
) -> Collection:
    """The users with most training rows, and some of the others, drawn at random.

    As in :func:`~mmnotes.experiments.subset.most_active`, items without a training row of these
    users are no candidates. Active users are a larger share than they are of all users, so that a
    mean over the part is none over the whole; one over active users alone, or over others, is
    nearer to it.

    Parameters
    ----------
    data : Collection
    n_active, n_others : int
        All others with a training row if there are fewer.
    random_state : int
        Who the others are.

    Raises
    ------
    InputError
        If either is not positive, or there is no other user.
    """
    if min(n_active, n_others) < 1:
        raise InputError(f"n_active and n_others must be positive, not {n_active} and {n_others}")
    rows = data.interactions
    counts = np.bincount(rows.user[np.asarray(rows.split == "train")], minlength=rows.n_users)
    users = np.argsort(-counts, kind="stable")
    active, rest = users[:n_active], users[n_active : np.count_nonzero(counts)]
    if not len(rest):
        raise InputError(f"{data.name}: all users with a training row are among {n_active} active")
    others = np.random.default_rng(random_state).permutation(rest)[:n_others]
    chosen = np.concatenate([active, others])
    theirs = replace(data, interactions=rows.where(np.isin(rows.user, chosen)))
    name = f"{data.name}, {len(active):,} most active users and {len(others):,} others"
    return replace(most_active(theirs, len(chosen)), name=name)
