import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmnotes.data import ArrayImages, Catalog, MarketConfig, simulate
from mmnotes.data.knobs import MODALITIES
from mmnotes.errors import InputError

SMALL = MarketConfig(n_users=80, n_items=200, n_days=8, slate_size=8)
# Everything at once.
BUSY = replace(
    SMALL, redundancy=0.5, complement=0.3, eagerness=0.5, device_tilt=0.4, position_bias=0.7,
    logging_bias=1.0, promotion=1.0, steering=0.5, slate_similarity=0.2, drift=0.5, new_items=0.3,
    missing_text=0.1, missing_image=0.1, missing_metadata=0.1, missing_bias=1.0, short_titles=0.2,
    dark_images=0.2, duplicates=0.2, studio=0.5,
)  # fmt: skip


def digest(market):
    rows, items = market.impressions, market.catalog.items
    columns = ("impression", "user", "item", "position", "clicked", "day", "device")
    arrays = [getattr(rows, name) for name in columns]
    arrays += [*market.traits.values(), market.launch, market.catalog.images.rgb(12)[0]]
    content = hashlib.sha256(items.to_csv().encode())
    for array in arrays:
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


class TestSeeds:
    def test_the_seed_decides_every_byte(self):
        assert digest(simulate(BUSY, 3)) == digest(simulate(BUSY, 3))
        assert digest(simulate(BUSY, 3)) != digest(simulate(BUSY, 4))

    @pytest.mark.slow
    def test_in_another_process_too(self):
        program = (
            "import runpy, sys\n"
            "here = runpy.run_path(sys.argv[1])\n"
            "print(here['digest'](here['simulate'](here['BUSY'], 3)))\n"
        )
        other = subprocess.run(
            [sys.executable, "-c", program, __file__],
            env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.strip() == digest(simulate(BUSY, 3))

    def test_negative(self):
        with pytest.raises(InputError, match="seed must be 0 or more, not -1"):
            simulate(SMALL, -1)
        with pytest.raises(InputError, match="seed must be 0 or more, not -2"):
            simulate(SMALL).swap_pictures(-2)


class TestLog:
    def test_shape(self):
        market = simulate(BUSY)
        rows = market.impressions
        assert rows.n_impressions == 80 * 12
        assert (np.diff(rows.day) >= 0).all()
        assert set(rows.user) == set(range(80))
        assert set(rows.day) == set(range(8))
        slates = rows.position.reshape(-1, 8)
        assert (slates == np.arange(1, 9)).all()
        for column in (rows.impression, rows.user, rows.day, rows.device):
            assert (np.ptp(column.reshape(-1, 8), axis=1) == 0).all()
        assert np.mean(rows.device) == pytest.approx(0.5, abs=0.1)
        assert market.catalog.policy == ("promoted",)
        assert "promoted" not in market.catalog.content

    def test_some_users_come_more_often(self):
        visits = np.bincount(simulate(SMALL).impressions.user) / SMALL.slate_size
        assert visits.min() >= 1
        assert visits.max() > 3 * np.median(visits)

    @pytest.mark.parametrize("share", [0.3, 0.7])
    @pytest.mark.parametrize("similarity", [0.0, 0.4])
    def test_nothing_before_its_launch_and_nothing_twice(self, share, similarity):
        config = replace(SMALL, new_items=share, slate_similarity=similarity, slate_size=5)
        market = simulate(config)
        rows = market.impressions
        assert (market.launch[rows.item] <= rows.day).all()
        assert (market.launch > 0).mean() == pytest.approx(share, abs=0.1)
        assert (np.diff(np.sort(rows.item.reshape(-1, 5), axis=1), axis=1) > 0).all()

    def test_one_of_everything(self):
        market = simulate(MarketConfig(n_users=1, n_items=2, n_days=1, slate_size=1))
        assert len(market.impressions) == 12
        assert not market.launch.any()

    def test_too_little_on_sale(self):
        with pytest.raises(InputError, match="on day 0 fewer items are on sale than a slate of 8"):
            simulate(replace(SMALL, new_items=1.0))
        with pytest.raises(InputError, match="on day 0 fewer"):
            simulate(replace(SMALL, new_items=1.0, slate_size=1))

    def test_near_misses_come_from_the_bucket_named(self):
        config = replace(SMALL, slate_similarity=0.9)
        alike = {}
        for bucket in (None, "category", "material"):
            market = simulate(config, bucket=bucket)
            for column in ("category", "material"):
                code = pd.factorize(market.catalog.items[column])[0]
                slates = code[market.impressions.item].reshape(-1, config.slate_size)
                alike[bucket, column] = (slates[:, 1:] == slates[:, :1]).mean()
        assert alike["category", "category"] > 0.5 > 0.3 > alike["category", "material"]
        assert alike["material", "material"] > 0.5 > 0.3 > alike["material", "category"]
        # By default it is the first content column.
        assert alike[None, "category"] == alike["category", "category"]

    def test_bucket_that_is_no_column(self):
        with pytest.raises(InputError, match=r"bucket 'colour' is no column; there are \('categ"):
            simulate(SMALL, bucket="colour")


@pytest.fixture(scope="module")
def market():
    return simulate(replace(BUSY, n_users=1000, impressions_per_user=20, click_rate=0.3))


class TestClicks:
    def test_as_often_as_looked_at_and_liked(self, market):
        rows = market.impressions
        chance = market.examination(rows) * market.attraction(rows)
        for bins in (np.digitize(chance, np.linspace(0, 1, 21)), rows.position, rows.day):
            n = np.bincount(bins)
            clicks, wanted, spread = (
                np.bincount(bins, weights)[n > 0]
                for weights in (rows.clicked, chance, chance * (1 - chance))
            )
            assert (np.abs(clicks - wanted) < 4.5 * np.sqrt(spread)).all()
        assert len(rows) == 160_000

    def test_attention_is_a_power_of_the_position(self, market):
        rows = market.impressions
        looked = market.examination(rows)
        assert looked[rows.position == 1] == pytest.approx(1)
        assert looked[rows.position == 4] == pytest.approx(4**-0.7)
        # Of two slots, the clicks divided by the appeal show the attention.
        rate = [
            rows.clicked[at].sum() / market.attraction(rows)[at].sum()
            for at in (rows.position == 1, rows.position == 8)
        ]
        assert rate[1] / rate[0] == pytest.approx(8**-0.7, abs=0.02)

    def test_an_average_item_has_the_click_rate(self, market):
        rows = market.impressions
        utility, attraction = market.utility(rows), market.attraction(rows)
        eager = 0.5 * market.readiness[rows.user]
        order = np.argsort(1.6 * utility + eager)
        assert (np.diff(attraction[order]) >= -1e-12).all()
        nearest = np.abs(1.6 * utility + eager).argmin()
        assert attraction[nearest] == pytest.approx(0.3, abs=1e-3)
        odds = np.log(attraction / (1 - attraction))
        np.testing.assert_allclose(odds - np.log(0.3 / 0.7) - eager, 1.6 * utility, atol=1e-9)

    def test_nobody_choosy(self):
        market = simulate(SMALL.null("sharpness"))
        assert market.attraction(market.impressions) == pytest.approx(0.12)
        assert market.impressions.clicked.mean() == pytest.approx(0.12, abs=0.02)


class TestShares:
    def test_are_those_set(self):
        market = simulate(replace(SMALL, n_users=200, n_items=800, image_share=1.0))
        for name in MODALITIES:
            shares = market.measured_share(name)
            assert shares.shape == (200,)
            assert shares.mean() == pytest.approx(market.config.shares[name], abs=0.06)

    def test_of_twins_overlap(self):
        market = simulate(replace(SMALL, n_items=800, redundancy=1.0, metadata_share=0.0))
        # Either tells all that the other tells.
        assert market.measured_share("text").mean() == pytest.approx(1)
        assert market.measured_share("image").mean() == pytest.approx(1)


class TestSwap:
    WORLD = replace(BUSY, duplicates=0.0)

    def test_moves_pictures_and_nothing_else(self):
        before = simulate(self.WORLD)
        after = before.swap_pictures()
        pd.testing.assert_frame_equal(before.catalog.items, after.catalog.items)
        for name in ("text", "metadata"):
            assert after.traits[name] is before.traits[name]
        for name in ("impression", "user", "item", "position", "day", "device"):
            assert getattr(after.impressions, name) is getattr(before.impressions, name)
        assert (after.launch == before.launch).all()
        assert after.config == before.config.null("redundancy")
        assert after.taste.config == after.config

    def test_a_picture_keeps_its_traits(self):
        before = simulate(self.WORLD)
        after = before.swap_pictures()
        were, seen = before.catalog.images.rgb(48)
        are, still_seen = after.catalog.images.rgb(48)
        from_item = [
            np.flatnonzero((before.traits["image"] == traits).all(axis=1))
            for traits in after.traits["image"]
        ]
        there = np.flatnonzero(still_seen)
        source = np.array([from_item[i][0] for i in there])
        assert all(len(from_item[i]) == 1 for i in there)
        np.testing.assert_array_equal(are[there], were[source])
        assert sorted(source) == np.flatnonzero(seen).tolist()
        assert (source != there).mean() > 0.9

    def test_the_seed_decides(self):
        market = simulate(self.WORLD)
        assert digest(market.swap_pictures(1)) == digest(market.swap_pictures(1))
        assert digest(market.swap_pictures(1)) != digest(market.swap_pictures(2))

    def test_only_clicks_that_follow_the_picture_move(self):
        config = replace(SMALL, n_users=300, personal=0.0, sharpness=4.0, metadata_share=0.0)
        for blind in (True, False):
            before = simulate(replace(config, image_share=0.0 if blind else 0.4))
            after = before.swap_pictures()
            rows = before.impressions
            assert (before.attraction(rows) == after.attraction(rows)).all() == blind

    def test_title_and_picture_part_ways(self):
        before = simulate(replace(SMALL, n_items=800, redundancy=1.0))
        after = before.swap_pictures()
        rows = before.impressions
        told = [m.utility(rows, ("text",)) for m in (before, after)]
        shown = [m.utility(rows, ("image",)) for m in (before, after)]
        assert np.corrcoef(told[0], shown[0])[0, 1] == pytest.approx(1)
        assert abs(np.corrcoef(told[1], shown[1])[0, 1]) < 0.1
        # And both still carry what is liked.
        for seen in (told[1], shown[1]):
            assert np.corrcoef(seen, after.impressions.clicked)[0, 1] > 0.1


def catalog(n=60, **changes):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "title": [f"garment {i}" for i in range(n)],
            "color": rng.choice(["red", "blue", "black"], n),
            "price": rng.uniform(5, 50, n),
        }
    )
    images = ArrayImages(rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8))
    return replace(Catalog("made up", frame, images, content=("color", "price")), **changes)


