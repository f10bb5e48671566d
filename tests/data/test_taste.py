from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from mmnotes.data import Impressions, MarketConfig
from mmnotes.data.knobs import MODALITIES
from mmnotes.data.taste import Taste
from mmnotes.errors import InputError

N_USERS, N_ITEMS, N_ROWS, D = 300, 30_000, 60_000, 4
WORLD = MarketConfig(n_users=N_USERS, n_items=N_ITEMS, n_days=5)
SETS = [seen for size in range(4) for seen in combinations(MODALITIES, size)]


def draw_traits(redundancy, n=N_ITEMS, seed=0):
    rng = np.random.default_rng(seed)
    text, own, metadata = rng.standard_normal((3, n, D))
    image = np.sqrt(redundancy) * text + np.sqrt(1 - redundancy) * own
    return {"text": text, "image": image, "metadata": metadata}


def draw_rows(n=N_ROWS, seed=0):
    rng = np.random.default_rng(seed)
    return Impressions(
        impression=np.arange(n),
        user=rng.integers(0, N_USERS, n),
        item=rng.integers(0, N_ITEMS, n),
        position=np.ones(n, int),
        clicked=np.zeros(n, bool),
        day=rng.integers(0, WORLD.n_days, n),
        device=rng.integers(0, 2, n),
    )


def draw_taste(config, seed=0):
    dims = dict.fromkeys(MODALITIES, D)
    return Taste.draw(config, dims, np.random.default_rng(seed))


TRAITS, ROWS = draw_traits(0.6), draw_rows()


class TestUtility:
    def test_by_definition(self):
        config = replace(
            WORLD, complement=0.3, redundancy=0.6, personal=0.4, device_tilt=0.5, drift=1.5
        )
        taste, shares = draw_taste(config), config.shares
        utility = taste.utility(TRAITS, ROWS)
        for row in range(40):
            user, item, day = ROWS.user[row], ROWS.item[row], ROWS.day[row]
            angle = 1.5 * np.pi / 2 * day / 4
            common = dict(taste.common)
            common["image"] = np.cos(angle) * common["image"] + np.sin(angle) * taste.turned
            said = {}
            for name in MODALITIES:
                weights = np.sqrt(0.4) * taste.own[name][user] + np.sqrt(0.6) * common[name]
                said[name] = weights @ TRAITS[name][item]
            tilt = 0.5 if ROWS.devices[ROWS.device[row]] == "phone" else -0.5
            wanted = (
                np.sqrt(shares["text"]) * (1 - tilt) * said["text"]
                + np.sqrt(shares["image"]) * (1 + tilt) * said["image"]
                + np.sqrt(shares["metadata"]) * said["metadata"]
                + np.sqrt(shares["complement"]) * said["metadata"] * said["image"]
            )
            assert utility[row] == pytest.approx(wanted)

    @pytest.mark.parametrize(
        "shares",
        [
            {},
            {"complement": 1.0},
            {"text_share": 0.0, "personal": 0.0},
            {"text_share": 0.0, "image_share": 0.0, "metadata_share": 0.0, "complement": 1.0},
            {"image_share": 3.0, "personal": 1.0},
        ],
    )
    def test_shares_are_those_set(self, shares):
        config = replace(WORLD, **shares)
        taste, traits = draw_taste(config, seed=1), draw_traits(0.0)
        whole = taste.utility(traits, ROWS)
        terms = {name: taste.utility(traits, ROWS, (name,)) for name in MODALITIES}
        terms["complement"] = whole - sum(terms.values())
        measured = {name: term.var() / whole.var() for name, term in terms.items()}
        assert measured == pytest.approx(config.shares, abs=0.06)
        assert whole.var() == pytest.approx(1, abs=0.1)
        assert whole.mean() == pytest.approx(0, abs=0.05)

    def test_unknown_modality(self):
        with pytest.raises(InputError, match=r"no modality is called \['audio'\]; there are"):
            draw_taste(WORLD).utility(TRAITS, ROWS, ("text", "audio"))


def views(taste, seen):
    """What a scorer may make of the modalities seen: every weight on every trait, and products."""
    columns = [np.ones((N_ROWS, 1))]
    for name in seen:
        x, w = TRAITS[name][ROWS.item], taste.own[name][ROWS.user]
        other = taste.own["text" if name == "image" else "image"][ROWS.user]
        liked = (w * x).sum(axis=1, keepdims=True)
        columns += [x, w * x, other * x, liked**2, (ROWS.device == 1)[:, None] * w * x]
    if len(seen) > 1:
        one, other = (TRAITS[name][ROWS.item] for name in seen[:2])
        columns.append(one * other)
    return np.hstack(columns)


