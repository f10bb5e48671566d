"""Do both ways to an interval of a ratio agree with what is known of it?"""

import numpy as np
import pytest
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.evaluate.ratios import ColumnMeans


def columns(n=400, seed=0):
    rng = np.random.default_rng(seed)
    views = rng.poisson(8, size=n) + 1.0
    return {"clicks": rng.binomial(views.astype(int), 0.3).astype(float), "views": views}


def from_moments(data):
    table = np.stack(list(data.values()))
    return ColumnMeans.from_moments(tuple(data), table.shape[1], table.sum(axis=1), table @ table.T)


def test_the_bootstrap_is_that_of_scipy():
    data = columns()
    got = ColumnMeans.resampled(data, 5000, 0).estimate(("clicks", "views"))
    other = stats.bootstrap(
        tuple(data.values()),
        lambda c, v, axis: c.mean(axis) / v.mean(axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=5000,
        rng=0,
    ).confidence_interval
    assert got.value == pytest.approx(data["clicks"].sum() / data["views"].sum())
    assert (got.low, got.high) == pytest.approx((other.low, other.high), abs=0.002)
    assert (got.n_users, got.n_seeds, got.level) == (400, 1, 0.95)


def test_the_delta_method_is_the_textbook_variance_of_a_ratio():
    data = columns()
    got = from_moments(data).estimate(("clicks", "views"), level=0.9)
    clicks, views = data.values()
    rate = clicks.mean() / views.mean()
    error = (clicks - rate * views).std() / views.mean() / np.sqrt(len(views) - 1)
    assert got.value == pytest.approx(rate)
    assert got.high - got.value == pytest.approx(stats.norm.ppf(0.95) * error)
    assert got.value - got.low == pytest.approx(got.high - got.value)


def test_sums_of_ratios():
    data = columns() | {"ones": np.ones(400)}
    one, other = ColumnMeans.resampled(data, 4000, 0), from_moments(data)
    pair = ("clicks", "views"), ("views", "ones")
    a, b = one.estimate(*pair), other.estimate(*pair)
    assert a.value == pytest.approx(b.value)
    assert a.high - a.low == pytest.approx(b.high - b.low, rel=0.08)


def test_draws_that_have_nothing_to_divide_by_are_left_out():
    few = np.zeros(6)
    few[0] = 1
    got = ColumnMeans.resampled({"a": 2 * few, "b": few}, 500, 0).estimate(("a", "b"))
    assert (got.value, got.low, got.high) == pytest.approx((2, 2, 2))


def test_bad_input():
    data = columns()
    with pytest.raises(InputError, match=r"the mean of \['zero'\] is zero"):
        from_moments(data | {"zero": np.zeros(400)}).estimate(("clicks", "zero"))
    with pytest.raises(InputError, match="a level between 0 and 1, not 2"):
        from_moments(data).estimate(("clicks", "views"), level=2)
    with pytest.raises(InputError, match="resample their units"):
        from_moments(data).bootstrap(lambda means: means[..., 0])
    with pytest.raises(InputError, match="at least two"):
        ColumnMeans.resampled({"a": np.ones(1)}, 500, 0)
    with pytest.raises(InputError, match="at least two"):
        ColumnMeans.from_moments(("a",), 1, np.ones(1), np.ones((1, 1)))
    with pytest.raises(InputError, match="at least two"):
        ColumnMeans.resampled({"a": np.ones(3), "b": np.ones(4)}, 500, 0)
