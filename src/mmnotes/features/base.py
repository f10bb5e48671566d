"""What the three extractors share: read once, fit on what is there, zeros for what is not."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock


class ModalityTransformer(TransformerMixin, BaseEstimator, ABC):
    """A scikit-learn transformer of one modality that knows which items have it.

    A subclass says how to read its input, what to learn from the items that have the modality,
    and how to turn them into numbers. Items without it get a row of zeros, and teach nothing.
    """

    @abstractmethod
    def _read(self, X: Any, reset: bool) -> tuple[Any, np.ndarray]:
        """The input in its working form, and presence (n_items,) bool; ``reset`` when fitting."""

    @abstractmethod
    def _learn(self, data: Any, present: np.ndarray) -> None:
        """Set the fitted attributes from the present rows."""

    @abstractmethod
    def _apply(self, data: Any, present: np.ndarray) -> np.ndarray | sparse.csr_array:
        """Features, (n_items, d) float32, zero where not present."""

    def fit(self, X: Any, y: None = None) -> Self:
        """Learn from the items that have the modality. ``y`` is ignored."""
        self._learn(*self._read(X, reset=True))
        return self

    def transform(self, X: Any) -> np.ndarray | sparse.csr_array:
        """Features of every item, (n_items, d) float32; zeros where the modality is missing."""
        check_is_fitted(self)
        return self._apply(*self._read(X, reset=False))

    def fit_transform(
        self, X: Any, y: None = None, **fit_params: Any
    ) -> np.ndarray | sparse.csr_array:
        """``fit``, then ``transform``, reading the input once."""
        data, present = self._read(X, reset=True)
        self._learn(data, present)
        return self._apply(data, present)

    def presence(self, X: Any) -> np.ndarray:
        """Which items have this modality? (n_items,) bool."""
        check_is_fitted(self)
        return self._read(X, reset=False)[1]

    def fit_block(self, X: Any) -> FeatureBlock:
        """``fit``, then ``block``, reading the input once."""
        data, present = self._read(X, reset=True)
        self._learn(data, present)
        return self._as_block(data, present)

    def block(self, X: Any) -> FeatureBlock:
        """Features and presence of every item together, reading the input once."""
        check_is_fitted(self)
        return self._as_block(*self._read(X, reset=False))

    def _as_block(self, data: Any, present: np.ndarray) -> FeatureBlock:
        values = self._apply(data, present)
        if sparse.issparse(values):
            raise InputError(
                f"{type(self).__name__}: a feature block is dense; set n_components to a number"
            )
        return FeatureBlock(values, present)


def check_n_components(n_components: int, shape: tuple[int, int], what: str) -> None:
    """Refuse more components than the data can give.

    Raises
    ------
    InputError
        If ``n_components`` is below one, or above the number of items or features.
    """
    n_items, n_features = shape
    if n_components < 1:
        raise InputError(f"n_components must be at least 1, not {n_components}")
    if n_components > min(n_items, n_features):
        raise InputError(
            f"n_components={n_components} is more than {n_items} {what} (n_samples={n_items}) of "
            f"n_features={n_features} can give; choose at most {min(n_items, n_features)}"
        )