class TestIdealScorers:
    """A scorer that sees some modalities gives the regression of utility on what it sees."""

    CONFIG = replace(WORLD, redundancy=0.6, complement=0.4, device_tilt=0.3, drift=0.5)

    @pytest.mark.parametrize("seen", SETS)
    def test_what_is_left_has_nothing_to_do_with_what_is_seen(self, seen):
        taste = draw_taste(self.CONFIG)
        left = taste.utility(TRAITS, ROWS) - taste.utility(TRAITS, ROWS, seen)
        X = views(taste, seen)
        fitted = X @ np.linalg.lstsq(X, left, rcond=None)[0]
        # Of pure noise, k columns explain a share of k / n; items come back, so allow for more.
        assert fitted.var() <= 4 * X.shape[1] / N_ROWS * left.var()

    @pytest.mark.parametrize("seen", [("text",), ("image",), ("text", "metadata")])
    def test_least_squares_does_no_better(self, seen):
        taste = draw_taste(self.CONFIG)
        whole, ideal = taste.utility(TRAITS, ROWS), taste.utility(TRAITS, ROWS, seen)
        X = np.hstack([views(taste, seen), ideal[:, None]])
        train = ROWS.item < N_ITEMS // 2
        weights = np.linalg.lstsq(X[train], whole[train], rcond=None)[0]
        errors = {
            "fitted": ((whole - X @ weights)[~train] ** 2).mean(),
            "ideal": ((whole - ideal)[~train] ** 2).mean(),
            "half": ((whole - 0.5 * ideal)[~train] ** 2).mean(),
            "none": (whole[~train] ** 2).mean(),
        }
        assert min(errors, key=errors.get) == "ideal"

    def test_more_is_never_worse(self):
        taste = draw_taste(self.CONFIG)
        whole = taste.utility(TRAITS, ROWS)
        error = {frozenset(s): ((whole - taste.utility(TRAITS, ROWS, s)) ** 2).mean() for s in SETS}
        assert error[frozenset(MODALITIES)] == 0
        assert all(error[a] > error[b] for a in error for b in error if a < b)

    def test_what_tells_all_leaves_nothing(self):
        config = replace(self.CONFIG, redundancy=1.0)
        taste, traits = draw_taste(config), draw_traits(1.0)
        without = taste.utility(traits, ROWS, ("text", "metadata"))
        np.testing.assert_allclose(without, taste.utility(traits, ROWS))


class TestTaste:
    def test_common_taste_and_its_turn(self):
        taste = draw_taste(WORLD)
        for name in MODALITIES:
            assert np.linalg.norm(taste.common[name]) == pytest.approx(1)
            assert (taste.own[name] ** 2).sum(axis=1).mean() == pytest.approx(1, abs=0.15)
        assert np.linalg.norm(taste.turned) == pytest.approx(1)
        assert taste.turned @ taste.common["image"] == pytest.approx(0, abs=1e-12)

    def test_a_turn_by_one_right_angle_ends_in_the_other_taste(self):
        taste = draw_taste(replace(WORLD, drift=1.0, personal=0.0))
        rows = replace(ROWS, day=np.full(N_ROWS, WORLD.n_days - 1))
        image = taste.utility(TRAITS, rows, ("image",))
        wanted = np.sqrt(0.4) * TRAITS["image"][ROWS.item] @ taste.turned
        np.testing.assert_allclose(image, wanted, atol=1e-9)

    def test_one_day_has_no_time_to_drift(self):
        still = draw_taste(replace(WORLD, n_days=1))
        turning = draw_taste(replace(WORLD, n_days=1, drift=1.0))
        rows = replace(ROWS, day=np.zeros(N_ROWS, int))
        np.testing.assert_allclose(still.utility(TRAITS, rows), turning.utility(TRAITS, rows))

    def test_appeal_is_the_mean_liking_in_standard_scores(self):
        config = replace(WORLD, redundancy=0.6)
        taste, some = draw_taste(config), {name: x[:200] for name, x in TRAITS.items()}
        appeal = taste.appeal(some)
        assert (appeal.mean(), appeal.std()) == pytest.approx((0, 1))
        common = replace(taste, config=replace(config, personal=0.0))
        rows = replace(ROWS.where(ROWS.item < 200))
        assert np.corrcoef(appeal[rows.item], common.utility(some, rows))[0, 1] == pytest.approx(1)

    def test_appeal_of_equals(self):
        nothing = {name: np.zeros((5, D)) for name in MODALITIES}
        assert not draw_taste(WORLD).appeal(nothing).any()
