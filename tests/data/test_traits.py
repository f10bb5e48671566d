from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmnotes.data import ArrayImages, Catalog, MarketConfig, photo_statistics, simulate, traits_of
from mmnotes.errors import InputError

N, SIDE = 50, 24
STATISTICS = (
    "red", "green", "blue", "saturation", "contrast", "covered", "width", "height", "roughness",
)  # fmt: skip


def photo(color=(255, 0, 0), rows=slice(6, 18), columns=slice(9, 15), ground=255):
    picture = np.full((SIDE, SIDE, 3), ground, np.uint8)
    picture[rows, columns] = color
    return picture


def statistics(*pictures, present=None):
    values, there = photo_statistics(ArrayImages(np.stack(pictures), present))
    return pd.DataFrame(values, columns=list(STATISTICS)), there


class TestPhotos:
    def test_of_a_red_bar(self):
        values, present = statistics(photo())
        assert present.all()
        assert dict(values.loc[0]) == pytest.approx(
            {
                "red": 1,
                "green": 0,
                "blue": 0,
                "saturation": 1,
                "contrast": 0,
                "covered": 12 * 6 / 24**2,
                "width": 6 / 24,
                "height": 12 / 24,
                # Each of 6 columns has two edges of two thirds, and each of 12 rows.
                "roughness": (6 * 2 + 12 * 2) * (2 / 3) / (24 * 23),
            },
            abs=1e-3,
        )

    def test_colour_is_that_of_the_object_whatever_its_size(self):
        small, large = photo((10, 90, 200)), photo((10, 90, 200), slice(2, 22), slice(2, 22))
        values, _ = statistics(small, large)
        colours = values[["red", "green", "blue"]].to_numpy() * 255
        np.testing.assert_allclose(colours, [[10, 90, 200]] * 2, atol=1e-3)
        assert values["covered"].is_monotonic_increasing

    def test_grey_stripes_have_contrast_and_no_saturation(self):
        plain = photo((120, 120, 120))
        striped = plain.copy()
        striped[6:18:2, 9:15] = 20
        values, _ = statistics(plain, striped)
        assert values["saturation"].tolist() == pytest.approx([0, 0], abs=1e-6)
        assert values["contrast"].tolist() == pytest.approx([0, 50 / 255], abs=1e-3)
        assert values["roughness"][1] > 2 * values["roughness"][0]

    def test_ground_that_is_nearly_white_is_left_out(self):
        values, _ = statistics(photo(), photo(ground=243))
        assert values["covered"][0] == values["covered"][1]

    def test_blank_and_missing(self):
        values, present = statistics(photo((255, 255, 255)), photo(), present=[True, False])
        assert present.tolist() == [True, False]
        assert np.isfinite(values.to_numpy()).all()
        assert not values.loc[1].any()
        assert values.loc[0, ["width", "height", "contrast", "roughness"]].eq(0).all()


def make_catalog(n=N, missing=(), **columns):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "title": [f"garment {i}" for i in range(n)],
            "color": rng.choice(["red", "blue", "black", "green"], n),
            "kind": rng.choice(["shirt", "dress", "vest"], n),
            "price": rng.uniform(5, 50, n),
        }
    ).assign(**columns)
    present = ~np.isin(np.arange(n), missing)
    pictures = rng.integers(0, 256, (n, 12, 12, 3), dtype=np.uint8)
    pictures[:, :3] = 255
    images = ArrayImages(pictures, present)
    return Catalog("made up", frame, images, content=("color", "kind", "price"))


def make_sentences(n=N, missing=()):
    sentences = np.random.default_rng(1).normal(size=(n, 10)).astype(np.float16)
    sentences[list(missing)] = 0
    return sentences


