"""Pictures for the simulated market: traits drawn as little garments with Pillow."""

import colorsys

import numpy as np
from PIL import Image, ImageDraw

SIDE = 48  # pixels
IMAGE_TRAITS = 4
WHITE = (255, 255, 255)


def draw_garments(
    traits: np.ndarray, rng: np.random.Generator, studio: np.ndarray, dark: np.ndarray
) -> np.ndarray:
    """A picture of each item, from its traits.

    The four traits are how light the cloth is, how wide the cut, how long the sleeves and how
    strong the stripes. Hue and placing are chance: they say nothing of the item.

    Parameters
    ----------
    traits : (n_items, IMAGE_TRAITS) float
        Standard normal.
    studio : (n_items,) bool
        On a white ground; the others lie on a ground of some other shade.
    dark : (n_items,) bool
        Taken in low light.

    Returns
    -------
    (n_items, SIDE, SIDE, 3) uint8
    """
    n = len(traits)
    looks = 1 / (1 + np.exp(-1.5 * traits))  # each trait in 0 … 1
    hue = rng.random(n)
    place = rng.integers(-2, 3, size=(n, 2))
    ground = np.where(studio, 255, rng.integers(0, 256, size=n))
    pictures = np.empty((n, SIDE, SIDE, 3), dtype=np.uint8)
    for i in range(n):
        picture = _garment(looks[i], hue[i], place[i], int(ground[i]))
        if dark[i]:
            picture = picture.point(_LOW_LIGHT * 3)
        pictures[i] = np.asarray(picture)
    return pictures


_LOW_LIGHT = [int(20 * value / 255) for value in range(256)]


def _garment(look: np.ndarray, hue: float, place: np.ndarray, ground: int) -> Image.Image:
    light, wide, sleeves, stripes = look
    picture = Image.new("RGB", (SIDE, SIDE), (ground, ground, ground))
    draw = ImageDraw.Draw(picture)
    cloth = _shade(hue, 0.15 + 0.7 * light)
    middle, top = SIDE // 2 + int(place[0]), 9 + int(place[1])
    half = 6 + 10 * wide  # half the width of the body
    bottom, reach = top + 30, 4 + 14 * sleeves
    draw.polygon(
        [
            (middle - half, top),
            (middle - half - reach * 0.35, top + reach),
            (middle - half - reach * 0.35 + 5, top + reach + 3),
            (middle - half, top + 9),
            (middle - half, bottom),
            (middle + half, bottom),
            (middle + half, top + 9),
            (middle + half + reach * 0.35 - 5, top + reach + 3),
            (middle + half + reach * 0.35, top + reach),
            (middle + half, top),
            (middle + 4, top - 2),
            (middle, top + 3),
            (middle - 4, top - 2),
        ],
        fill=cloth,
    )
    contrast = 0.6 * (stripes - 0.1)
    if contrast > 0:
        away = -contrast if light > 0.5 else contrast
        ink = _shade(hue, float(np.clip(0.15 + 0.7 * light + away, 0, 1)))
        for y in range(top + 8, bottom - 2, 7):
            draw.rectangle([middle - half, y, middle + half, y + 2], fill=ink)
    return picture


def _shade(hue: float, light: float) -> tuple[int, int, int]:
    """A colour of this hue whose grey value is ``light`` (0 … 1).

    Towards white or black until the grey value fits, so that hue tells nothing in grey.
    """
    rgb: tuple[float, ...] = colorsys.hls_to_rgb(hue, 0.5, 0.45)
    grey = sum(part * channel for part, channel in zip(_GREY, rgb, strict=True))
    if light > grey:
        rgb = tuple(channel + (1 - channel) * (light - grey) / (1 - grey) for channel in rgb)
    else:
        rgb = tuple(channel * light / grey for channel in rgb)
    red, green, blue = (round(255 * min(max(channel, 0.0), 1.0)) for channel in rgb)
    return red, green, blue


_GREY = (0.299, 0.587, 0.114)  # ITU-R 601, as Pillow turns colour to grey
