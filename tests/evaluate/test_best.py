"""Who is best, and how often is a best clear where all are alike?"""

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import PerUser, paired_interval
from mmnotes.evaluate.best import best

N_USERS = 200


def alike(seed, n_rankers=3, n_seeds=5):
    """Rankers without a difference: users are hard or easy for all, the rest is chance."""
    rng = np.random.default_rng(seed)
    hard = rng.random((n_seeds, N_USERS))
    return {
        name: [values + rng.normal(0, 0.3, N_USERS) for values in hard]
        for name in "abcdef"[:n_rankers]
    }


def test_by_the_definition():
    results = alike(0)
    results["d"] = [values + 0.5 for values in results["b"]]
    found = best(results)
    means = {name: np.mean(values) for name, values in results.items()}
    assert found.ranked == tuple(sorted(means, key=means.get, reverse=True))
    leads = {name: paired_interval(results["d"], results[name]) for name in "abc"}
    assert found.name == "d"
    assert found.gap == pytest.approx(means["d"] - means[found.ranked[1]])
    assert found.lead == min(leads.values(), key=lambda lead: lead.low) == leads[found.rival]
    assert found.is_clear


def test_the_rival_is_the_one_that_could_most_easily_be_as_good():
    """c lies further back than b, and swings so much more that it may be ahead."""
    rng = np.random.default_rng(0)
    base, swing = rng.random(N_USERS), rng.normal(0, 4, N_USERS)
    results = {"a": [base + 0.2], "b": [base + 0.1], "c": [base + swing - swing.mean()]}
    found = best(results)
    assert (found.ranked, found.rival, found.is_clear) == (("a", "b", "c"), "c", False)


def test_copies_that_say_the_same_tie_and_the_first_is_named():
    values = [np.random.default_rng(0).random(N_USERS)]
    found = best({"b": values, "a": values})
    assert found.ranked == ("b", "a")
    assert (found.gap, found.lead.value, found.lead.low, found.is_clear) == (0, 0, 0, False)


def test_users_may_differ_from_seed_to_seed():
    first, second = PerUser(np.array([0, 1, 2]), np.ones(3)), PerUser(np.array([2, 5]), np.ones(2))
    more = [PerUser(each.users, each.values + 1) for each in (first, second)]
    assert best({"less": [first, second], "more": more}).lead.value == 1


@pytest.mark.parametrize("n_rankers", [2, 3, 6])
def test_where_all_are_alike_one_is_seldom_clear_of_all_others(n_rankers):
    """No level is spent on having picked the greatest: Gutmann and Maymin (1987)."""
    tables = [best(alike(seed, n_rankers), n_resamples=200).is_clear for seed in range(300)]
    assert np.mean(tables) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ({}, "two or more"),
        ({"a": [np.ones(3)]}, "two or more"),
        ({"a": [np.ones(3)], "b": [np.ones(4)]}, "same users"),
        ({"a": [np.ones(3)], "b": [np.ones(3)] * 2}, "pair them seed by seed"),
        ({"a": [np.ones(3)], "b": [np.full(3, np.nan)]}, "'b'"),
    ],
)
def test_bad_input_is_refused(results, words):
    with pytest.raises(InputError, match=words):
        best(results)