class TestTraits:
    @pytest.fixture
    def traits(self):
        return traits_of(make_catalog(missing=[2, 9]), make_sentences(missing=[4]))

    def test_uncorrelated_with_unit_variance(self, traits):
        assert {name: x.shape for name, x in traits.items()} == {
            "text": (N, 6),
            "image": (N, 6),
            "metadata": (N, 3),
        }
        for x in traits.values():
            there = x[x.any(axis=1)]
            np.testing.assert_allclose(there.mean(axis=0), 0, atol=1e-9)
            covariance = np.cov(there.T, bias=True)
            np.testing.assert_allclose(covariance, np.eye(x.shape[1]), atol=1e-8)

    def test_zero_rows_where_missing(self, traits):
        missing = {name: np.flatnonzero(~x.any(axis=1)).tolist() for name, x in traits.items()}
        assert missing == {"text": [4], "image": [2, 9], "metadata": []}

    def test_the_order_of_items_does_not_matter(self, traits):
        order = np.random.default_rng(5).permutation(N)
        turned = traits_of(
            make_catalog(missing=[2, 9]).select(order), make_sentences(missing=[4])[order]
        )
        for name, x in traits.items():
            np.testing.assert_allclose(turned[name], x[order], atol=1e-6)

    def test_the_same_twice(self, traits):
        again = traits_of(make_catalog(missing=[2, 9]), make_sentences(missing=[4]))
        assert all((again[name] == x).all() for name, x in traits.items())

    def test_one_liking_a_value(self):
        catalog = replace(make_catalog(), content=("color",))
        liking = traits_of(catalog, make_sentences())["metadata"][:, 0]
        by_value = pd.Series(liking).groupby(catalog.items["color"])
        assert (by_value.nunique() == 1).all()
        assert liking[catalog.items["color"] == "red"][0] != pytest.approx(
            liking[catalog.items["color"] == "blue"][0]
        )

    def test_numbers_enter_by_their_logarithm_and_gaps_as_average(self):
        price = np.exp(np.random.default_rng(3).normal(size=N))
        price[[5, 6]] = np.nan, 0.0
        catalog = replace(make_catalog(price=price), content=("price",))
        found = np.abs(traits_of(catalog, make_sentences())["metadata"][:, 0])
        known = price > 0
        logs = np.log(price[known])
        wanted = np.abs(logs - logs.mean())
        np.testing.assert_allclose(found[known] / found[known][0], wanted / wanted[0], rtol=1e-6)
        assert found[[5, 6]] == pytest.approx(0, abs=1e-9)

    def test_a_column_that_says_nothing(self):
        for value in (np.nan, 0.1, "red"):
            without = replace(make_catalog(), content=("color", "kind"))
            empty = replace(make_catalog(price=[value] * N))
            one, other = (traits_of(c, make_sentences())["metadata"] for c in (without, empty))
            np.testing.assert_allclose(one, other, atol=1e-8)

    def test_a_market_over_them(self, traits):
        config = MarketConfig(n_users=60, slate_size=5, sharpness=3.0)
        market = simulate(config, 0, make_catalog(missing=[2, 9]), traits)
        rows = market.impressions
        assert np.corrcoef(market.utility(rows), rows.clicked)[0, 1] > 0.3


class TestBadCatalogs:
    def test_nothing_to_like(self):
        for changes in ({"images": None}, {"content": ()}):
            catalog = replace(make_catalog(), **changes)
            with pytest.raises(InputError, match="'made up' has no images or content columns"):
                traits_of(catalog, make_sentences())

    def test_sentences_of_another_catalog(self):
        with pytest.raises(InputError, match="has 50 items, but 49 sentence vectors"):
            traits_of(make_catalog(), make_sentences(49))

    def test_nan_in_a_sentence(self):
        sentences = make_sentences()
        sentences[3, 3] = np.nan
        with pytest.raises(InputError, match="a sentence vector holds NaN or infinity; a title"):
            traits_of(make_catalog(), sentences)

    def test_items_that_are_all_the_same(self):
        with pytest.raises(InputError, match=r"no two items differ in \['text'\]"):
            traits_of(make_catalog(), np.full((N, 3), 0.1))
        with pytest.raises(InputError, match=r"no two items differ in \['text', 'image'\]"):
            traits_of(make_catalog(missing=range(N)), np.zeros((N, 3)))
        plain = make_catalog(color="red", kind="shirt", price=9.99)
        with pytest.raises(InputError, match=r"no two items differ in \['metadata'\]"):
            traits_of(plain, make_sentences())
