"""The same items for everyone: those that most users took."""

import numpy as np

from mmnotes.data.tables import Interactions
from mmnotes.recommenders.base import Recommender, taken


class MostPop(Recommender):
    """How far does one list for everyone get? An item's score is the number of users who took it.

    The floor that a personal recommender has to clear (Cremonesi and others 2010,
    https://doi.org/10.1145/1864708.1864721). Many items share a count, so evaluate it with a rule
    for ties. A user without a training row is served like any other.

    Attributes
    ----------
    popularity_ : (n_items,) float32
        Users who took each item.

    Examples
    --------
    >>> rows = Interactions(np.array([0, 1, 1]), np.array([2, 2, 0]), n_users=2, n_items=3)
    >>> MostPop().fit(rows).score(np.array([1]))
    array([[1., 0., 2.]], dtype=float32)
    """

    def _fit(self, interactions: Interactions) -> None:
        pairs = taken(interactions)
        self.popularity_ = np.bincount(pairs.indices, minlength=interactions.n_items).astype(
            np.float32
        )

    def _score(self, users: np.ndarray) -> np.ndarray:
        return np.tile(self.popularity_, (len(users), 1))
