from itertools import chain, combinations, permutations

import numpy as np
import pytest

from mmnotes.data.exposure import INDIFFERENT_POOL, POOL, Preference, Shelf, draw_slates
from mmnotes.errors import InputError


def stock(n_items, n_days=1, bucket=None, launch=None):
    bucket = np.zeros(n_items, int) if bucket is None else np.asarray(bucket)
    launch = np.zeros(n_items, int) if launch is None else np.asarray(launch)
    return Shelf.stock(bucket, launch, n_days), bucket


def draw(shelf_and_bucket, n, size, preference, similarity=0.0, day=None, seed=0, pull=0.0, lure=0):
    shelf, bucket = shelf_and_bucket
    day = np.zeros(n, int) if day is None else day
    rng = np.random.default_rng(seed)
    common = np.asarray(preference, float)
    preferred = Preference(common, np.zeros(len(common)) + lure, np.zeros(n) + pull)
    return draw_slates(day, size, preferred, shelf, bucket, similarity, rng)


class TestShelf:
    BUCKET = np.array([0, 1, 0, 2, 1, 0])
    LAUNCH = np.array([2, 0, 0, 1, 2, 1])

    def test_lists_hold_what_is_on_sale(self):
        shelf, _ = stock(6, 3, self.BUCKET, self.LAUNCH)
        for which in range(4):
            inside = np.ones(6, bool) if which == 0 else which - 1 == self.BUCKET
            for day in range(3):
                start = shelf.start[which]
                listed = shelf.items[start : start + shelf.on_sale[which, day]]
                wanted = np.flatnonzero(inside & (day >= self.LAUNCH))
                assert sorted(listed) == wanted.tolist()

    def test_draws_each_alike(self):
        shelf, _ = stock(6, 3, self.BUCKET, self.LAUNCH)
        rng = np.random.default_rng(0)
        drawn = shelf.draw(np.full((2000, 3), 1), np.full((2000, 1), 1), rng)
        assert drawn.shape == (2000, 3)
        counts = np.bincount(drawn.ravel(), minlength=6) / drawn.size
        np.testing.assert_allclose(counts, [0, 0, 0.5, 0, 0, 0.5], atol=0.03)

    def test_an_empty_bucket_falls_back_to_all(self):
        shelf, _ = stock(6, 3, self.BUCKET, self.LAUNCH)
        drawn = shelf.draw(np.full(500, 3), np.zeros(500, int), np.random.default_rng(0))
        assert set(drawn) == {1, 2}


def pool_chances(n_items, n_draws):
    """Probability that a pool drawn with replacement holds just these items, by inclusion."""
    subsets = chain.from_iterable(combinations(range(n_items), k) for k in range(1, n_items + 1))
    for held in subsets:
        yield (
            held,
            sum(
                (-1) ** (len(held) - k)
                * (k / n_items) ** n_draws
                * len(list(combinations(held, k)))
                for k in range(1, len(held) + 1)
            ),
        )


def plackett_luce(slate, pool, preference):
    """Probability of a slate: each slot takes one of what is left, with weights exp(preference)."""
    weights, chance = np.exp(np.asarray(preference)), 1.0
    left = list(pool)
    for item in slate:
        chance *= weights[item] / weights[left].sum()
        left.remove(item)
    return chance


