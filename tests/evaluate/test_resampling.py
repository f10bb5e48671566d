"""Are the draws those of users drawn with replacement, and do p-values agree with intervals?"""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mmnotes.evaluate import PerUser
from mmnotes.evaluate.resampling import draw_means
from mmnotes.evaluate.seeds import seed_table


def draws_of(values_by_seed, **settings):
    return draw_means({"it": seed_table(values_by_seed)}, **settings)["it"]


def test_three_users_drawn_with_replacement():
    """Every one of the 27 ways to draw is as likely: the mean's law is known exactly."""
    values = np.array([0.0, 1.0, 5.0])
    ways = [np.mean(way) for way in itertools.product(values, repeat=3)]
    means, ways_to = np.unique(np.round(ways, 9), return_counts=True)
    drawn = draws_of([values], n_resamples=27_000)
    got, times = np.unique(np.round(drawn.value + drawn.errors, 9), return_counts=True)
    np.testing.assert_allclose(got, means)
    assert stats.chisquare(times, 1000 * ways_to).pvalue > 0.001


@pytest.mark.parametrize("n_means", [1, 3])
def test_the_error_is_that_of_a_mean(n_means):
    """One mean and several take different paths to the same sums."""
    columns = np.random.default_rng(0).normal(size=(n_means, 400)) ** 3
    tables = {i: seed_table([column]) for i, column in enumerate(columns)}
    for i, drawn in draw_means(tables, n_resamples=20_000).items():
        expected = columns[i].std() / np.sqrt(400)
        assert drawn.errors.std() == pytest.approx(expected, rel=0.02)
        assert drawn.errors.mean() == pytest.approx(0, abs=4 * expected / np.sqrt(20_000))


def test_correlated_metrics_stay_correlated():
    rng = np.random.default_rng(0)
    ndcg, other = rng.random(300), rng.random(300)
    tables = {"ndcg": ndcg, "like it": ndcg + 0.2 * rng.random(300), "unlike it": other}
    drawn = draw_means({name: seed_table([column]) for name, column in tables.items()})
    together = np.corrcoef([draws.errors for draws in drawn.values()])
    expected = np.corrcoef(list(tables.values()))
    np.testing.assert_allclose(together, expected, atol=0.03)


def test_how_many_are_drawn_at_once_does_not_matter(monkeypatch):
    values = [np.random.default_rng(seed).random(50) for seed in range(2)]
    whole = draws_of(values, n_resamples=333).errors
    for block in (1, 170):  # one resample at a time; three, and a shorter block at the end
        monkeypatch.setattr("mmnotes.evaluate.resampling._BLOCK", block)
        np.testing.assert_allclose(draws_of(values, n_resamples=333).errors, whole, atol=1e-15)


def test_a_seed_whose_users_are_not_drawn_stays_where_it_was():
    few = PerUser(np.array([0]), np.array([1.0]))
    many = PerUser(np.arange(1, 9), np.zeros(8))
    drawn = draws_of([few, many], n_resamples=200)
    assert np.isfinite(drawn.errors).all()


def test_the_p_value_is_where_the_interval_reaches_zero():
    drawn = draws_of([-np.random.default_rng(5).normal(size=90)])
    p = drawn.p_value()
    assert 0.01 < p < 0.2
    assert drawn.estimate(1 - p - 0.002).low > 0 > drawn.estimate(1 - p + 0.002).low


def test_p_values_of_a_true_null_are_uniform():
    rng = np.random.default_rng(0)
    p = [draws_of([rng.normal(size=80)], n_resamples=200).p_value() for _ in range(400)]
    assert 0.025 <= np.mean(np.array(p) < 0.05) <= 0.085
    assert np.mean(p) == pytest.approx(0.5, abs=0.045)


def test_ends_of_the_p_value():
    drawn = draws_of([np.random.default_rng(0).random(50)], n_resamples=999)
    above, below = replace(drawn, value=9.0), replace(drawn, value=-9.0)
    assert above.p_value() == below.p_value() == 2 / 1000
    assert draws_of([np.zeros(50)], n_resamples=999).p_value() == 1


def test_the_standard_error_of_users_alone():
    values = np.random.default_rng(0).random(40)
    drawn = draws_of([values])
    assert drawn.standard_error == pytest.approx(stats.sem(values), rel=0.03)
    assert drawn.freedom == pytest.approx(39)


def test_the_standard_error_of_seeds_alone():
    """Users of their own under each seed: what is known is as much as the seeds' means say."""
    rng = np.random.default_rng(0)
    seeds = [rng.normal(rng.normal(), 1, size=n) for n in (300, 301, 302)]
    drawn = draws_of(seeds)
    means = [seed.mean() for seed in seeds]
    assert drawn.standard_error == pytest.approx(stats.sem(means), rel=0.03)
    assert drawn.freedom == pytest.approx(2, rel=0.03)


def test_the_standard_error_of_seeds_that_agree():
    values = np.random.default_rng(0).random(40)
    drawn = draws_of([values] * 4)
    assert drawn.standard_error == pytest.approx(stats.sem(values), rel=0.03)
    assert drawn.freedom == pytest.approx(39)


def test_nothing_varies():
    drawn = draws_of([np.full(40, 0.5)] * 2)
    assert (drawn.standard_error, drawn.freedom) == (0, 39)


def test_large_values_keep_their_digits():
    values = np.random.default_rng(0).random(200)
    far = draws_of([values + 1e9], n_resamples=200)
    np.testing.assert_allclose(far.errors, draws_of([values], n_resamples=200).errors, atol=1e-6)
