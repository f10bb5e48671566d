"""How far does a linear model get, in closed form and without content?"""

import numpy as np
import torch
from scipy import sparse

from mmnotes.data.tables import Interactions
from mmnotes.device import as_device
from mmnotes.errors import InputError
from mmnotes.recommenders.base import Recommender, taken
from mmnotes.recommenders.ranges import in_range


class EASE(Recommender):
    r"""Which items predict which, if no item may predict itself?

    With X the matrix of who took what, it is the ridge regression of every item on all others
    (Steck 2019, https://doi.org/10.1145/3308558.3313710):

    .. math:: \min_B \lVert X - XB \rVert^2 + \lambda \lVert B \rVert^2, \quad \operatorname{diag}
        B = 0, \qquad B_{ij} = -P_{ij} / P_{jj}, \quad P = (X^\top X + \lambda I)^{-1}

    The scores of a user are their row of XB. Work grows with the third power of the number of
    items, and memory with the second: in float32 some 12 bytes for each pair of items while
    fitting, and 4 after it. Seven thousand items take seconds on one core. With fewer users than
    items it is the number of users that counts, for with M = (XX^T + λI)^-1

    .. math:: XP = MX, \qquad P_{jj} = (1 - x_j^\top M x_j) / \lambda, \qquad
        (XB)_{uj} = X_{uj} - (MX)_{uj} / P_{jj}

    Items that the same users took tie exactly for everyone else, and so do those that nobody took,
    which get 0.

    Parameters
    ----------
    regularisation : float
        λ, above 0. The more, the less weight for items that few took together. Choose it on
        validation data.
    device : str
        Where the matrix is inverted: ``"auto"`` is a GPU where torch sees one.

    Attributes
    ----------
    weights_ : (n_items, n_items) float32
        B: in column j what each item says for item j. Not there with fewer users than items, where
        scores are had without it.

    Raises
    ------
    InputError
        In ``fit``, if a parameter is out of range.

    Examples
    --------
    >>> users, items = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0])
    >>> rows = Interactions(users, items, n_users=3, n_items=3)
    >>> EASE(regularisation=1, device="cpu").fit(rows).score(np.array([2])).round(2)
    array([[0.  , 0.5, 0.  ]], dtype=float32)
    """

    def __init__(self, regularisation: float = 400.0, device: str = "auto") -> None:
        self.regularisation = regularisation
        self.device = device

    def _fit(self, interactions: Interactions) -> None:
        if not in_range(self.regularisation, 0, above=True):
            raise InputError(
                f"regularisation must be a number above 0, not {self.regularisation!r}"
            )
        self._taken = taken(interactions)
        n_users, n_items = self._taken.shape
        self._scores = self._by_users() if n_users < n_items else None
        self.__dict__.pop("weights_", None)  # of an earlier fit
        if self._scores is None:
            self.weights_ = self._by_items()

    def _by_items(self) -> np.ndarray:
        """B, (n_items, n_items) float32."""
        weights = self._inverse((self._taken.T @ self._taken).toarray())  # users of two items
        weights /= -weights.diagonal().clone()
        return _evened(weights.cpu().numpy(), _first_alike(self._taken))

    def _by_users(self) -> np.ndarray:
        """XB, (n_users, n_items) float32, in double precision: 1 - x'Mx may be small."""
        exact = self._taken.astype(np.float64)
        inverse = self._inverse((exact @ exact.T).toarray()).cpu().numpy()  # items of two users
        passed = (exact.T @ inverse).T  # MX: M is symmetric
        user, item = exact.tocoo().coords
        own = np.bincount(item, passed[user, item], minlength=exact.shape[1])
        scores = passed * (-self.regularisation / (1 - own))
        scores[user, item] += 1
        return scores.astype(np.float32)

    def _inverse(self, gram: np.ndarray) -> torch.Tensor:
        """(gram + λI)^-1 of a matrix that nobody needs after it."""
        matrix = torch.from_numpy(gram)
        matrix.diagonal().add_(self.regularisation)
        noise = 10 * torch.finfo(matrix.dtype).eps * float(matrix.diagonal().max())
        factor, failed = torch.linalg.cholesky_ex(matrix.to(as_device(self.device)))
        # A pivot of the size of rounding errors may come out on either side of zero.
        if failed or float(factor.diagonal().min()) ** 2 < noise:
            raise InputError(
                f"regularisation={self.regularisation!r} is too small to solve for the weights of "
                "these rows: take a larger one"
            )
        del gram, matrix
        return torch.cholesky_inverse(factor).mT  # symmetric: so its rows lie together

    def _score(self, users: np.ndarray) -> np.ndarray:
        return self._taken[users] @ self.weights_ if self._scores is None else self._scores[users]


def _first_alike(pairs: sparse.csr_array) -> np.ndarray:
    """The first item that the very same users took, (n_items,) int; as a rule the item itself."""
    by_item = pairs.T.tocsr()
    takers = np.split(by_item.indices, by_item.indptr[1:-1])
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(users.tobytes(), item) for item, users in enumerate(takers)])


def _evened(weights: np.ndarray, first: np.ndarray) -> np.ndarray:
    """B in its own memory: 0 on the diagonal, and the same column for items that are alike.

    Without this they would differ by the rounding of the inverse. ``first`` is (n_items,) int.
    """
    alike = np.flatnonzero(first != np.arange(len(first)))
    first = first[alike]
    weights[:, alike] = weights[:, first]
    # Such two say the same of each other, and nothing of themselves.
    weights[first, alike] = weights[alike, alike]
    np.fill_diagonal(weights, 0)
    return weights
