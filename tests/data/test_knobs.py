"""Every knob does what it says, and nothing where it is off."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from mmnotes.data import KNOBS, Impressions, Market, MarketConfig, simulate
from mmnotes.data.knobs import MODALITIES
from mmnotes.errors import InputError

# Something is missing in all of these markets, or `missing_bias` would have nothing to choose.
SMALL = MarketConfig(n_users=150, n_items=400, n_days=10, slate_size=10, missing_image=0.3)


@cache
def market(config: MarketConfig) -> Market:
    return simulate(config, seed=1)


def pairs(made: Market, day: int = 0) -> Impressions:
    """Every user before the same items."""
    return Impressions.all_pairs(made.config.n_users, 60, day)


def share_of(name):
    return lambda made: made.measured_share(name).mean()


def beyond_the_sum(made):
    rows = made.impressions
    whole = made.utility(rows)
    parts = sum(made.utility(rows, (name,)) for name in MODALITIES)
    return np.var(whole - parts) / np.var(whole)


def agreement_of_title_and_picture(made):
    text, image = made.traits["text"], made.traits["image"]
    there = image.any(axis=1)
    columns = zip(text[there].T, image[there].T, strict=True)
    return np.mean([np.corrcoef(a, b)[0, 1] for a, b in columns]) ** 2


def disagreement_of_users(made):
    utility = made.utility(pairs(made)).reshape(made.config.n_users, -1)
    return utility.var(axis=0).mean() / utility.var()


def clicks_follow_utility(made):
    return np.corrcoef(made.utility(made.impressions), made.impressions.clicked)[0, 1]


def clicks_follow_the_picture_on_a_phone(made):
    rows = made.impressions
    image = made.utility(rows, ("image",))
    by_device = [np.corrcoef(image[on], rows.clicked[on])[0, 1] for on in rows.device == [[0], [1]]]
    return by_device[1] - by_device[0]


def clicks_lost_down_the_slate(made):
    rows = made.impressions
    return 1 - rows.clicked[rows.position >= 9].mean() / rows.clicked[rows.position <= 2].mean()


def slates_left_with_one_click(made):
    """How many more slates have just one click, in share, than clicks without an order allow."""
    clicks = made.impressions.clicked.reshape(-1, made.config.slate_size).sum(axis=1)
    chance = made.attraction(made.impressions).reshape(-1, made.config.slate_size)
    none = (1 - chance).prod(axis=1)
    one = (none[:, None] * chance / (1 - chance)).sum(axis=1)
    return (clicks == 1).mean() - one.mean()


def titles_shown_are_better(made):
    liked = made.traits["text"] @ made.taste.common["text"]
    return (liked[made.impressions.item].mean() - liked.mean()) / liked.std()


def eager_users_click_more(made):
    clicks = np.bincount(made.impressions.user, made.impressions.clicked)
    rate = clicks / np.bincount(made.impressions.user)
    return np.corrcoef(made.readiness, rate)[0, 1]


def eager_users_are_shown_their_own_half(made):
    """How far the share of a category in a user's slates goes with readiness, over categories."""
    rows = made.impressions
    category = made.catalog.items["category"].to_numpy()[rows.item]
    shown = [np.bincount(rows.user, category == name) for name in np.unique(category.astype(str))]
    shares = np.array(shown) / np.bincount(rows.user)
    return np.mean([np.corrcoef(made.readiness, share)[0, 1] ** 2 for share in shares])


def promoted_are_shown_more(made):
    promoted = made.catalog.items["promoted"].to_numpy()
    return promoted[made.impressions.item].mean() / promoted.mean() - 1


def slates_of_one_category(made):
    code = np.unique(made.catalog.items["category"], return_inverse=True)[1]
    slates = code[made.impressions.item].reshape(-1, made.config.slate_size)
    one, other = np.triu_indices(made.config.slate_size, 1)
    count = np.bincount(code)
    chance = (count * (count - 1)).sum() / (len(code) * (len(code) - 1))
    return (slates[:, one] == slates[:, other]).mean() - chance


def taste_turns(made):
    first, last = (made.utility(pairs(made, day)) for day in (0, made.config.n_days - 1))
    return 1 - np.corrcoef(first, last)[0, 1]


def first_shown_late(made):
    first = np.full(made.config.n_items, -1)
    np.maximum.at(first, made.impressions.item, made.config.n_days - made.impressions.day)
    return (made.config.n_days - first > 2).mean()


def without_title(made):
    assert not made.traits["text"][made.catalog.titles == ""].any()
    return (made.catalog.titles == "").mean()


def without_picture(made):
    absent = np.array([picture is None for picture in made.catalog.images])
    assert (absent == ~made.traits["image"].any(axis=1)).all()
    return absent.mean()


def without_metadata(made):
    columns = made.catalog.items[list(made.catalog.content)].isna()
    assert (columns.all(axis=1) == columns.any(axis=1)).all()
    assert not made.traits["metadata"][columns.all(axis=1)].any()
    return columns.to_numpy().mean()


