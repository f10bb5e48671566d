"""Does the interval hold the truth as often as it says? And does it refuse what it cannot judge?"""

import numpy as np
import pytest
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.evaluate import (
    PerGroup,
    PerUser,
    mean_interval,
    mean_intervals,
    paired_interval,
    paired_intervals,
    paired_ratio,
)

N_USERS = 100


def worlds(seed_spread, shared, n_seeds=5, n_worlds=400):
    """Values by seed whose true mean is zero: users vary, seeds vary, cells vary."""
    for number in range(n_worlds):
        rng = np.random.default_rng(number)
        taste = rng.normal(size=N_USERS)
        yield [
            (taste if shared else rng.normal(size=N_USERS))
            + rng.normal(size=N_USERS)
            + seed_spread * rng.normal()
            for _ in range(n_seeds)
        ]


def coverage(interval, cases):
    held = [low <= 0 <= high for low, high in map(interval, cases)]
    return np.mean(held)


def ours(values):
    estimate = mean_interval(values, n_resamples=300)
    return estimate.low, estimate.high


def seeds_redrawn(values):
    """The simpler rule that the docstring warns of: draw seeds, then users inside each."""
    rng, n_seeds = np.random.default_rng(0), len(values)
    seeds = rng.integers(0, n_seeds, (200, n_seeds, 1))
    users = rng.integers(0, N_USERS, (200, n_seeds, N_USERS))
    return np.quantile(np.array(values)[seeds, users].mean(axis=(1, 2)), [0.025, 0.975])


@pytest.mark.parametrize(
    ("seed_spread", "shared"),
    [
        (0.0, True),
        (1.0, False),
        *(
            pytest.param(*world, marks=pytest.mark.slow)
            for world in ((0.0, False), (0.15, False), (0.15, True), (1.0, True))
        ),
    ],
)
def test_holds_the_truth_as_often_as_it_says(seed_spread, shared):
    got = coverage(ours, worlds(seed_spread, shared))
    assert 0.91 <= got <= 0.985  # 0.95 ± three standard errors of 400 worlds, a little rounded out


def test_redrawing_seeds_would_not():
    assert coverage(seeds_redrawn, worlds(1.0, shared=False, n_worlds=200)) < 0.90
    assert coverage(seeds_redrawn, worlds(0.0, shared=True, n_worlds=200)) < 0.85


def test_one_seed_holds_the_truth_for_skewed_values():
    cases = ([np.random.default_rng(w).exponential(size=N_USERS) - 1] for w in range(600))
    assert 0.90 <= coverage(ours, cases) <= 0.975


def test_two_seeds_know_little():
    assert coverage(ours, worlds(1.0, shared=False, n_seeds=2)) >= 0.91


def test_a_true_null_is_rejected_one_time_in_forty_on_each_side():
    """What a claim 'the gain's low end is above zero' risks when there is no gain."""
    rng = np.random.default_rng(0)
    wrong = 0
    for a in worlds(0.3, shared=True):
        b = [values + rng.normal(size=N_USERS) for values in a]
        wrong += paired_interval(a, b, n_resamples=300).low > 0
    assert wrong / 400 <= 0.05


def test_one_seed_is_the_bootstrap_of_scipy():
    values = np.random.default_rng(3).gamma(2, size=300)
    got = mean_interval([values], n_resamples=9999)
    other = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=9999, rng=0)
    assert got.value == pytest.approx(values.mean())
    assert got.low == pytest.approx(other.confidence_interval.low, abs=0.01)
    assert got.high == pytest.approx(other.confidence_interval.high, abs=0.01)


def test_seeds_with_users_of_their_own_give_the_t_interval():
    rng = np.random.default_rng(0)
    seeds = [
        PerUser(np.arange(200) + 1000 * s, rng.normal(size=200) + rng.normal()) for s in range(5)
    ]
    means = np.array([seed.values.mean() for seed in seeds])
    got = mean_interval(seeds, n_resamples=20_000)
    half = stats.t.ppf(0.975, 4) * means.std(ddof=1) / np.sqrt(5)
    assert got.n_users == 1000
    assert got.high - got.value == pytest.approx(half, rel=0.05)
    assert got.value - got.low == pytest.approx(half, rel=0.05)


