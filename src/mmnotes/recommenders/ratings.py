"""What rating would this user give this item, if users were only strict and items only liked?"""

from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.utils.validation import check_is_fitted

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError


class RatingBiases(BaseEstimator):
    """A mean, what each item adds to it, and what each user adds: the baseline of rating models.

    With weights of one over the propensity of each rating, it fits the ratings that there would be
    if nobody chose what to rate.

    Parameters
    ----------
    shrinkage : float
        Ratings' worth of zeros that each user's and item's part is pulled with; above 0.
    personal : bool
        Whether users have a part. Without, it is the item's mean, shrunk towards that of all.

    Attributes
    ----------
    mean_ : float
    of_user_ : (n_users,) float64
        Zeros without ``personal``, and for users without a rating.
    of_item_ : (n_items,) float64

    Raises
    ------
    InputError
        On fit: no rating, a rating that is NaN, weights that are not finite numbers above 0 or as
        many as the ratings, a shrinkage not above 0. On predict: unknown users or items.

    References
    ----------
    Koren, Bell and Volinsky (2009), https://doi.org/10.1109/MC.2009.263; weighted by propensity,
    Schnabel and others (2016), https://arxiv.org/abs/1602.05352.

    Examples
    --------
    >>> rows = Interactions(
    ...     np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), n_users=2, n_items=2,
    ...     rating=np.array([5.0, 3.0, 3.0, 1.0]),
    ... )
    >>> RatingBiases(shrinkage=1e-6).fit(rows).predict(np.array([0, 1]), np.array([1, 0])).round(3)
    array([3., 3.])
    """

    mean_: float
    of_user_: np.ndarray
    of_item_: np.ndarray

    def __init__(self, shrinkage: float = 5.0, personal: bool = True) -> None:
        self.shrinkage = shrinkage
        self.personal = personal

    def fit(self, interactions: Interactions, sample_weight: np.ndarray | None = None) -> Self:
        """Learn from ratings; of the (n_rows,) weights only the ratios count."""
        rating = interactions.rating
        if rating is None or not len(rating) or not np.isfinite(rating).all():
            raise InputError("RatingBiases needs interactions, each with a rating that is a number")
        if not self.shrinkage > 0:
            raise InputError(f"shrinkage must be a number above 0, not {self.shrinkage!r}")
        weight = np.ones(len(rating)) if sample_weight is None else np.asarray(sample_weight)
        if weight.shape != rating.shape or not (np.isfinite(weight) & (weight > 0)).all():
            raise InputError(f"sample_weight must be {len(rating)} finite numbers above 0")
        n_users, n_items = interactions.n_users, interactions.n_items
        parts = [_one_hot(interactions.item, n_items)]
        if self.personal:
            parts.append(_one_hot(interactions.user, n_users))
        ridge = Ridge(alpha=self.shrinkage, solver="sparse_cg", tol=1e-8)
        ridge.fit(sparse.hstack(parts, format="csr"), rating, weight / weight.mean())
        self.mean_ = float(ridge.intercept_)
        self.of_item_ = ridge.coef_[:n_items]
        self.of_user_ = ridge.coef_[n_items:] if self.personal else np.zeros(n_users)
        return self

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """The rating of each pair, (n,) float64; an unrated user or item adds nothing."""
        check_is_fitted(self, "mean_")
        for name, ids, n in (
            ("user", users, len(self.of_user_)),
            ("item", items, len(self.of_item_)),
        ):
            strange = ids[(ids < 0) | (ids >= n)]
            if len(strange):
                raise InputError(f"{name} {strange[0]} is not known: fitted on 0 … {n - 1}")
        return self.mean_ + self.of_user_[users] + self.of_item_[items]


def _one_hot(ids: np.ndarray, n: int) -> sparse.csr_matrix:
    """(n_rows, n), 1 where the row has the id."""
    rows = np.arange(len(ids))
    return sparse.csr_matrix((np.ones(len(ids)), (rows, ids)), shape=(len(ids), n))
