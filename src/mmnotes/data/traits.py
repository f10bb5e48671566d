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
    """
    if catalog.images is None or not catalog.content:
        raise InputError(f"catalog {catalog.name!r} has no images or content columns to like")
    if len(sentences) != len(catalog):
        raise InputError(
            f"catalog {catalog.name!r} has {len(catalog)} items, but {len(sentences)} "
            "sentence vectors"
        )
    looks, has_photo = photo_statistics(catalog.images)
    metadata = _metadata_effects(catalog.items, catalog.content)
    sentences = np.asarray(sentences, dtype=np.float64)
    return {
        "text": _whiten(sentences, np.abs(sentences).sum(axis=1) > 0),
        "image": _whiten(looks, has_photo),
        "metadata": _whiten(metadata, np.ones(len(catalog), dtype=bool)),
    }


def photo_statistics(images: Images) -> tuple[np.ndarray, np.ndarray]:
    """Colour, outline and texture of each photo's object, the white ground left out.

    Returns
    -------
    statistics : (n_items, 9) float64
        Mean red, green, blue; saturation; contrast; share of the picture covered; width and height
        of the outline; roughness.
    present : (n_items,) bool
    """
    pixels, present = images.rgb(_SIDE)
    covered = (pixels < _GROUND).any(axis=3)
    area = np.maximum(covered.sum(axis=(1, 2)), 1)

    def over_object(values: np.ndarray) -> np.ndarray:
        return (values * covered).sum(axis=(1, 2)) / area

    colour = np.stack([over_object(pixels[..., c]) for c in range(3)], axis=1)
    saturation = over_object(pixels.max(axis=3) - pixels.min(axis=3))
    grey = pixels.mean(axis=3)
    contrast = np.sqrt(over_object((grey - over_object(grey)[:, None, None]) ** 2))
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2)), np.abs(np.diff(grey, axis=2)).mean((1, 2))
    width, height = covered.any(axis=1).mean(axis=1), covered.any(axis=2).mean(axis=1)
    others = [saturation, contrast, area / _SIDE**2, width, height, sum(steps)]
    return np.column_stack([colour, *others]).astype(np.float64), present


def _metadata_effects(items: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    effects = []
    for column in columns:
        if pd.api.types.is_numeric_dtype(items[column]):
            values = np.log(items[column].where(items[column] > 0))
            effects.append(values.fillna(values.mean()).to_numpy(dtype=float))
        else:
            codes, names = pd.factorize(items[column].astype(str))
            effects.append(_liking(column, names)[codes])
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
    scale = chosen.std(axis=0)
    standard = (chosen - chosen.mean(axis=0)) / np.where(scale > 0, scale, 1)
    _, singular, directions = np.linalg.svd(standard.T @ standard / len(chosen))
    keep = min(TRAITS_A_MODALITY, int((singular > 1e-8).sum()))
    # A direction's sign is free: fix it, so that every machine draws the same users.
    directions = directions[:keep]
    signs = np.sign(directions[np.arange(keep), np.abs(directions).argmax(axis=1)])
    traits = np.zeros((len(values), keep))
    traits[present] = standard @ (directions * signs[:, None]).T / np.sqrt(singular[:keep])
    return traits
