"""What every recommender does alike: check its input, and score every item for some users."""

from abc import abstractmethod
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError


class Recommender(BaseEstimator):
    """Base of the recommenders: a subclass writes ``_fit`` and ``_score`` and gets the rest.

    Attributes
    ----------
    n_users_, n_items_ : int
        Of the interactions that it was fitted on, users and items without a row included.
    """

    def fit(self, interactions: Interactions) -> Self:
        """Learn from who took what.

        Every row counts, and a repeated pair counts once. Ratings and times are not looked at.

        Parameters
        ----------
        interactions : Interactions
            The training part alone: ``interactions.part("train")``.

        Raises
        ------
        InputError
            If there is no row, or rows for testing are among others.
        """
        self._begin(interactions)
        self._fit(interactions)
        self._end(interactions)
        return self

    def score(self, users: np.ndarray) -> np.ndarray:
        """How much does each of these users want each item? Higher is better.

        Items that a user took already are scored like the others; masking them is the
        evaluation's business. The row of a user does not depend on who is asked for beside them,
        but for rounding.

        Parameters
        ----------
        users : (n,) int
            Row numbers from zero.

        Returns
        -------
        (n, n_items) float32
            Its own memory: the caller may write into it.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            If a user is none of those fitted.
        """
        return self._score(self._known(users))

    def _begin(self, interactions: Interactions) -> None:
        """Refuse what cannot be learnt from; a fit that fails leaves nothing half-fitted."""
        if not len(interactions):
            raise InputError("there is no interaction to learn from")
        parts = [] if interactions.split is None else np.unique(interactions.split).tolist()
        if "test" in parts:
            raise InputError(
                f"the interactions are of: {', '.join(parts)}. A recommender that has "
                "seen the test part cannot be tested on it. Pass interactions.part('train')"
            )
        self.__dict__.pop("n_items_", None)

    def _end(self, interactions: Interactions) -> None:
        """It is fitted."""
        self.n_users_, self.n_items_ = interactions.n_users, interactions.n_items

    def _known(self, users: np.ndarray) -> np.ndarray:
        """Users that were fitted, (n,) int64."""
        check_is_fitted(self, "n_items_")
        users = np.asarray(users)
        if users.ndim != 1 or (users.size and users.dtype.kind not in "iu"):
            raise InputError(
                f"users must be (n,) whole numbers, not {users.dtype} of shape {users.shape}"
            )
        strange = users[(users < 0) | (users >= self.n_users_)]
        if len(strange):
            raise InputError(
                f"user {strange[0]} is not known: fitted on users 0 … {self.n_users_ - 1}"
            )
        return users.astype(np.int64)

    def _fit(self, interactions: Interactions) -> None:
        """Learn from at least one row; a subclass that writes ``fit`` itself needs none."""
        raise NotImplementedError

    @abstractmethod
    def _score(self, users: np.ndarray) -> np.ndarray:
        """Scores of known users, (n, n_items) float32, in memory of its own."""


def taken(interactions: Interactions) -> sparse.csr_array:
    """Who took what, (n_users, n_items) float32: 1 where a pair has a row, however often.

    >>> rows = Interactions(np.array([0, 0, 1]), np.array([1, 1, 0]), n_users=2, n_items=2)
    >>> taken(rows).toarray()
    array([[0., 1.], [1., 0.]], dtype=float32)
    """
    shape = (interactions.n_users, interactions.n_items)
    ones = np.ones(len(interactions), np.float32)
    matrix = sparse.csr_array((ones, (interactions.user, interactions.item)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