def unloved_miss_the_picture(made):
    absent = ~made.traits["image"].any(axis=1)
    rest = made.taste.appeal({**made.traits, "image": np.zeros_like(made.traits["image"])})
    return rest[~absent].mean() - rest[absent].mean()


def titles_of_two_words(made):
    return np.mean([len(title.split()) == 2 for title in made.catalog.titles])


def shots(made) -> np.ndarray:
    there = [np.asarray(picture) for picture in made.catalog.images if picture is not None]
    return np.stack(there)


def dim_pictures(made):
    return (shots(made).max(axis=(1, 2, 3)) <= 20).mean()


def repeated_pictures(made):
    taken = shots(made).reshape(len(shots(made)), -1)
    return 1 - len(np.unique(taken, axis=0)) / len(taken)


def white_grounds(made):
    return (shots(made)[:, 0, 0] == 255).all(axis=1).mean()


def clicks_of_average_items(made):
    average = np.abs(made.utility(made.impressions)) < 0.15
    return abs(made.impressions.clicked[average].mean() - 0.12)


# Where the knob is turned to; how its effect is measured; how far from zero chance may take it.
EFFECTS = {
    "text_share": (0.4, share_of("text"), 1e-9),
    "image_share": (0.4, share_of("image"), 1e-9),
    "metadata_share": (0.2, share_of("metadata"), 1e-9),
    "complement": (0.5, beyond_the_sum, 1e-9),
    "redundancy": (0.8, agreement_of_title_and_picture, 0.02),
    "personal": (0.3, disagreement_of_users, 1e-9),
    "sharpness": (1.6, clicks_follow_utility, 0.03),
    "click_rate": (0.4, clicks_of_average_items, 0.04),
    "eagerness": (1.0, eager_users_click_more, 0.3),
    "device_tilt": (0.7, clicks_follow_the_picture_on_a_phone, 0.05),
    "position_bias": (1.0, clicks_lost_down_the_slate, 0.2),
    "cascade": (1.0, slates_left_with_one_click, 0.03),
    "logging_bias": (1.0, titles_shown_are_better, 0.04),
    "promotion": (3.0, promoted_are_shown_more, 0.1),
    "steering": (1.0, eager_users_are_shown_their_own_half, 0.03),
    "slate_similarity": (0.8, slates_of_one_category, 0.02),
    "drift": (1.0, taste_turns, 1e-9),
    "new_items": (0.5, first_shown_late, 0.01),
    "missing_text": (0.3, without_title, 1e-9),
    "missing_image": (0.3, without_picture, 1e-9),
    "missing_metadata": (0.3, without_metadata, 1e-9),
    "missing_bias": (3.0, unloved_miss_the_picture, 0.3),
    "short_titles": (0.3, titles_of_two_words, 1e-9),
    "dark_images": (0.3, dim_pictures, 1e-9),
    "duplicates": (0.4, repeated_pictures, 1e-9),
    "studio": (1.0, white_grounds, 0.03),
}


def test_every_knob_is_measured():
    assert set(EFFECTS) == set(KNOBS)
    sizes = {"n_users", "n_items", "n_days", "impressions_per_user", "slate_size"}
    assert {f.name for f in fields(MarketConfig)} == set(KNOBS) | sizes


@pytest.mark.parametrize("name", EFFECTS)
def test_on_and_off(name):
    setting, measure, slack = EFFECTS[name]
    on = replace(SMALL, **{name: setting})
    assert measure(market(on)) > max(2.5 * slack, 0.05)
    assert abs(measure(market(on.null(name)))) < slack


# What a knob may change besides the clicks, which follow what is liked and where it lies.
CHANGES = {
    "redundancy": {"traits of image", "pictures", "clicks"},
    "logging_bias": {"slates", "clicks"},
    "promotion": {"promoted", "slates", "clicks"},
    "steering": {"slates", "clicks"},
    "slate_similarity": {"slates", "clicks"},
    "new_items": {"launch", "slates", "clicks"},
    "missing_text": {"traits of text", "titles", "clicks"},
    "missing_image": {"traits of image", "presence", "clicks"},
    "missing_metadata": {"traits of metadata", "metadata", "clicks"},
    "missing_bias": {"traits of image", "presence", "clicks"},
    "short_titles": {"titles"},
    "dark_images": {"pictures"},
    "duplicates": {"traits of image", "pictures", "clicks"},
    "studio": {"pictures"},
}


def parts(made: Market) -> dict[str, np.ndarray]:
    rows, items, images = made.impressions, made.catalog.items, made.catalog.images
    tastes = [*made.taste.common.values(), made.taste.turned, *made.taste.own.values()]
    return {
        **{f"traits of {name}": made.traits[name] for name in MODALITIES},
        "tastes": np.concatenate([taste.ravel() for taste in tastes]),
        "titles": made.catalog.titles,
        # As drawn, those included that the catalog lacks.
        "pictures": images._array,
        "presence": images._present,
        "metadata": items[list(made.catalog.content)].astype(str).to_numpy(),
        "promoted": items["promoted"].to_numpy(),
        "launch": made.launch,
        "visits": np.stack([rows.impression, rows.user, rows.day, rows.device, rows.position]),
        "slates": rows.item,
        "clicks": rows.clicked,
    }


