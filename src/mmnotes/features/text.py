"""Titles as numbers: which words, weighted by how rare they are."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils import Tags

from mmnotes.errors import InputError
from mmnotes.features.base import ModalityTransformer, check_n_components


class TfidfText(ClassNamePrefixFeaturesOutMixin, ModalityTransformer):
    """Which words does a title use? TF-IDF, then the main directions by truncated SVD.

    An empty or blank title counts as missing. A title of words that were never seen in ``fit``
    is present, with a row of zeros.

    Parameters
    ----------
    n_components : int or None
        Directions kept. None keeps the TF-IDF weights themselves, as a sparse matrix.
    min_df : int
        Words in fewer titles than this are ignored.
    max_features : int or None
        Keep only the most frequent words.
    ngram_range : (int, int)
        Shortest and longest sequence of words.
    random_state : int
        Seed of the randomized SVD; the result is the same on every run.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Column of every word.
    explained_variance_ratio_ : (n_components,) float
        Share of the variance of the TF-IDF weights along each direction; not with None.

    Raises
    ------
    InputError
        If no title holds a word, an entry is neither a string nor missing (the row is named), or
        there are more components than titles or words.

    Examples
    --------
    >>> titles = ["red shirt", "blue shirt", "", "red dress"]
    >>> block = TfidfText(n_components=2, min_df=1).fit_block(titles)
    >>> block.values.shape, block.present.tolist()
    ((4, 2), [True, True, False, True])
    """

    def __init__(
        self,
        n_components: int | None = 64,
        *,
        min_df: int = 2,
        max_features: int | None = 20_000,
        ngram_range: tuple[int, int] = (1, 1),
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.min_df = min_df
        self.max_features = max_features
        self.ngram_range = ngram_range
        self.random_state = random_state

    def _read(self, X: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        titles = _as_titles(X)
        return titles, np.array([bool(title.strip()) for title in titles], dtype=bool)

    def _learn(self, data: np.ndarray, present: np.ndarray) -> None:
        self._words = TfidfVectorizer(
            min_df=self.min_df,
            max_features=self.max_features,
            ngram_range=self.ngram_range,
            sublinear_tf=True,
            dtype=np.float32,
        )
        try:
            weights = self._words.fit_transform(data[present])
        except ValueError as error:
            raise InputError(
                f"no words can be learnt from {present.sum()} titles of {len(data)}, "
                f"min_df={self.min_df}: {error}"
            ) from None
        self.vocabulary_ = self._words.vocabulary_
        self._n_features_out = len(self.vocabulary_)
        if self.n_components is None:
            return
        check_n_components(self.n_components, weights.shape, "titles")
        if self._n_features_out < 2:
            raise InputError(
                f"the titles have one word in common, {next(iter(self.vocabulary_))!r}, and no "
                f"other in min_df={self.min_df} or more: there are no directions to find"
            )
        self._svd = TruncatedSVD(self.n_components, random_state=self.random_state)
        with np.errstate(invalid="ignore"):  # titles that are all alike have no variance: 0 / 0
            self._svd.fit(weights)
        self.explained_variance_ratio_ = np.nan_to_num(self._svd.explained_variance_ratio_)
        self._n_features_out = self.n_components

    def _apply(self, data: np.ndarray, present: np.ndarray) -> np.ndarray | sparse.csr_array:
        if self.n_components is None:
            return sparse.csr_array(self._words.transform(data), dtype=np.float32)
        values = np.zeros((len(data), self.n_components), np.float32)
        if present.any():
            values[present] = self._svd.transform(self._words.transform(data[present]))
        return values

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns: the words themselves where ``n_components`` is None."""
        if self.n_components is None and hasattr(self, "_words"):
            return self._words.get_feature_names_out()
        return super().get_feature_names_out(input_features)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _as_titles(X: Any) -> np.ndarray:
    """Titles as an object array of str, empty where missing."""
    if isinstance(X, str):
        raise InputError("titles must be a list of strings, not one string")
    if np.ndim(X) != 1:
        raise InputError(f"titles must be one column of strings, not of shape {np.shape(X)}")
    column = pd.Series(X).astype(object)
    column = column.where(column.notna(), "")
    for row, title in enumerate(column):
        if not isinstance(title, str):
            raise InputError(f"title of row {row} is {title!r}, not a string")
    return column.to_numpy()