class TestSlates:
    @pytest.mark.parametrize(
        ("preference", "size", "pool"),
        [([0.0, 0.7, 1.5, -1.0], 2, 2 * POOL), ([0.3, 2.0, 0.0], 1, POOL), ([0.0] * 5, 1, 3)],
    )
    def test_probabilities_by_brute_force(self, preference, size, pool):
        n, n_items = 100_000, len(preference)
        drawn = draw(stock(n_items), n, size, preference)
        codes = drawn @ (10 ** np.arange(size))
        for slate in permutations(range(n_items), size):
            wanted = sum(
                chance * plackett_luce(slate, held, preference)
                for held, chance in pool_chances(n_items, pool)
                if set(slate) <= set(held)
            )
            found = (codes == slate @ (10 ** np.arange(size))).mean()
            assert found == pytest.approx(wanted, abs=5 * np.sqrt(wanted * (1 - wanted) / n))

    def test_a_slate_that_follows_the_lure_is_one_whose_common_preference_has_it(self):
        common, lure = np.array([0.0, 0.7, -0.4, 0.2]), np.array([1.0, 0.0, 0.0, 1.0])
        for pull in (-1.5, 0.0, 2.0):
            told = draw(stock(4), 500, 2, common, pull=pull, lure=lure)
            known = draw(stock(4), 500, 2, common + pull * lure)
            np.testing.assert_array_equal(told, known)

    def test_each_slate_follows_the_lure_as_far_as_it_is_pulled(self):
        lure = (np.arange(60) < 30).astype(float)
        pull = np.repeat([-2.0, 0.0, 2.0], 2000)
        drawn = draw(stock(60), len(pull), 5, np.zeros(60), pull=pull, lure=lure)
        away, alike, towards = lure[drawn].reshape(3, -1).mean(axis=1)
        assert away < 0.2 < 0.8 < towards
        assert alike == pytest.approx(0.5, abs=0.02)

    def test_the_brute_force_adds_up(self):
        assert INDIFFERENT_POOL == 3
        chances = dict(pool_chances(4, 6))
        assert sum(chances.values()) == pytest.approx(1)
        assert min(chances.values()) > 0

    def test_without_preference_every_item_has_every_slot_alike(self):
        n, size, n_items = 40_000, 3, 30
        drawn = draw(stock(n_items), n, size, np.zeros(n_items))
        for slot in range(size):
            shares = np.bincount(drawn[:, slot], minlength=n_items) / n
            np.testing.assert_allclose(shares, 1 / n_items, atol=5 * np.sqrt(1 / n_items / n))

    @pytest.mark.parametrize("similarity", [0.0, 0.5])
    @pytest.mark.parametrize("strength", [0.0, 0.3])
    def test_no_item_twice_on_a_slate_and_none_before_its_launch(self, similarity, strength):
        rng = np.random.default_rng(1)
        n_items, n_days = 120, 10
        launch = np.where(rng.random(n_items) < 0.6, rng.integers(1, n_days, n_items), 0)
        bucket, day = rng.integers(0, 3, n_items), rng.integers(0, n_days, 3000)
        preference = strength * rng.normal(size=n_items)
        shelf = stock(n_items, n_days, bucket, launch)
        drawn = draw(shelf, 3000, 8, preference, similarity, day)
        assert (launch[drawn] <= day[:, None]).all()
        assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all()
        assert set(drawn[day == n_days - 1].ravel()) == set(range(n_items))

    def test_wholly_similar_slates_have_one_bucket(self):
        bucket = np.arange(200) % 4
        drawn = draw(stock(200, bucket=bucket), 2000, 5, np.zeros(200), similarity=1.0)
        assert (bucket[drawn] == bucket[drawn[:, :1]]).all()
        np.testing.assert_allclose(np.bincount(bucket[drawn[:, 0]]) / 2000, 0.25, atol=0.05)

    def test_the_preferred_come_first(self):
        preference = 20.0 * np.arange(50)
        drawn = draw(stock(50), 500, 5, preference)
        assert (np.diff(drawn, axis=1) < 0).all()

    @pytest.mark.parametrize("size", [1, 4])
    def test_too_few_items_on_sale(self, size):
        launch = np.where(np.arange(40) < size - 1, 0, 2)  # one too few until day 2
        shelf, day = stock(40, 3, launch=launch), np.array([2, 2, 1])
        with pytest.raises(
            InputError, match=f"on day 1 fewer items .* a slate of {size} needs; lo"
        ):
            draw(shelf, 3, size, np.zeros(40), day=day)
        assert draw(shelf, 2, size, np.zeros(40), day=day[:2]).shape == (2, size)

    def test_too_small_a_bucket(self):
        bucket = np.arange(60) // 3
        wanted = "50 candidates drawn for a slate held fewer than 5 different items; raise n_items"
        with pytest.raises(InputError, match=wanted):
            draw(stock(60, bucket=bucket), 10, 5, np.zeros(60), similarity=1.0)
