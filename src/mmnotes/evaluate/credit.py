"""Which of two rankers do users prefer, judging by who won the lists made of both?"""

from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_interval
from mmnotes.evaluate.significance import randomization_test
from mmnotes.evaluate.users import PerUser


@dataclass(frozen=True)
class Preference:
    """Which ranker won, and how sure that is.

    Parameters
    ----------
    estimate : Estimate
        Mean credit of a user: 1 if a won each of their slates, −1 if b did.
    p : float
        How often chance alone would set the two so far apart: signs flipped user by user.
    n_a, n_b, n_ties : int
        Slates won by a, by b, by neither.
    """

    estimate: Estimate
    p: float
    n_a: int
    n_b: int
    n_ties: int

    def __str__(self) -> str:
        return f"{self.estimate}, p = {self.p:.3g} ({self.n_a} : {self.n_b}, {self.n_ties} ties)"


def preference(credit: np.ndarray, user: np.ndarray, random_state: int = 0) -> Preference:
    """Which ranker do users prefer, judging by who won their slates?

    Parameters
    ----------
    credit : (n_slates,) int
        1 where a won, −1 where b did, 0 for neither, as ``credit`` of an interleaving gives it.
    user : (n_slates,)
        Whose slate it was; users are what the interval and the test are over.
    random_state : int

    Raises
    ------
    InputError
        Unequal lengths, a credit that is not −1, 0 or 1, or fewer than two users.

    Examples
    --------
    >>> won = preference(np.array([1, 1, 0, 1, -1, 1]), np.array([0, 0, 1, 2, 2, 3]))
    >>> won.estimate.value, won.n_a, won.n_b, won.n_ties
    (0.5, 4, 1, 1)
    """
    credit, user = np.asarray(credit), np.asarray(user)
    if credit.shape != user.shape or credit.ndim != 1:
        raise InputError(
            f"credit and user must be (n_slates,) each, not {credit.shape} and {user.shape}"
        )
    bad = np.flatnonzero(~np.isin(credit, (-1, 0, 1)))
    if len(bad):
        raise InputError(f"credit: slate {bad[0]} has {credit[bad[0]]}, not -1, 0 or 1")
    users, code = np.unique(user, return_inverse=True)
    means = np.bincount(code, credit) / np.bincount(code)
    estimate = mean_interval(PerUser(users, means), random_state=random_state)
    p = randomization_test(means, np.zeros(len(means)), random_state=random_state)
    return Preference(estimate, p, *(int((credit == won).sum()) for won in (1, -1, 0)))
