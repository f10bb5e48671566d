"""Does a test call luck by its name? Exact p-values, size on true nulls, corrections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.evaluate import (
    PerGroup,
    PerUser,
    benjamini_hochberg,
    holm,
    per_user,
    randomization_test,
)

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def scipy_p(a, b, n_resamples=np.inf):
    result = stats.permutation_test(
        (a, b),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        n_resamples=n_resamples,
        vectorized=True,
        random_state=1,
    )
    return result.pvalue


@pytest.mark.parametrize("n_users", [2, 5, 12])
def test_all_patterns_as_scipy_tries_them(n_users):
    rng = np.random.default_rng(n_users)
    for _ in range(3):
        a, b = rng.random(n_users) + 0.1, rng.random(n_users)
        assert randomization_test(a, b) == pytest.approx(scipy_p(a, b))


@pytest.mark.parametrize("grades", [2, 5])
def test_equal_sums_count_as_equal_whatever_their_rounding(grades):
    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b = (rng.integers(0, grades, 10) / 10 for _ in range(2))
        whole = np.rint(10 * (a - b)).astype(int)
        signs = 1 - 2 * ((np.arange(2**10)[:, None] >> np.arange(10)) & 1)
        expected = np.mean(np.abs(signs @ whole) >= abs(whole.sum()))
        assert randomization_test(a, b) == expected


@pytest.mark.parametrize("n_users", [13, 100])
def test_random_patterns_as_scipy_draws_them(n_users):
    rng = np.random.default_rng(0)
    a, b = rng.random(n_users) + 1 / n_users, rng.random(n_users)
    assert randomization_test(a, b) == pytest.approx(scipy_p(a, b, 9999), abs=0.02)


def test_users_who_do_not_differ_say_nothing():
    rng = np.random.default_rng(0)
    a, b = rng.random(8) + 0.2, rng.random(8)
    same = rng.random(5000)
    padded = randomization_test(np.append(a, same), np.append(b, same))
    assert padded == randomization_test(a, b)
    assert randomization_test(same, same) == 1


def test_never_zero():
    assert randomization_test(np.ones(500), np.zeros(500), n_resamples=999) == 1 / 1000
    assert randomization_test(np.ones(6), np.zeros(6)) == 2 / 2**6


@given(
    values=st.lists(st.floats(-8, 8), min_size=2, max_size=9),
    order=st.randoms(use_true_random=False),
)
def test_neither_order_nor_direction_nor_unit_matters(values, order):
    a = np.array(values)
    shuffled = np.array(order.sample(values, len(values)))
    p = randomization_test(a, np.zeros(len(a)))
    assert 0 < p <= 1
    assert randomization_test(np.zeros(len(a)), a) == p
    assert randomization_test(shuffled, np.zeros(len(a))) == p
    assert randomization_test(4 * a, np.zeros(len(a))) == p


def test_a_user_is_the_mean_over_seeds():
    rng = np.random.default_rng(0)
    a, b = rng.random((3, 40)) + 0.1, rng.random((3, 40))
    assert randomization_test(a, b) == randomization_test(list(a), list(b))
    assert randomization_test(a, b) == randomization_test(a.mean(axis=0), b.mean(axis=0))
    users = np.arange(40) + 7
    named = [[PerUser(users, seed) for seed in side] for side in (a, b)]
    assert randomization_test(*named) == randomization_test(a, b)


@pytest.mark.parametrize("n_users", [8, 40])
def test_a_true_null_is_rejected_as_often_as_said(n_users):
    """Skewed differences in mirror image: the mean is zero, the bell curve does not fit."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 1], (600, n_users))
    gains = signs * rng.exponential(size=(600, n_users)) ** 2
    p = np.array([randomization_test(g, np.zeros(n_users), n_resamples=399) for g in gains])
    assert 0.025 <= np.mean(p <= 0.05) <= 0.075  # 0.05 ± just under three standard errors
    assert 0.44 <= np.mean(p <= 0.5) <= 0.56


def test_impressions_of_one_user_are_not_many_users():
    rng = np.random.default_rng(0)
    users = np.arange(600) // 20
    wrong = {"impression": 0, "user": 0}
    for _ in range(200):
        gains = rng.normal(size=30)[users] + rng.normal(size=600)
        by_user = per_user(PerGroup(np.arange(600), gains), users)
        nothing = np.zeros(600)
        wrong["impression"] += randomization_test(gains, nothing, 199) <= 0.05
        wrong["user"] += randomization_test(by_user.values, nothing[:30], 199) <= 0.05
    assert wrong["impression"] / 200 > 0.4
    assert wrong["user"] / 200 <= 0.10


