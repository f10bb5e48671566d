import numpy as np

from mmnotes.data import MarketConfig, clicked_pairs, simulate


def test_the_first_click_of_each_pair():
    market = simulate(MarketConfig(n_users=15, n_items=50, n_days=8, impressions_per_user=30))
    log, rows = market.impressions, clicked_pairs(market)
    first: dict[tuple[int, int], int] = {}
    for user, item, day, clicked in zip(log.user, log.item, log.day, log.clicked, strict=True):
        if clicked:
            first.setdefault((user, item), day)
    assert len(first) < log.clicked.sum()  # some came back to an item
    found = dict(zip(zip(rows.user, rows.item, strict=True), rows.timestamp, strict=True))
    assert found == {pair: day * 86_400 for pair, day in first.items()}
    assert (np.diff(rows.timestamp) >= 0).all()
    assert (rows.n_users, rows.n_items) == (15, 50)
