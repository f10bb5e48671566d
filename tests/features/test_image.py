import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA

from mmnotes.data import ArrayImages, FolderImages
from mmnotes.errors import InputError
from mmnotes.features import PcaImage, image


@pytest.fixture
def pixels():
    rng = np.random.default_rng(3)
    return (rng.normal(size=(80, 5)) @ rng.normal(size=(5, 36)) + 4).astype(np.float32)


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("exact", [True, False])
def test_agrees_with_scikit_learn(pixels, whiten, exact, monkeypatch):
    monkeypatch.setattr(image, "_EXACT", 10_000 if exact else 1)
    monkeypatch.setattr(image, "_CHUNK", 7)
    wanted = PCA(3, whiten=whiten, svd_solver="full").fit(pixels.astype(np.float64))
    pca = PcaImage(3, whiten=whiten)
    values = pca.fit_transform(pixels)
    # scikit-learn divides by n - 1, this by n.
    bessel = np.sqrt(80 / 79) if whiten else 1
    np.testing.assert_allclose(
        np.abs(values), np.abs(wanted.transform(pixels)) * bessel, rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(
        pca.explained_variance_ratio_, wanted.explained_variance_ratio_, rtol=1e-4
    )
    assert (
        np.take_along_axis(pca.components_, np.abs(pca.components_).argmax(axis=1)[:, None], axis=1)
        > 0
    ).all()


def test_white_gives_unit_variance(pixels):
    values = PcaImage(3, whiten=True).fit_transform(pixels)
    np.testing.assert_allclose(values.std(axis=0), 1, rtol=1e-4)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-4)


def test_uncentred_directions_start_with_what_all_photos_share(pixels):
    raw = PcaImage(2, center=False).fit(pixels)
    assert not raw.mean_.any()
    mean = pixels.mean(axis=0)
    assert abs(raw.components_[0] @ mean) / np.linalg.norm(mean) > 0.95
    values = raw.transform(pixels)
    np.testing.assert_allclose(values, pixels @ raw.components_.T, rtol=1e-4, atol=1e-3)


def test_pictures_and_their_pixels_agree():
    rng = np.random.default_rng(5)
    pictures = ArrayImages(rng.integers(0, 256, (20, 9, 9), dtype=np.uint8))
    from_pictures = PcaImage(4, side=9).fit_transform(pictures)
    from_pixels = PcaImage(4).fit_transform(pictures.grey(9)[0])
    np.testing.assert_allclose(from_pictures, from_pixels, atol=1e-6)


def test_decodes_once(monkeypatch):
    calls = []
    pictures = ArrayImages(np.random.default_rng(0).integers(0, 256, (9, 4, 4), dtype=np.uint8))
    grey = ArrayImages.grey
    monkeypatch.setattr(ArrayImages, "grey", lambda *a: calls.append(1) or grey(*a))
    PcaImage(2, side=4).fit_block(pictures)
    assert len(calls) == 1


def test_a_corrupt_photo_counts_as_missing(tmp_path):
    from PIL import Image

    for i in range(4):
        Image.new("L", (8, 8), 60 * i).save(tmp_path / f"{i}.png")
    (tmp_path / "4.png").write_bytes(b"no picture")
    store = FolderImages(tmp_path, [f"{i}.png" for i in range(5)])
    with pytest.warns(UserWarning, match="1 of 5 pictures count as missing"):
        block = PcaImage(1, side=4).fit_block(store)
    assert block.present.tolist() == [True] * 4 + [False]
    assert not block.values[4].any()


def test_more_components_than_photos_or_pixels(pixels):
    with pytest.raises(InputError, match=r"n_components=37 .*choose at most 36"):
        PcaImage(37).fit(pixels)
    pictures = ArrayImages(np.zeros((9, 4, 4), np.uint8), np.arange(9) < 3)
    with pytest.raises(InputError, match="n_components=4 is more than 3 readable photos"):
        PcaImage(4, side=4).fit(pictures)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_names_the_row_of_a_value_that_is_not_finite(pixels, bad):
    pixels[6, 2] = bad
    with pytest.raises(InputError, match="contain NaN or infinity in 1 rows, the first is row 6"):
        PcaImage(2).fit(pixels)


def test_another_number_of_pixels_than_in_fit(pixels):
    pca = PcaImage(2).fit(pixels)
    with pytest.raises(ValueError, match="30 features, but PcaImage is expecting 36"):
        pca.transform(pixels[:, :30])


def test_photos_that_are_all_the_same_give_zeros_and_a_warning():
    same = np.full((9, 16), 0.3, np.float32)
    for whiten in (False, True):
        with pytest.warns(UserWarning, match="all photos are the same"):
            values = PcaImage(2, whiten=whiten).fit_transform(same)
        np.testing.assert_allclose(values, 0, atol=1e-6)


def test_white_borders_do_no_harm(pixels):
    """Pixels that never vary, and more directions than there is variance: no NaN, no noise."""
    bordered = np.hstack([pixels, np.ones((80, 10), np.float32)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = PcaImage(20, whiten=True).fit_transform(bordered)
    np.testing.assert_allclose(values[:, :5].std(axis=0), 1, rtol=1e-3)
    assert not values[:, 5:].any()


def test_sixteen_thousand_photos(apparel):
    photos = apparel.catalog.images.select(np.arange(0, len(apparel), 20))
    block = PcaImage().fit_block(photos)
    assert block.values.shape == (len(photos), 64)
    assert block.present.all()
