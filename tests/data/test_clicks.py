"""Are clicks drawn as the two models say?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.clicks import cascade_clicks, examination, position_clicks
from mmnotes.errors import InputError

N = 40_000
IMPRESSION = np.repeat(np.arange(N), 3)
POSITION = np.tile([1, 2, 3], N)
ATTRACTION = np.tile([0.5, 0.2, 0.4], N)


def rates(clicked):
    return clicked.reshape(N, 3).mean(axis=0)


def test_examination_falls_with_the_power():
    assert examination(np.array([1, 2, 4]), 0.5) == pytest.approx([1, 2**-0.5, 0.5])
    assert (examination(np.arange(1, 9), 0) == 1).all()
    with pytest.raises(InputError, match="count from 1"):
        examination(np.array([0, 1]), 1.0)


def test_position_clicks_have_the_rates_of_the_product():
    clicked = position_clicks(ATTRACTION, examination(POSITION, 1.0), np.random.default_rng(0))
    assert rates(clicked) == pytest.approx([0.5, 0.1, 0.4 / 3], abs=0.01)
    table = clicked.reshape(N, 3)
    # What was clicked above changes nothing.
    assert table[table[:, 0], 2].mean() == pytest.approx(table[~table[:, 0], 2].mean(), abs=0.01)


def test_cascade_clicks_have_the_rates_of_reading_down():
    clicked = cascade_clicks(ATTRACTION, POSITION, IMPRESSION, np.random.default_rng(0))
    assert rates(clicked) == pytest.approx([0.5, 0.5 * 0.2, 0.5 * 0.8 * 0.4], abs=0.01)
    assert clicked.reshape(N, 3).sum(axis=1).max() == 1


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(1, 40))
def test_a_cascade_does_not_depend_on_the_order_of_the_rows(seed, n):
    rng = np.random.default_rng(seed)
    impression = rng.integers(0, 5, size=n)
    position = np.array([1 + (impression[:i] == impression[i]).sum() for i in range(n)])
    sure = rng.integers(0, 2, size=n).astype(float)  # liked or not, without chance
    clicked = cascade_clicks(sure, position, impression, rng)
    order = rng.permutation(n)
    shuffled = cascade_clicks(sure[order], position[order], impression[order], rng)
    assert (clicked[order] == shuffled).all()
    for slate in np.unique(impression):
        liked = position[(impression == slate) & (sure == 1)]
        got = position[(impression == slate) & clicked]
        assert got.tolist() == ([liked.min()] if len(liked) else [])


def test_bad_input():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"attraction must be probabilities .* see row 1"):
        position_clicks(np.array([0.5, 1.5]), np.ones(2), rng)
    with pytest.raises(InputError, match=r"examined must be probabilities .* see row 0"):
        position_clicks(np.array([0.5, 0.5]), np.array([np.nan, 1]), rng)
    with pytest.raises(InputError, match=r"see shape \(1, 2\)"):
        position_clicks(np.ones((1, 2)), np.ones((1, 2)), rng)
    with pytest.raises(InputError, match="2 rows of attraction, but 3 of examined"):
        position_clicks(np.ones(2), np.ones(3), rng)
    with pytest.raises(InputError, match="differ in length: 2, 2 and 3"):
        cascade_clicks(np.ones(2), np.ones(2), np.ones(3), rng)
