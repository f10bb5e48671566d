"""Photos as numbers: the main ways in which small grey pictures differ."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.linalg import eigh
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils import Tags
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_array, validate_data

from mmnotes.data.images import Images
from mmnotes.errors import InputError
from mmnotes.features.base import ModalityTransformer, check_n_components

_EXACT = 2_048  # pixels up to which the covariance matrix fits and its eigenvectors are quick
_CHUNK = 4_096


class PcaImage(ClassNamePrefixFeaturesOutMixin, ModalityTransformer):
    """How does a photo differ from the others? PCA on small grey pictures.

    Up to 2,048 pixels the directions are the exact eigenvectors of the covariance matrix, above
    that they come from a randomized SVD with a fixed seed. With ``center=True`` a missing photo's
    row of zeros is the average photo; without, the first direction is mostly the white ground
    that all photos share, and every photo looks like every other.

    Parameters
    ----------
    n_components : int
        Directions kept.
    side : int
        Pixels along the edge of the grey square that a photo is shrunk to.
    center : bool
        Subtract the average photo first.
    whiten : bool
        Give every direction unit variance.
    n_jobs : int, optional
        Threads that decode photos; by default one a core, four at most.
    random_state : int
        Seed of the randomized SVD.

    Attributes
    ----------
    mean_ : (d,) float32
        The average photo; zeros with ``center=False``.
    components_ : (n_components, d) float32
        The directions, of unit length.
    explained_variance_ : (n_components,) float32
        Mean square along each direction, from the largest.
    explained_variance_ratio_ : (n_components,) float32
        The same as a share of the total.
    n_features_in_ : int
        Pixels, d.

    Raises
    ------
    InputError
        If there are more components than photos or pixels, or a value is NaN (the row is named).

    Notes
    -----
    X is an ``Images``, decoded in threads, or an array (n_items, d) of grey pixels.
    """

    def __init__(
        self,
        n_components: int = 64,
        *,
        side: int = 32,
        center: bool = True,
        whiten: bool = False,
        n_jobs: int | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.side = side
        self.center = center
        self.whiten = whiten
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _read(self, X: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(X, Images):
            pixels, present = X.grey(self.side, self.n_jobs)
        else:
            pixels = check_array(X, dtype=np.float32, ensure_all_finite=False)
            present = np.ones(len(pixels), bool)
        _check_finite(pixels)
        # validate_data keeps the number of columns, and the names of a DataFrame's, for later.
        named = pixels if isinstance(X, Images) else X
        validate_data(self, named, reset=reset, skip_check_array=True)
        return pixels, present

    def _learn(self, data: np.ndarray, present: np.ndarray) -> None:
        shape = (int(present.sum()), data.shape[1])
        check_n_components(self.n_components, shape, "readable photos")
        rows = np.flatnonzero(present)
        mean = data.mean(axis=0, dtype=np.float64, where=present[:, None])
        self.mean_ = (mean if self.center else np.zeros_like(mean)).astype(np.float32)
        if shape[1] <= _EXACT:
            directions, variance, total = _exact(data, rows, self.mean_, self.n_components)
        else:
            pixels = data[rows] - self.mean_
            directions, variance, total = _randomized(pixels, self.n_components, self.random_state)
        if total <= 1e-12 * shape[1]:
            warnings.warn("all photos are the same: their features are zero", stacklevel=3)
        # The sign of a direction is arbitrary: make its largest entry positive, on every machine.
        largest = np.abs(directions).argmax(axis=1)
        directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
        self.components_ = directions.astype(np.float32)
        self.explained_variance_ = variance.astype(np.float32)
        ratio = variance / total if total > 0 else np.zeros_like(variance)
        self.explained_variance_ratio_ = ratio.astype(np.float32)
        self._n_features_out = self.n_components

    def _apply(self, data: np.ndarray, present: np.ndarray) -> np.ndarray:
        weights = self.components_.T.astype(np.float64)
        if self.whiten:
            deviation = np.sqrt(self.explained_variance_)
            # A direction along which the photos do not differ says nothing: zero, not noise / 0.
            flat = deviation <= 1e-5 * deviation[0]
            weights /= np.where(flat, np.inf, deviation)
        values = np.zeros((len(data), self.n_components), np.float32)
        for rows in _chunks(np.flatnonzero(present)):
            values[rows] = (data[rows].astype(np.float64) - self.mean_) @ weights
        return values

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _chunks(rows: np.ndarray) -> Iterator[np.ndarray]:
    """A few thousand rows at a time: sums are in float64, and a whole copy would be large."""
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))


def _exact(
    data: np.ndarray, rows: np.ndarray, mean: np.ndarray, n_components: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Main directions (n_components, d), the mean square along each, and their total.

    From the eigenvectors of the covariance matrix.
    """
    d = data.shape[1]
    moment = np.zeros((d, d))
    for chunk in _chunks(rows):
        pixels = data[chunk].astype(np.float64) - mean
        moment += pixels.T @ pixels
    moment /= len(rows)
    variance, vectors = eigh(moment, subset_by_index=(d - n_components, d - 1))
    return vectors.T[::-1], np.maximum(variance[::-1], 0), float(np.trace(moment))


def _randomized(
    pixels: np.ndarray, n_components: int, random_state: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """As ``_exact``, from a randomized SVD of centred pixels (n, d)."""
    _, singular, directions = randomized_svd(pixels, n_components, random_state=random_state)
    total = np.einsum("ij,ij->", pixels, pixels, dtype=np.float64) / len(pixels)
    return directions, singular.astype(np.float64) ** 2 / len(pixels), float(total)


def _check_finite(pixels: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(pixels).all(axis=1))
    if len(bad):
        raise InputError(
            f"pixels contain NaN or infinity in {len(bad)} rows, the first is row {bad[0]}: "
            "leave those items out, or pass Images, where a missing photo is allowed"
        )
