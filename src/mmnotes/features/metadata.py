"""Metadata as numbers: one column a category, and policy columns only if asked for by name."""

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from mmnotes.errors import InputError
from mmnotes.features.base import ModalityTransformer
from mmnotes.features.coding import learn_coding, without_blanks


class OneHotMetadata(ModalityTransformer):
    """Which brand, colour, type, price band? One column a category, 1 where it holds.

    Only declared columns are read; any other is ignored. A policy column (promoted, in stock,
    editor's pick) follows from what was shown and clicked, so it enters only if it is named again
    in ``include_policy``. Numbers are cut at their quantiles. A missing value gives zeros in its
    column's block; an item counts as missing if all its values are.

    Parameters
    ----------
    content : sequence of str
        Columns that describe the item (or positions, where X is an array).
    policy : sequence of str
        Columns that the platform decided.
    include_policy : sequence of str
        Those policy columns that enter all the same.
    n_bins : int
        Bands that a column of numbers is cut into, at most.
    min_frequency : int
        Categories of fewer items are pooled into one, ``other``.
    max_categories : int
        Categories kept in each column, the most frequent first; the rest are pooled.

    Attributes
    ----------
    columns_ : tuple
        Columns that enter.
    constant_columns_ : tuple
        Columns left out, since all items lie in one category.

    Raises
    ------
    InputError
        If nothing is declared, a declared column is absent, a column is declared twice or asked
        for but not declared as policy, a number is infinite, or no column tells items apart.

    Warns
    -----
    UserWarning
        Where a column is constant, and where ``transform`` meets categories that ``fit`` did not
        (with their count; see ``count_unseen``): they get zeros.

    Examples
    --------
    >>> items = pd.DataFrame({"color": ["red", "blue", "red"], "promoted": [1, 0, 1]})
    >>> onehot = OneHotMetadata(content=["color"], policy=["promoted"], min_frequency=1)
    >>> onehot.fit_transform(items)
    array([[0., 1.],
           [1., 0.],
           [0., 1.]], dtype=float32)
    >>> onehot.get_feature_names_out().tolist()
    ['color=blue', 'color=red']
    """

    def __init__(
        self,
        content: Sequence[Hashable] = (),
        policy: Sequence[Hashable] = (),
        include_policy: Sequence[Hashable] = (),
        *,
        n_bins: int = 10,
        min_frequency: int = 10,
        max_categories: int = 50,
    ) -> None:
        self.content = content
        self.policy = policy
        self.include_policy = include_policy
        self.n_bins = n_bins
        self.min_frequency = min_frequency
        self.max_categories = max_categories

    def count_unseen(self, X: pd.DataFrame) -> dict[Hashable, int]:
        """In how many items is the category one that ``fit`` did not see? By column."""
        check_is_fitted(self)
        return self._count_unseen(self._read(X, reset=False)[0])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns: ``brand=Acme``, ``brand=other``, ``price=[10, 20)``."""
        check_is_fitted(self)
        return np.array([name for coding in self._codings for name in coding.names()], dtype=object)

    def _read(self, X: Any, reset: bool) -> tuple[pd.DataFrame, np.ndarray]:
        names = self._entering() if reset else self._asked
        if not isinstance(X, pd.DataFrame):
            X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
            X = pd.DataFrame(X).infer_objects()
        absent = [name for name in names if name not in X.columns]
        if absent:
            raise InputError(f"metadata lacks the declared columns {absent}; it has {list(X)}")
        data = X[list(names)].reset_index(drop=True).apply(without_blanks)
        return data, data.notna().any(axis=1).to_numpy()

    def _entering(self) -> tuple[Hashable, ...]:
        content, policy = tuple(self.content), tuple(self.policy)
        asked = tuple(self.include_policy)
        twice = [name for name in content if name in policy]
        if twice:
            raise InputError(f"columns {twice} are declared both content and policy; choose one")
        undeclared = [name for name in asked if name not in policy]
        if undeclared:
            raise InputError(f"include_policy names {undeclared}, which policy does not declare")
        if not content + asked:
            raise InputError("no column is declared; name the columns that enter in content")
        return content + asked

    def _learn(self, data: pd.DataFrame, present: np.ndarray) -> None:
        if not present.any():
            raise InputError(f"no item has a value in any of the columns {list(data)}")
        rules = (self.n_bins, self.min_frequency, self.max_categories)
        codings = [learn_coding(data[name], *rules) for name in data]
        self._asked = tuple(data.columns)
        self._codings = [coding for coding in codings if len(coding) > 1]
        self.columns_ = tuple(coding.name for coding in self._codings)
        self.constant_columns_ = tuple(coding.name for coding in codings if len(coding) < 2)
        why = f"in one category each, once those of fewer than {self.min_frequency} are pooled"
        if not self._codings:
            raise InputError(
                f"all items (n_samples={len(data)}) lie {why}, in every one of {list(data)}: "
                "there is nothing to tell them apart"
            )
        if self.constant_columns_:
            _warn(
                f"metadata columns {list(self.constant_columns_)} are left out: all items lie {why}"
            )

    def _apply(self, data: pd.DataFrame, present: np.ndarray) -> np.ndarray:
        unseen = {name: count for name, count in self._count_unseen(data).items() if count}
        if unseen:
            _warn(f"categories that fit did not see get zeros; items by column: {unseen}")
        codings = self._codings
        return np.concatenate([coding.encode(data[coding.name]) for coding in codings], axis=1)

    def _count_unseen(self, data: pd.DataFrame) -> dict[Hashable, int]:
        codings = self._codings
        return {coding.name: int(coding.unseen(data[coding.name]).sum()) for coding in codings}

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=4)