def test_seeds_that_agree_add_nothing():
    values = np.random.default_rng(0).random(500)
    one, five = mean_interval([values]), mean_interval([values] * 5)
    assert (five.n_users, five.n_seeds, one.n_seeds) == (500, 5, 1)
    assert five.high - five.low == pytest.approx(one.high - one.low, rel=0.1)


def test_the_value_weighs_seeds_alike_and_users_by_id():
    first = PerUser(np.array([3, 1]), np.array([0.0, 1.0]))
    second = PerUser(np.array([1, 7, 9]), np.array([1.0, 1.0, 1.0]))
    got = mean_interval([first, second])
    assert got.value == pytest.approx((0.5 + 1.0) / 2)
    assert (got.n_users, got.n_seeds) == (4, 2)


def test_arrays_of_unequal_lengths_are_other_users():
    for lengths in ((3, 4), (4, 3), (4, 2, 9)):
        assert mean_interval([np.arange(float(n)) for n in lengths]).n_users == sum(lengths)
    assert mean_interval([np.arange(4.0), np.arange(4.0)]).n_users == 4


def test_pairing_narrows():
    rng = np.random.default_rng(0)
    ease = [rng.random(300) for _ in range(5)]
    better = [e + 0.01 + 0.01 * rng.normal(size=300) for e in ease]
    gain = paired_interval(better, ease)
    apart = mean_interval(better)
    assert gain.value == pytest.approx(0.01, abs=0.002)
    assert gain.low > 0
    assert gain.high - gain.low < (apart.high - apart.low) / 5


def test_a_minus_b_turns_its_sign():
    rng = np.random.default_rng(0)
    a, b = [rng.random(50)], [rng.random(50)]
    one, other = paired_interval(a, b), paired_interval(b, a)
    assert one.value == pytest.approx(-other.value)
    assert one.low == pytest.approx(-other.high, abs=0.03)