def test_an_effect_is_found():
    rng = np.random.default_rng(0)
    found = [
        randomization_test(rng.normal(0.5, 1, 60), np.zeros(60), 399) <= 0.05 for _ in range(200)
    ]
    assert np.mean(found) > 0.9  # the t test's power is 0.97


def test_deterministic():
    a, b = np.random.default_rng(0).random((2, 50))
    assert randomization_test(a, b) == randomization_test(a, b)
    assert randomization_test(a, b) != randomization_test(a, b, random_state=1)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones(3), np.ones(4), "not over the same users"),
        ([np.ones(3)] * 2, np.ones(3), "a has 2 seeds and b has 1"),
        (np.array([0.5, np.nan]), np.ones(2), "user number 1 is nan"),
        (np.ones(1), np.ones(1), "at least two users"),
        (PerGroup(np.arange(3), np.ones(3)), np.ones(3), r"pass per_user\("),
        (PerUser(np.arange(2), np.ones(2)), PerUser(np.arange(1, 3), np.ones(2)), "same users"),
    ],
)
def test_bad_values(a, b, message):
    with pytest.raises(InputError, match=message):
        randomization_test(a, b)


def test_too_few_patterns():
    with pytest.raises(InputError, match="n_resamples from 100, not 99"):
        randomization_test(np.ones(30), np.zeros(30), n_resamples=99)


def holm_by_definition(p):
    """Rejected at a level: all before the first that fails. Adjusted: the least such level."""
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    for place, test in enumerate(order):
        steps = [(len(p) - i) * p[order[i]] for i in range(place + 1)]
        adjusted[test] = min(1, max(steps))
    return adjusted


def benjamini_hochberg_by_definition(p):
    """Rejected: up to the last that passes its line, level × rank / number of tests."""
    ordered = np.sort(p)
    lines = [ordered[i] * len(p) / (i + 1) for i in range(len(p))]
    return [min([1, *lines[np.searchsorted(ordered, one, side="right") - 1 :]]) for one in p]


@given(p=P_VALUES)
def test_corrections_by_definition(p):
    np.testing.assert_allclose(holm(p), holm_by_definition(p))
    np.testing.assert_allclose(benjamini_hochberg(p), benjamini_hochberg_by_definition(p))


@given(p=P_VALUES)
def test_corrections_only_ever_raise_and_keep_the_order(p):
    strict, mild = holm(p), benjamini_hochberg(p)
    slack = 1e-12
    assert (np.array(p) <= mild + slack).all()
    assert (mild <= strict + slack).all()
    assert (strict <= 1).all()
    for adjusted in (strict, mild):
        assert (np.diff(adjusted[np.argsort(p)]) >= -slack).all()


@given(p=P_VALUES)
@pytest.mark.parametrize("correct", [holm, benjamini_hochberg])
def test_corrections_do_not_ask_for_an_order(correct, p):
    np.testing.assert_allclose(correct(p[::-1])[::-1], correct(p))


def test_corrections_of_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = np.random.default_rng(0).random(25) ** 3
    np.testing.assert_allclose(holm(p), multitest.multipletests(p, method="holm")[1])
    np.testing.assert_allclose(
        benjamini_hochberg(p), multitest.multipletests(p, method="fdr_bh")[1]
    )


def test_among_twenty_nulls_the_best_fools_until_corrected():
    p = np.random.default_rng(0).random((2000, 20))
    fooled = np.mean(p.min(axis=1) <= 0.05)
    corrected = np.mean([holm(row).min() <= 0.05 for row in p])
    assert fooled == pytest.approx(1 - 0.95**20, abs=0.035)
    assert 0.03 <= corrected <= 0.065


def test_one_test_needs_no_correction():
    assert holm([0.03]).tolist() == benjamini_hochberg([0.03]).tolist() == [0.03]


@pytest.mark.parametrize("correct", [holm, benjamini_hochberg])
@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([], r"at least one test, not \(0,\)"),
        (0.03, r"must be \(n_tests,\)"),
        ([0.1, 1.2], "number 1 is 1.2"),
        ([-0.1, 0.2], "number 0 is -0.1"),
        ([0.1, np.nan], "number 1 is nan"),
    ],
)
def test_bad_p_values(correct, p, message):
    with pytest.raises(InputError, match=message):
        correct(p)
