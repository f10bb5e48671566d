"""Does a test see an effect as often as its power says?"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from mmnotes.errors import InputError
from mmnotes.evaluate import (
    PerUser,
    minimal_detectable_effect,
    power_of,
    randomization_test,
    users_needed,
)

GAINS = np.random.default_rng(0).normal(0.3, 2, size=80)
SPREAD = GAINS.std(ddof=1)


@pytest.mark.parametrize("n_users", [5, 30, 200])
@pytest.mark.parametrize("effect", [0.2, 0.5, 1.0])
def test_power_is_the_share_of_repetitions_that_see_it(n_users, effect):
    rng = np.random.default_rng(0)
    gains = rng.normal(effect, 1, size=(4000, n_users))
    seen = stats.ttest_1samp(gains, 0, axis=1).pvalue < 0.05
    pilot = rng.normal(size=n_users)
    pilot /= pilot.std(ddof=1)
    assert power_of(effect, pilot) == pytest.approx(seen.mean(), abs=0.025)


def test_the_randomization_test_sees_what_was_promised():
    rng = np.random.default_rng(0)
    pilot = rng.exponential(size=100)
    effect = minimal_detectable_effect(pilot / pilot.std(ddof=1))
    nothing = np.zeros(100)
    seen = [
        randomization_test(rng.exponential(size=100) - 1 + effect, nothing, 399) <= 0.05
        for _ in range(500)
    ]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.055)


def test_power_of_statsmodels():
    power = pytest.importorskip("statsmodels.stats.power").TTestPower()
    for effect in (0.1, 0.9):  # its noncentral t is right to five digits
        theirs = power.power(effect / SPREAD, 80, 0.05)
        assert power_of(effect, GAINS) == pytest.approx(theirs, rel=1e-5)
    least = power.solve_power(nobs=80, alpha=0.01, power=0.9)
    assert minimal_detectable_effect(GAINS, 0.9, 0.01) == pytest.approx(least * SPREAD, rel=1e-5)
    n = power.solve_power(effect_size=0.4 / SPREAD, alpha=0.05, power=0.8)
    assert users_needed(0.4, GAINS) == np.ceil(n)


@pytest.mark.parametrize("n_users", [3, 80])
@pytest.mark.parametrize("effect", [1e-6, 0.5, 40.0])
@pytest.mark.parametrize("alpha", [1e-5, 0.05])
def test_power_by_its_integral(n_users, effect, alpha):
    """The t test sees it if a normal mean lies beyond the critical t times a chi-squared spread."""
    gains = np.random.default_rng(0).normal(size=n_users)
    away = effect / gains.std(ddof=1) * np.sqrt(n_users)
    critical, spread = stats.t.isf(alpha / 2, n_users - 1), stats.chi2(n_users - 1)

    def seen(square):
        ends = critical * np.sqrt(square / (n_users - 1))
        beyond = stats.norm.sf(ends - away) + stats.norm.cdf(-ends - away)
        return spread.pdf(square) * beyond

    cuts = spread.ppf([1e-14, 0.01, 0.25, 0.5, 0.75, 0.99, 1 - 1e-14])
    parts = [integrate.quad(seen, *ends)[0] for ends in itertools.pairwise(cuts)]
    assert power_of(effect, gains, alpha) == pytest.approx(sum(parts), abs=1e-8)


@given(
    n_users=st.integers(2, 5000),
    unit=st.floats(1e-6, 1e6),
    alpha=st.floats(1e-4, 0.2),
    power=st.floats(0.25, 0.99),
)
def test_the_smallest_effect_has_just_that_power(n_users, unit, alpha, power):
    gains = unit * np.random.default_rng(0).normal(size=n_users)
    effect = minimal_detectable_effect(gains, power, alpha)
    assert power_of(effect, gains, alpha) == pytest.approx(power, abs=1e-6)
    assert power_of(-effect, gains, alpha) == pytest.approx(power, abs=1e-6)
    assert power_of(0.9 * effect, gains, alpha) < power


@pytest.mark.parametrize("effect", [4.0, 0.4, 0.01])
def test_one_user_fewer_would_not_do(effect):
    n = users_needed(effect, GAINS)
    gains = np.random.default_rng(1).normal(size=n)
    gains *= SPREAD / gains.std(ddof=1)
    assert power_of(effect, gains) >= 0.8
    gains = gains[:-1] * SPREAD / gains[:-1].std(ddof=1)
    assert power_of(effect, gains) < 0.8
    assert users_needed(-effect, GAINS) == n


def test_many_users_as_the_bell_curve_has_it():
    gains = np.random.default_rng(0).normal(size=1_000_000)
    z = stats.norm.isf(0.025) + stats.norm.ppf(0.8)
    assert minimal_detectable_effect(gains) == pytest.approx(z * gains.std() / 1000, rel=1e-4)
    assert users_needed(1e-4 * SPREAD, GAINS) == pytest.approx(z**2 * 1e8, rel=1e-4)
    assert power_of(0, gains) == pytest.approx(0.05)
    assert power_of(1, gains) == pytest.approx(1)


def test_alike_impressions_count_once():
    rng = np.random.default_rng(0)
    by_user = rng.normal(size=50)
    users = rng.permutation(np.repeat(np.arange(50), 4))
    impressions = by_user[users]
    once = minimal_detectable_effect(by_user)
    assert minimal_detectable_effect(impressions, users=users) == pytest.approx(once)
    assert minimal_detectable_effect(impressions) < 0.6 * once
    assert power_of(0.4, impressions, users=users) == pytest.approx(power_of(0.4, by_user))
    assert users_needed(0.4, impressions, users=users) == users_needed(0.4, by_user)


def test_a_user_is_the_mean_over_seeds():
    seeds = np.random.default_rng(0).normal(size=(3, 40))
    expected = minimal_detectable_effect(seeds.mean(axis=0))
    assert minimal_detectable_effect(list(seeds)) == pytest.approx(expected)
    named = [PerUser(np.arange(40), seed) for seed in seeds]
    assert minimal_detectable_effect(named) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        (np.full(5, 0.1), "its spread must be known"),
        (np.zeros(5), "its spread must be known"),
        (np.array([0.1, np.nan]), "user number 1 is nan"),
        (np.array([0.1]), "at least two users"),
    ],
)
def test_bad_differences(differences, message):
    for ask in (minimal_detectable_effect, lambda d: power_of(1, d), lambda d: users_needed(1, d)):
        with pytest.raises(InputError, match=message):
            ask(differences)


def test_bad_users():
    with pytest.raises(InputError, match="users must have one entry for each"):
        power_of(1, np.arange(4.0), users=np.arange(3))


def test_bad_settings():
    for alpha in (0, 1, np.nan):
        with pytest.raises(InputError, match=f"alpha must be between 0 and 1: not {alpha}"):
            power_of(1, GAINS, alpha=alpha)
    for power in (0.05, 1, np.nan):
        with pytest.raises(InputError, match=f"power between alpha and 1: not {power}"):
            minimal_detectable_effect(GAINS, power=power)
        with pytest.raises(InputError, match=f"power between alpha and 1: not {power}"):
            users_needed(1, GAINS, power=power)
    with pytest.raises(InputError, match="effect must be a number, not nan"):
        power_of(np.nan, GAINS)
    for effect in (0, np.inf):
        with pytest.raises(InputError, match=f"a number other than 0, not {effect}"):
            users_needed(effect, GAINS)
