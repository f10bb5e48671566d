"""Who is best, and how often is a best clear where all are alike?"""

from itertools import combinations

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import PerUser, paired_interval
from mmnotes.evaluate.best import agreement, best

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


def test_agreement_is_the_mean_over_pairs():
    tables = [["a", "b", "c"], ["a", "c", "c"], ["b", "b", "c"], ["a", "b", "a"]]

    def over_pairs(of):
        return np.mean(
            [[x == y for x, y in zip(*pair, strict=True)] for pair in combinations(of, 2)]
        )

    found = agreement(tables)
    assert found.value == pytest.approx(over_pairs(tables))
    without = [over_pairs(tables[:n] + tables[n + 1 :]) for n in range(4)]
    error = np.sqrt(3 / 4 * np.sum((without - np.mean(without)) ** 2))
    assert found.high == pytest.approx(min(1, found.value + 3.182446 * error))  # Student's, 3
    assert (found.n_seeds, found.n_users) == (4, 0)


@pytest.mark.parametrize("share", [1 / 3, 0.6, 0.8])
def test_agreement_holds_what_would_come_of_many_tables(share):
    """Each row names "a" with this chance, and else one of two others."""
    rng = np.random.default_rng(0)
    true = share**2 + 2 * ((1 - share) / 2) ** 2
    chances = (share, (1 - share) / 2, (1 - share) / 2)
    found = [agreement(rng.choice(list("abc"), (5, 4), p=chances)) for _ in range(500)]
    assert np.mean([each.low <= true <= each.high for each in found]) > 0.93


def test_tables_alike():
    assert agreement([["a", "b"]] * 5).low == 1


def test_two_tables_say_how_often_and_not_how_sure():
    found = agreement([["a", "b"], ["a", "c"]])
    assert (found.value, found.low, found.high) == (0.5, 0, 1)


@pytest.mark.parametrize("tables", [[["a"]], [["a"], ["a"], ["a", "b"]], [[], [], []]])
def test_too_few_tables_or_rows(tables):
    with pytest.raises(InputError, match="give two or more, each of the same rows"):
        agreement(tables)