def test_deterministic_and_ordered():
    values = [np.random.default_rng(s).random(60) for s in range(3)]
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(values) != mean_interval(values, random_state=1)
    narrow, wide = mean_interval(values, level=0.5), mean_interval(values, level=0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    assert (narrow.level, wide.level) == (0.5, 0.99)


def close(one, other):
    ends = [(e.value, e.low, e.high) for e in (one, other)]
    sizes = [(e.n_users, e.n_seeds, e.level) for e in (one, other)]
    return ends[0] == pytest.approx(ends[1], abs=1e-12) and sizes[0] == sizes[1]


def test_many_in_one_pass_are_those_of_one_alone():
    rng = np.random.default_rng(0)
    ids = np.sort(rng.choice(500, 200, replace=False))
    by_name = {
        "five seeds": [rng.random(200) for _ in range(5)],
        "one seed": [rng.random(200)],
        "other users": [rng.random(90) for _ in range(5)],
        "five more": [rng.random(200) for _ in range(5)],
        "with ids": PerUser(ids, rng.random(200)),
        "overlapping": [PerUser(ids + shift, rng.random(200)) for shift in (0, 3)],
    }
    together = mean_intervals(by_name)
    assert list(together) == list(by_name)
    for name, values in by_name.items():
        assert close(together[name], mean_interval(values)), name


def test_metrics_of_one_pass_share_their_resamples():
    values = np.random.default_rng(0).random(300)
    got = mean_intervals({"it": [values], "its double": [2 * values], "its rest": [1 - values]})
    assert got["its double"].low == pytest.approx(2 * got["it"].low)
    assert got["its rest"].low == pytest.approx(1 - got["it"].high)


def test_pairs_of_many():
    rng = np.random.default_rng(0)
    a = {name: [rng.random(50) for _ in range(3)] for name in ("ndcg", "recall")}
    b = {name: [rng.random(50) for _ in range(3)] for name in ("recall", "ndcg")}
    got = paired_intervals(a, b, level=0.9)
    for name in a:
        assert close(got[name], paired_interval(a[name], b[name], level=0.9))


def test_a_ratio_holds_the_truth_as_often_as_it_says():
    held = []
    for number in range(400):
        rng = np.random.default_rng(number)
        b = [rng.gamma(2.0, size=N_USERS) * rng.uniform(0.8, 1.2) for _ in range(5)]
        a = [0.6 * x + rng.normal(0, 0.5, N_USERS) + 0.1 * rng.normal() for x in b]
        kept = paired_ratio(a, b, n_resamples=300)
        held.append(kept.low <= 0.6 <= kept.high)
    assert 0.91 <= np.mean(held) <= 0.985


def test_a_ratio_of_one_seed_is_the_bootstrap_of_the_ratio():
    rng = np.random.default_rng(3)
    b = rng.gamma(2.0, size=2000)
    a = 0.7 * b + rng.normal(0, 0.5, 2000)
    by = PerUser(np.arange(2000), a), PerUser(np.arange(2000), b)
    kept = paired_ratio(*by)
    draws = rng.integers(0, 2000, (2000, 2000))
    low, high = np.quantile(a[draws].mean(1) / b[draws].mean(1), [0.025, 0.975])
    assert kept.value == pytest.approx(a.mean() / b.mean())
    assert (kept.low, kept.high) == pytest.approx((low, high), abs=0.15 * (high - low))
    assert (kept.n_users, kept.n_seeds) == (2000, 1)


def test_ids_on_one_side_serve_both():
    """Seeds with users of their own: places alone would pair other users."""
    rng = np.random.default_rng(0)
    users = [np.array([0, 1, 2]), np.array([1, 2, 5])]
    a, b = rng.random((2, 2, 3)) + 1
    named = [[PerUser(*pair) for pair in zip(users, part, strict=True)] for part in (a, b)]
    for pair in (paired_ratio, paired_interval):
        wanted = pair(*named)
        assert pair(named[0], list(b)) == pair(list(a), named[1]) == wanted


def test_a_ratio_without_a_denominator_or_of_other_users():
    with pytest.raises(InputError, match="the mean of b is zero"):
        paired_ratio([np.ones(3)], [np.zeros(3)])
    with pytest.raises(InputError, match="a and b are not over the same users"):
        paired_ratio([np.ones(3)], [np.ones(4)])


def test_bad_names():
    with pytest.raises(InputError, match="give at least one name"):
        mean_intervals({})
    with pytest.raises(InputError, match=r"'recall': seed number 0: .* user number 1 is nan"):
        mean_intervals({"ndcg": [np.ones(2)], "recall": [np.array([1.0, np.nan])]})
    with pytest.raises(InputError, match=r"only one of them has \['map', 'mrr'\]"):
        paired_intervals({"mrr": [np.ones(2)]}, {"map": [np.ones(2)]})
    with pytest.raises(InputError, match="'mrr': seed number 0: a and b are not over the same"):
        paired_intervals({"mrr": [np.ones(2)]}, {"mrr": [np.ones(3)]})


def test_memory_is_bounded():
    import tracemalloc

    values = [np.random.default_rng(0).random(50_000)]
    tracemalloc.start()
    mean_interval(values, n_resamples=500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * 2**20  # all draws at once would hold 200 MB


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "no seed"),
        ([np.array([])], "seed number 0: .* at least one user"),
        (np.arange(5.0), r"seed number 0: .*one seed alone still goes into a list"),
        ([np.array([1.0, np.nan])], "seed number 0: the value of user number 1 is nan"),
        ([np.array([0.5])], "at least two users"),
        ([PerUser(np.arange(2), np.ones(2)), np.ones(2)], "give PerUser for all"),
        (PerGroup(np.arange(2), np.ones(2)), r"seed number 0: .* groups.* pass per_user\("),
        ([PerGroup(np.arange(2), np.ones(2))], r"seed number 0: .* groups.* pass per_user\("),
        ({"ndcg": np.ones(2)}, "seed number 0: the values are not numbers"),
    ],
)
def test_bad_values(values, message):
    with pytest.raises(InputError, match=message):
        mean_interval(values)


def test_bad_settings():
    with pytest.raises(InputError, match="n_resamples from 100, not 10"):
        mean_interval([np.arange(5.0)], n_resamples=10)
    for level in (0.0, 1.0, 95):
        with pytest.raises(InputError, match=f"level between 0 and 1, not {level}"):
            mean_interval([np.arange(5.0)], level=level)


def test_bad_pairs():
    with pytest.raises(InputError, match="a has 2 seeds and b has 1"):
        paired_interval([np.ones(3)] * 2, [np.ones(3)])
    with pytest.raises(InputError, match="seed number 1: a and b are not over the same users"):
        paired_interval([np.ones(3), np.ones(3)], [np.ones(3), np.ones(4)])
    one, other = PerUser(np.array([0, 1]), np.ones(2)), PerUser(np.array([0, 2]), np.ones(2))
    with pytest.raises(InputError, match="score the same impressions"):
        paired_interval(one, other)
