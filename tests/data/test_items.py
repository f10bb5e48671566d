from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from mmnotes.data import MarketConfig
from mmnotes.data.items import BRANDS, CATEGORIES, MATERIALS, make_items

MANY = MarketConfig(n_items=1500)


def make(config, appeal=lambda traits: np.zeros(len(traits["text"])), seed=0):
    return make_items(config, appeal, lambda name: np.random.default_rng([seed, *name.encode()]))


def first_title_trait(traits):
    return traits["text"][:, 0]


def pixels(items):
    return np.stack([np.asarray(picture) for picture in items.catalog.images])


@pytest.mark.parametrize("redundancy", [0.0, 0.64, 1.0])
def test_traits_are_standard_normal_and_agree_as_told(redundancy):
    traits = make(replace(MANY, redundancy=redundancy)).traits
    every = np.hstack(list(traits.values()))
    np.testing.assert_allclose(every.mean(axis=0), 0, atol=0.1)
    wanted = np.eye(12)
    wanted[:4, 4:8] = wanted[4:8, :4] = np.sqrt(redundancy) * np.eye(4)
    np.testing.assert_allclose(np.cov(every.T), wanted, atol=0.15)


def test_metadata_files_the_traits():
    items = make(MANY)
    frame, traits = items.catalog.items, items.traits["metadata"]
    for column, (name, values) in enumerate(
        {"category": CATEGORIES, "brand": BRANDS, "material": MATERIALS}.items()
    ):
        rank = frame[name].map({value: at for at, value in enumerate(values)})
        assert spearmanr(rank, traits[:, column]).statistic > 0.95
        shares = frame[name].value_counts(normalize=True)
        np.testing.assert_allclose(shares, 1 / len(values), atol=0.04)
    assert spearmanr(frame["price"], traits[:, 3]).statistic > 0.999
    assert frame["price"].min() > 0
    assert items.catalog.content == ("category", "brand", "material", "price")


def test_nothing_is_missing_unless_told():
    items = make(MANY)
    assert (items.catalog.titles != "").all()
    assert not items.catalog.items.isna().any().any()
    assert all(picture is not None for picture in items.catalog.images)


@pytest.mark.parametrize("share", [0.25, 1.0])
@pytest.mark.parametrize("name", ["text", "image", "metadata"])
def test_missing_items_say_nothing(name, share):
    items = make(replace(MANY, n_items=200, **{f"missing_{name}": share}))
    gone = {
        "text": items.catalog.titles == "",
        "image": np.array([picture is None for picture in items.catalog.images]),
        "metadata": items.catalog.items["price"].isna().to_numpy(),
    }
    assert {each: mask.sum() for each, mask in gone.items() if mask.any()} == {name: 200 * share}
    for each, mask in gone.items():
        np.testing.assert_array_equal(mask, ~items.traits[each].any(axis=1))


def test_unloved_items_miss_more():
    config = replace(MANY, missing_text=0.3, missing_bias=2.0)
    whole = make(MANY).traits["text"][:, 0]
    gone = make(config, first_title_trait).catalog.titles == ""
    assert gone.sum() == 450
    # Fewer of the best than of the worst.
    best, worst = whole > 1, whole < -1
    assert gone[best].mean() < 0.1 < 0.6 < gone[worst].mean()


def test_a_duplicate_has_the_picture_and_its_traits():
    items = make(replace(MANY, n_items=200, duplicates=0.4))
    _, group = np.unique(pixels(items).reshape(200, -1), axis=0, return_inverse=True)
    _, same = np.unique(items.traits["image"], axis=0, return_inverse=True)
    assert len(np.unique(group)) == 120
    np.testing.assert_array_equal(group[:, None] == group, same[:, None] == same)
    assert len(np.unique(items.traits["text"], axis=0)) == 200


def test_if_all_are_duplicates_there_is_one_picture():
    items = make(replace(MANY, n_items=60, duplicates=1.0))
    assert (pixels(items) == pixels(items)[0]).all()
