"""What every ranker does alike: check its input, score items, turn scores into probabilities."""

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GroupShuffleSplit
from sklearn.utils.validation import check_is_fitted

from mmnotes.errors import InputError


class Ranker(ClassifierMixin, BaseEstimator):
    """Base of the rankers: a subclass writes ``_fit`` and ``_score`` and gets the rest.

    Attributes
    ----------
    classes_ : array([0, 1])
    n_features_in_ : int
    n_groups_without_click_ : int or None
        Groups of the training rows in which nothing was clicked. Rankers that learn row by row
        use them too. None if no groups were given.
    """

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> Self:
        """Learn which rows get clicked.

        Parameters
        ----------
        X : (n_rows, n_columns) float
            As ``mmnotes.features`` stacks it. Converted to float32.
        y : (n_rows,) bool or 0/1
            Clicked or not.
        groups : (n_rows,), optional
            The impression of each row. Rows of a group are never split when some are held out.
        sample_weight : (n_rows,) float, optional
            How many rows each row counts as, from 0 up. Where clicks are missing because rows were
            not looked at, the inverse of the probability that they were, for the rows clicked
            (Joachims et al. 2017, https://doi.org/10.1145/3018661.3018699).

        Raises
        ------
        InputError
            NaN or infinity (with its row), unequal lengths, labels other than 0 and 1, or only
            one of them; weights that are negative, or leave one kind of label none.
        """
        X = matrix(X)
        y = clicks(y, len(X))
        groups = group_ids(groups, len(X))
        sample_weight = row_weights(sample_weight, y)
        self.__dict__.pop("classes_", None)  # a fit that fails leaves no half-fitted ranker
        self.n_features_in_ = X.shape[1]
        self.n_groups_without_click_ = None
        if groups is not None:
            _, code = np.unique(groups, return_inverse=True)
            self.n_groups_without_click_ = int((np.bincount(code, weights=y) == 0).sum())
        self._fit(X, y, groups, sample_weight)
        self.classes_ = np.array([0, 1])  # set last: what marks the ranker as fitted
        return self

    def score_items(self, X: np.ndarray) -> np.ndarray:
        """How much does each row deserve the top? (n_rows,) float64, higher is better.

        Log-odds of a click, unless ``scores_are_log_odds`` says otherwise.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        InputError
            NaN or infinity (with its row), or another number of columns than in ``fit``.
        """
        return np.asarray(self._score(self._checked(X)), dtype=np.float64)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """The name that scikit-learn knows ``score_items`` by."""
        return self.score_items(X)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Probability of no click and of a click, (n_rows, 2) float64.

        Raises
        ------
        InputError
            If the scores are no log-odds, as those of objectives that compare rows.
        """
        click = expit(self._log_odds(X))
        return np.column_stack([1 - click, click])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """1 where a click is likelier than not, (n_rows,) int. Errors as ``predict_proba``."""
        return (self._log_odds(X) > 0).astype(int)

    @property
    def scores_are_log_odds(self) -> bool:
        """Whether the scores say how likely a click is, and not only which row is likelier."""
        return True

    def _log_odds(self, X: np.ndarray) -> np.ndarray:
        scores = self.score_items(X)
        if not self.scores_are_log_odds:
            raise InputError(
                f"{type(self).__name__} learned which row of an impression is clicked, not how "
                "likely a click is: rank by score_items, or calibrate it on other rows with "
                "scikit-learn's CalibratedClassifierCV(FrozenEstimator(ranker))"
            )
        return scores

    def _checked(self, X: np.ndarray) -> np.ndarray:
        """X as the fitted ranker can take it, (n_rows, n_features_in_) float32."""
        check_is_fitted(self, "classes_")
        X = matrix(X)
        if X.shape[1] != self.n_features_in_:
            raise InputError(
                f"X has {X.shape[1]} columns, but {type(self).__name__} was fitted on "
                f"{self.n_features_in_}: stack the same modalities in the same order"
            )
        return X

    @abstractmethod
    def _fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray | None,
        sample_weight: np.ndarray | None,
    ) -> None:
        """Learn from checked input: X float32, y int of both classes, weights float64."""

    @abstractmethod
    def _score(self, X: np.ndarray) -> np.ndarray:
        """Scores of checked rows, (n_rows,)."""


def matrix(X: Any) -> np.ndarray:
    """X as a finite (n_rows, n_columns) float32 array, or an InputError that names the row."""
    if sparse.issparse(X):
        raise InputError("X is sparse; the rankers take a dense matrix: X.toarray()")
    try:
        X = np.asarray(X, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"X must hold numbers only: {error}") from error
    if X.ndim != 2 or not X.size:
        raise InputError(f"X must be (n_rows, n_columns) with at least one of each, not {X.shape}")
    finite = np.isfinite(X)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        n_rows = int((~finite.all(axis=1)).sum())
        raise InputError(
            f"X: row {row}, column {column} is NaN or infinite ({n_rows} such rows in all): mark "
            "the modality as not present, with zeros in its place"
        )
    return X


def clicks(y: Any, n_rows: int) -> np.ndarray:
    """Labels as (n_rows,) int of both 0 and 1, or an InputError."""
    y = np.asarray(y)
    if y.shape != (n_rows,):
        raise InputError(f"y must be ({n_rows},), one label for each row of X, not {y.shape}")
    values = np.unique(y)
    if not set(values.tolist()) <= {0, 1}:
        raise InputError(f"y must hold 0 and 1 only, not {values[:5].tolist()}")
    if len(values) == 1:
        raise InputError(
            f"every label is {int(values[0])}: a ranker needs rows with a click and rows without"
        )
    return y.astype(int)


def group_ids(groups: Any, n_rows: int) -> np.ndarray | None:
    """Groups as (n_rows,), or None if there are none."""
    if groups is None:
        return None
    groups = np.asarray(groups)
    if groups.shape != (n_rows,):
        raise InputError(
            f"groups must be ({n_rows},), the impression of each row of X, not {groups.shape}"
        )
    return groups


def row_weights(sample_weight: Any, y: np.ndarray) -> np.ndarray | None:
    """Weights as (n_rows,) float64 from 0 up, some of them above 0 for each label, or None."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != y.shape:
        raise InputError(
            f"sample_weight must be {y.shape}, one weight for each row of X, not {weights.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
    if len(bad):
        raise InputError(
            f"sample_weight: row {bad[0]} is {weights[bad[0]]}; weights are finite and from 0 up"
        )
    for label in (0, 1):
        if not weights[y == label].any():
            raise InputError(f"sample_weight is 0 on every row whose label is {label}")
    return weights


def hold_out(
    y: np.ndarray, groups: np.ndarray | None, share: float, random_state: int | None
) -> np.ndarray:
    """Which rows to learn from and which to keep for validation: (n_rows,) bool, True = held out.

    Whole groups are held out, or single rows if there are no groups.

    Raises
    ------
    InputError
        If the share is not between 0 and 1, or either part would lack clicks or non-clicks.
    """
    if not 0 < share < 1:
        raise InputError(f"validation must be a share between 0 and 1, not {share}")
    groups = np.arange(len(y)) if groups is None else groups
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise InputError("all rows are of one group: two are needed to hold one out")
    n_held = min(max(1, round(share * n_groups)), n_groups - 1)
    splitter = GroupShuffleSplit(n_splits=1, test_size=n_held, random_state=random_state)
    held = np.zeros(len(y), dtype=bool)
    held[next(splitter.split(y, y, groups))[1]] = True
    for part, rows in (("training", ~held), ("held-out", held)):
        if len(np.unique(y[rows])) < 2:
            raise InputError(
                f"the {int(rows.sum())} {part} rows hold only one kind of label: give more "
                f"impressions, or another validation share than {share}"
            )
    return held