@pytest.mark.parametrize("name", EFFECTS)
def test_turning_one_leaves_the_other_draws(name):
    on = replace(SMALL, **{name: EFFECTS[name][0]})
    one, other = parts(market(on)), parts(market(on.null(name)))
    changed = {part for part in one if not np.array_equal(one[part], other[part])}
    assert changed == CHANGES.get(name, {"clicks"})


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("missing_text", "titles"),
        ("short_titles", "titles"),
        ("dark_images", "pictures"),
        ("duplicates", "pictures"),
    ],
)
def test_a_knob_turned_further_keeps_what_it_had_changed(name, part):
    plain = parts(market(SMALL))[part]
    some, more = (
        parts(market(replace(SMALL, **{name: share})))[part] != plain for share in (0.2, 0.4)
    )
    n = len(plain)
    some, more = some.reshape(n, -1).any(axis=1), more.reshape(n, -1).any(axis=1)
    assert 0 < some.sum() < more.sum()
    assert more[some].all()


def test_lost_attention_only_takes_clicks_away():
    plain = market(SMALL).impressions.clicked
    biased = market(replace(SMALL, position_bias=1.0)).impressions.clicked
    assert biased.sum() < plain.sum()
    assert not (biased & ~plain).any()


def test_promotion_is_of_what_sells_and_to_the_top():
    made = market(replace(SMALL, promotion=3.0))
    promoted = made.catalog.items["promoted"].to_numpy()
    assert promoted.sum() == SMALL.n_items // 10
    assert made.taste.appeal(made.traits)[promoted].mean() > 1
    rows = made.impressions
    by_slot = [promoted[rows.item[rows.position == slot]].mean() for slot in (1, SMALL.slate_size)]
    assert by_slot[0] > by_slot[1] + 0.1


class TestConfig:
    def test_shares_are_relative(self):
        config = MarketConfig(text_share=2, image_share=1, metadata_share=0, complement=1)
        assert config.shares == {"text": 0.5, "image": 0.25, "metadata": 0, "complement": 0.25}
        assert list(KNOBS)[:4] == ["text_share", "image_share", "metadata_share", "complement"]

    def test_null_changes_only_what_is_named(self):
        config = MarketConfig(redundancy=0.5, drift=1.0)
        assert config.null("drift") == replace(config, drift=0.0)
        assert config.null() == config
        assert MarketConfig(click_rate=0.5).null("click_rate").click_rate == 0.12
        assert all(config.null(name) == config.null(name).null(name) for name in KNOBS)

    def test_every_knob_says_what_it_does(self):
        for name, knob in KNOBS.items():
            assert knob.name == name
            assert len(knob.does) > 20
            assert knob.default == getattr(MarketConfig(), name)

    def test_null_of_no_knob(self):
        with pytest.raises(InputError, match=r"no knob is called \['redundance'\]; there are \["):
            MarketConfig().null("redundance")
        with pytest.raises(InputError, match="no knob is called"):
            MarketConfig().null("n_users")

    def test_no_share_left(self):
        with pytest.raises(InputError, match="at least one of the shares must be positive"):
            MarketConfig().null("text_share", "image_share", "metadata_share")

    @pytest.mark.parametrize("name", ["n_users", "n_items", "n_days", "slate_size"])
    @pytest.mark.parametrize("size", [0, -3, 2.5, 400.0, float("nan"), "many", None])
    def test_sizes_are_whole(self, name, size):
        with pytest.raises(InputError, match=f"{name} must be a whole number from 1, not {size!r}"):
            MarketConfig(**{name: size})

    def test_sizes_of_numpy(self):
        config = MarketConfig(n_users=np.int64(30), n_items=np.int32(80), sharpness=np.float32(1))
        assert simulate(config).impressions.user.max() == 29

    @pytest.mark.parametrize("rate", [0.5, float("nan"), float("inf"), "often"])
    def test_visits(self, rate):
        with pytest.raises(InputError, match="impressions_per_user must be a number from 1, not"):
            MarketConfig(impressions_per_user=rate)

    @pytest.mark.parametrize("name", KNOBS)
    @pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "high", None])
    def test_knobs_in_range(self, name, value):
        with pytest.raises(InputError, match=f"market: {name} must .*, not {value!r}") as caught:
            MarketConfig(**{name: value})
        assert KNOBS[name].does in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("redundancy", 1.01), ("click_rate", 0.0), ("click_rate", 0.95), ("position_bias", 6)],
    )
    def test_knobs_beyond_their_end(self, name, value):
        with pytest.raises(InputError, match=rf"{name} must lie in 0\S* … \S+, not {value}"):
            MarketConfig(**{name: value})

    def test_slates_that_hold_most_items(self):
        with pytest.raises(InputError, match="a slate of 20 needs at least 40 items, not 39"):
            MarketConfig(n_items=39)
        assert MarketConfig(n_items=40).n_items == 40
