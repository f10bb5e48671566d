import numpy as np
import pytest
from PIL import Image

from mmnotes.data.drawing import IMAGE_TRAITS, SIDE, draw_garments

LIGHT, WIDE, SLEEVES, STRIPES = range(IMAGE_TRAITS)
PLAIN = -9.0  # a trait so low that there are no stripes


def draw(traits, seed=0, studio=True, dark=False):
    n = len(traits)
    rng = np.random.default_rng(seed)
    return draw_garments(np.asarray(traits, float), rng, np.full(n, studio), np.full(n, dark))


def grid(trait, values, repeats=20):
    """Garments of medium cut without stripes, but for one trait that takes these values in turn."""
    traits = np.zeros((len(values) * repeats, IMAGE_TRAITS))
    traits[:, STRIPES] = PLAIN
    traits[:, trait] = np.repeat(values, repeats)
    return traits


def grey(pictures):
    return np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in pictures])


def garment(pictures):
    """Where the garment lies, (n, SIDE, SIDE) bool, before a white ground."""
    return (pictures < 255).any(axis=3)


@pytest.mark.parametrize("light", [-3, -1, 0, 0.5, 2, 4])
def test_grey_follows_the_trait_and_hue_tells_nothing(light):
    pictures = draw(grid(LIGHT, [light], 40))
    cloth = pictures[:, SIDE // 2, SIDE // 2].astype(int)
    wanted = 255 * (0.15 + 0.7 / (1 + np.exp(-1.5 * light)))
    np.testing.assert_allclose(grey(pictures)[:, SIDE // 2, SIDE // 2], wanted, atol=1.5)
    assert np.ptp(cloth, axis=0).min() > 20  # red, green and blue do differ
    assert len(np.unique(cloth, axis=0)) > 30


@pytest.mark.parametrize(
    ("trait", "measure"),
    [
        (WIDE, lambda seen: seen[:, 32].sum(axis=1)),
        (SLEEVES, lambda seen: seen.any(axis=1).sum(axis=1)),
    ],
)
def test_cut_follows_the_traits(trait, measure):
    values = [-3, -1, 1, 3]
    pixels = measure(garment(draw(grid(trait, values)))).reshape(len(values), -1)
    assert (np.diff(pixels.mean(axis=1)) > 1).all()
    assert pixels.std(axis=1).max() < 1  # chance moves the garment, and does not stretch it


def test_stripes_follow_the_trait():
    pictures = draw(grid(STRIPES, [-9, -1, 0, 1, 3]))
    down_the_front = grey(pictures)[:, 20:34, SIDE // 2].astype(float)
    strength = np.ptp(down_the_front, axis=1).reshape(5, -1)
    assert (strength[0] <= 2).all()
    assert (np.diff(strength.mean(axis=1)) > 10).all()


def test_ground():
    traits = grid(LIGHT, [0.0], 60)
    assert (draw(traits)[:, 0] == 255).all()
    other = draw(traits, studio=False)[:, 0].astype(int)
    assert (np.ptp(other, axis=(1, 2)) == 0).all()  # of one shade, and grey
    assert np.ptp(other[:, 0, 0]) > 150


def test_low_light():
    traits = np.random.default_rng(0).normal(size=(20, IMAGE_TRAITS))
    day, night = draw(traits).astype(int), draw(traits, dark=True).astype(int)
    assert night.max() <= 20
    np.testing.assert_array_equal(night, 20 * day // 255)


def test_how_one_is_taken_leaves_the_others():
    traits = np.random.default_rng(0).normal(size=(9, IMAGE_TRAITS))
    studio, dark = np.ones(9, bool), np.zeros(9, bool)
    plain = draw_garments(traits, np.random.default_rng(1), studio, dark)
    studio[3], dark[5] = False, True
    changed = draw_garments(traits, np.random.default_rng(1), studio, dark)
    same = (plain == changed).all(axis=(1, 2, 3))
    assert np.flatnonzero(~same).tolist() == [3, 5]


def test_the_seed_decides():
    traits = np.random.default_rng(0).normal(size=(5, IMAGE_TRAITS))
    one, again, other = draw(traits), draw(traits), draw(traits, seed=1)
    assert one.tobytes() == again.tobytes()
    assert (one != other).any()
    assert one.shape == (5, SIDE, SIDE, 3)
    assert one.dtype == np.uint8


def test_the_wildest_garment_keeps_off_the_top_and_covers_something():
    corners = 9.0 * np.array(np.meshgrid(*[[-1, 1]] * IMAGE_TRAITS)).reshape(IMAGE_TRAITS, -1).T
    pictures = draw(np.repeat(corners, 5, axis=0))
    assert not garment(pictures)[:, [0, -1]].any()
    assert garment(pictures).sum(axis=(1, 2)).min() > 100