def traits(n=60, **changes):
    rng = np.random.default_rng(1)
    sizes = {"text": 6, "image": 5, "metadata": 2}
    return {name: rng.normal(size=(n, d)) for name, d in sizes.items()} | changes


class TestRealItems:
    CONFIG = replace(SMALL, n_items=999, slate_size=4)

    def test_simulated_users_over_real_items(self):
        items, said = catalog(), traits()
        market = simulate(self.CONFIG, 2, items, said)
        assert market.config.n_items == 60
        assert set(market.impressions.item) == set(range(60))
        assert market.catalog.items["title"].tolist() == items.items["title"].tolist()
        assert market.catalog.policy == ("promoted",)
        assert "promoted" not in items.items
        rows = market.impressions
        utility = market.utility(rows)
        assert np.corrcoef(utility, rows.clicked)[0, 1] > 0.2
        assert digest(market) == digest(simulate(self.CONFIG, 2, items, said))

    def test_the_same_visits_as_over_simulated_items(self):
        real = simulate(self.CONFIG, 2, catalog(), traits()).impressions
        made_up = simulate(self.CONFIG, 2).impressions
        for name in ("user", "day", "device", "position"):
            assert (getattr(real, name) == getattr(made_up, name)).all()

    def test_pictures_can_be_swapped(self):
        market = simulate(self.CONFIG, 2, catalog(), traits())
        swapped = market.swap_pictures()
        assert sorted(map(tuple, swapped.traits["image"])) == sorted(
            map(tuple, market.traits["image"])
        )
        without = simulate(self.CONFIG, 2, catalog(images=None), traits()).swap_pictures()
        assert without.catalog.images is None

    def test_no_ideal_scorer_that_sees_a_part(self):
        market = simulate(self.CONFIG, 2, catalog(), traits())
        with pytest.raises(InputError, match="needs simulated items; on real ones, fit a ranker"):
            market.utility(market.impressions, ("text",))

    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ((catalog(), None), "a real catalog and its traits come together; give both"),
            ((None, traits()), "a real catalog and its traits come together; give both"),
            ((catalog(), traits(59)), r"60 items, but rows of traits: \{'text': 59, 'image': 59"),
            ((catalog(), {"text": np.ones((60, 2))}), r"rows of traits: .*'image': 0"),
            ((catalog(), traits(text=np.ones(60))), "traits of text must be finite numbers, "),
            ((catalog(), traits(image=np.full((60, 2), np.nan))), "traits of image must be finite"),
            ((catalog(content=()), traits()), "'made up' declares no content column"),
            ((catalog(6), traits(6)), "a slate of 4 needs at least 8 items, not 6"),
        ],
    )
    def test_bad_items(self, given, wanted):
        with pytest.raises(InputError, match=wanted):
            simulate(self.CONFIG, 0, *given)

    def test_a_column_that_is_the_platforms(self):
        items = simulate(SMALL).catalog
        with pytest.raises(InputError, match="has a column 'promoted', which the simulated platf"):
            simulate(self.CONFIG, 0, items, traits(len(items)))

    @pytest.mark.parametrize(
        "knob",
        [{"redundancy": 0.1}, {"missing_image": 0.1}, {"duplicates": 0.5}, {"studio": 0.5}],
    )
    def test_knobs_that_shape_items(self, knob):
        wanted = rf"real items come with their own \['{next(iter(knob))}'\]; leave these knobs alo"
        with pytest.raises(InputError, match=wanted):
            simulate(replace(self.CONFIG, **knob), 0, catalog(), traits())

    def test_knobs_at_null_are_no_offence(self):
        simulate(self.CONFIG.null("redundancy", "studio"), 0, catalog(), traits())
