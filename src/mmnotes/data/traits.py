"""What simulated users look at when the items are real."""

import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from mmnotes.data.images import Images
from mmnotes.data.tables import Catalog
from mmnotes.errors import InputError

TRAITS_A_MODALITY = 6
_SIDE = 24  # pixels; enough for colour, outline and texture
_GROUND = 0.94  # lighter than this in every channel is the studio's white


def traits_of(catalog: Catalog, sentences: np.ndarray) -> dict[str, np.ndarray]:
    """What title, photo and metadata of real items say, as traits for ``simulate``.

    They are made by other means than the features that rankers get, so that no ranker is handed
    the truth: titles through a sentence encoder (rankers see TF-IDF), photos through statistics of
    colour, outline and texture (rankers see the PCA of small grey pictures), metadata through one
    random taste for each category value and the logarithm of the price (rankers see one-hot
    columns).

    Parameters
    ----------
    catalog : Catalog
        With images and content columns.
    sentences : (n_items, d) float
        Sentence vectors of the titles; a zero row means no title.

    Returns
    -------
    dict of (n_items, ≤ 6) float64
        ``text``, ``image``, ``metadata``: uncorrelated columns of unit variance within each
        modality, zero rows where it is missing.

    Raises
    ------
    InputError
        If the catalog has no images or content columns, there is not one finite sentence vector an
        item, or no two items differ in a modality.
    """
    if catalog.images is None or not catalog.content:
        raise InputError(f"catalog {catalog.name!r} has no images or content columns to like")
    if len(sentences) != len(catalog):
        raise InputError(
            f"catalog {catalog.name!r} has {len(catalog)} items, but {len(sentences)} "
            "sentence vectors"
        )
    if not np.isfinite(sentences).all():
        raise InputError(
            f"catalog {catalog.name!r}: a sentence vector holds NaN or infinity; "
            "a title that is missing needs a row of zeros"
        )
    looks, has_photo = photo_statistics(catalog.images)
    metadata = _metadata_effects(catalog.items, catalog.content)
    sentences = np.asarray(sentences, dtype=np.float64)
    traits = {
        "text": _whiten(sentences, np.abs(sentences).sum(axis=1) > 0),
        "image": _whiten(looks, has_photo),
        "metadata": _whiten(metadata, np.ones(len(catalog), dtype=bool)),
    }
    same = [name for name in traits if not traits[name].any()]
    if same:
        raise InputError(
            f"catalog {catalog.name!r}: no two items differ in {same}, so users cannot choose by it"
        )
    return traits


def photo_statistics(images: Images) -> tuple[np.ndarray, np.ndarray]:
    """Colour, outline and texture of each photo's object, the white ground left out.

    Returns
    -------
    statistics : (n_items, 9) float64
        Mean red, green, blue; saturation; contrast; share of the picture covered; width and height
        of the outline; roughness. Zero rows where there is no photo.
    present : (n_items,) bool
    """
    pixels, present = images.rgb(_SIDE)
    red, green, blue = np.ascontiguousarray(np.moveaxis(pixels, 3, 0))  # (3, n, side, side)
    lightest = np.maximum(np.maximum(red, green), blue)
    darkest = np.minimum(np.minimum(red, green), blue)
    covered = darkest < _GROUND
    area = np.maximum(covered.sum(axis=(1, 2)), 1)

    def over_object(values: np.ndarray) -> np.ndarray:
        return np.einsum("nij,nij->n", values, covered) / area

    grey = (red + green + blue) / 3
    light = over_object(grey)
    contrast = np.sqrt(np.maximum(over_object(grey**2) - light**2, 0))
    roughness = sum(np.abs(np.diff(grey, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2))
    statistics = [
        over_object(red),
        over_object(green),
        over_object(blue),
        over_object(lightest - darkest),
        contrast,
        area / _SIDE**2,
        covered.any(axis=1).mean(axis=1),
        covered.any(axis=2).mean(axis=1),
        roughness,
    ]
    return np.where(present[:, None], np.column_stack(statistics), 0).astype(np.float64), present


def _metadata_effects(items: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    effects = []
    for column in columns:
        if pd.api.types.is_numeric_dtype(items[column]):
            values = np.log(items[column].where(items[column] > 0))
            # Without any value at all there is no mean either, and no effect.
            effects.append(values.fillna(values.mean()).fillna(0).to_numpy(dtype=float))
        else:
            codes, names = pd.factorize(items[column])
            # Code -1 is a gap: neither liked nor disliked.
            effects.append(np.where(codes < 0, 0.0, _liking(column, names)[codes]))
    return np.column_stack(effects)


def _liking(column: str, names: Mapping | pd.Index) -> np.ndarray:
    """One standard normal for each name, the same in every catalog that has the name."""
    draws = [
        np.random.default_rng(zlib.crc32(f"{column}={name}".encode())).standard_normal()
        for name in names
    ]
    return np.array(draws)


def _whiten(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Principal components of the present rows, scaled to unit variance; zero rows elsewhere."""
    chosen = values[present]
    if not len(chosen):
        return np.zeros((len(values), 0))
    scale = chosen.std(axis=0)
    flat = scale <= 1e-9 * np.abs(chosen).max(axis=0)  # constant, up to rounding
    standard = np.where(flat, 0, chosen - chosen.mean(axis=0)) / np.where(flat, 1, scale)
    _, singular, directions = np.linalg.svd(standard.T @ standard / len(chosen))
    keep = min(TRAITS_A_MODALITY, int((singular > 1e-8).sum()))
    # A direction's sign is free: fix it, so that every machine draws the same users.
    directions = directions[:keep]
    signs = np.sign(directions[np.arange(keep), np.abs(directions).argmax(axis=1)])
    traits = np.zeros((len(values), keep))
    traits[present] = standard @ (directions * signs[:, None]).T / np.sqrt(singular[:keep])
    return traits
