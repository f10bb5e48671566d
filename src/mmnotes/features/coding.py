"""How one column of metadata becomes columns of zeros and ones."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mmnotes.errors import InputError

OTHER = "other"


@dataclass(frozen=True)
class Coding:
    """The categories of one column, as learnt from the items.

    Parameters
    ----------
    name : str or int
        The column.
    kept : tuple of str
        Categories with a column of their own.
    pooled : frozenset of str
        Rare categories, which share one column; there is none where nothing is rare.
    edges : (n_bands - 1,) float, or None
        Where a column of numbers is cut; None where it is not numbers.
    """

    name: Hashable
    kept: tuple[str, ...]
    pooled: frozenset[str]
    edges: np.ndarray | None

    def __len__(self) -> int:
        return len(self.kept) + bool(self.pooled)

    def encode(self, column: pd.Series) -> np.ndarray:
        """One column a category, (n_items, len(self)) float32; zeros where missing or unseen."""
        labels = _labels(column, self.edges)
        code = pd.Index(self.kept, dtype=object).get_indexer(pd.Index(labels, dtype=object))
        code = np.where(labels.isin(self.pooled), len(self.kept), code)
        hot = np.zeros((len(column), len(self)), np.float32)
        rows = np.flatnonzero(code >= 0)
        hot[rows, code[rows]] = 1
        return hot

    def unseen(self, column: pd.Series) -> np.ndarray:
        """Where is the category one that was not learnt? (n_items,) bool."""
        labels = _labels(column, self.edges)
        return (labels.notna() & ~labels.isin([*self.kept, *self.pooled])).to_numpy()

    def names(self) -> list[str]:
        """One name a column: ``brand=Acme``, ``brand=other``, ``price=[10, 20)``."""
        names = [f"{self.name}={category}" for category in self.kept]
        return names + [f"{self.name}={OTHER}"] * bool(self.pooled)


def learn_coding(column: pd.Series, n_bins: int, min_frequency: int, max_categories: int) -> Coding:
    """Which categories, or bands of numbers, does a column fall into?

    Raises
    ------
    InputError
        If a number is infinite; the message names the column and the row.
    """
    if is_numeric_dtype(column) and not is_bool_dtype(column):
        edges = _quantile_edges(column, n_bins)
        return Coding(column.name, tuple(_bands(edges)), frozenset(), edges)
    counts = _labels(column, None).value_counts()
    # Of equally frequent categories the first in the alphabet stays, whatever the order of rows.
    ranked = sorted(counts.index, key=lambda category: (-counts[category], category))
    kept = [category for category in ranked if counts[category] >= min_frequency]
    kept = sorted(kept[:max_categories])
    return Coding(column.name, tuple(kept), frozenset(ranked) - set(kept), None)


def without_blanks(column: pd.Series) -> pd.Series:
    """The column with empty and blank strings as missing."""
    if is_numeric_dtype(column):
        return column
    blank = column.map(lambda value: isinstance(value, str) and not value.strip())
    return column.mask(blank.fillna(False).astype(bool))


def _labels(column: pd.Series, edges: np.ndarray | None) -> pd.Series:
    """The category of every item as a string; None where missing."""
    if edges is None:
        return column.astype(object).map(str, na_action="ignore")
    numbers = _numbers(column)
    bands = np.array(_bands(edges), dtype=object)[np.searchsorted(edges, numbers, side="right")]
    return pd.Series(bands, dtype=object).mask(np.isnan(numbers))


def _numbers(column: pd.Series) -> np.ndarray:
    try:
        numbers = pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"metadata column {column.name!r} held numbers in fit, but not now: {error}"
        ) from None
    bad = np.flatnonzero(np.isinf(numbers))
    if len(bad):
        raise InputError(
            f"metadata column {column.name!r}: row {bad[0]} is infinite; leave it empty instead"
        )
    return numbers


def _quantile_edges(column: pd.Series, n_bins: int) -> np.ndarray:
    """Inner edges of at most ``n_bins`` bands; each band is closed on the left."""
    numbers = _numbers(column)
    values = np.unique(numbers[~np.isnan(numbers)])
    if len(values) <= n_bins:
        return values[1:]
    edges = np.unique(np.nanquantile(numbers, np.arange(1, n_bins) / n_bins))
    edges = edges[edges > values[0]]
    # Where nearly all items share the lowest value, at least tell it from the others.
    return edges if len(edges) else values[1:2]


def _bands(edges: np.ndarray) -> list[str]:
    ends = ["-inf", *(f"{edge:.6g}" for edge in edges), "inf"]
    return [f"[{low}, {high})" for low, high in pairwise(ends)]
