from dataclasses import replace

import numpy as np

from mmnotes.data import MarketConfig, clicked_pairs, simulate
from mmnotes.experiments.collection import market_collection


def test_the_clicks_of_a_market_with_its_true_content():
    market = simulate(MarketConfig(n_users=30, n_items=60, n_days=5))
    found = market_collection(market, 0)
    clicks = clicked_pairs(market)
    np.testing.assert_array_equal(np.sort(found.interactions.item), np.sort(clicks.item))
    assert set(found.interactions.split) == {"train", "valid", "test"}
    assert found.content.names == ("image", "text")
    np.testing.assert_allclose(found.content["text"].block.values, market.traits["text"], rtol=1e-6)
    again = market_collection(market, 1).interactions
    assert (again.split != found.interactions.split).any()


def test_where_content_came_from(toy):
    assert toy.origin == toy.content.origin != ""
    assert replace(toy, content=None).origin == ""
