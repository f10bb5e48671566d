"""Runs by name: means with chance first, and what each has more than another."""

from dataclasses import replace

import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import PerUser, mean_interval, paired_interval
from mmnotes.experiments.compared import compared
from mmnotes.experiments.running import run
from mmnotes.experiments.summary import of_users
from mmnotes.experiments.tasks import Task


@pytest.fixture(scope="module")
def runs(toy):
    names = ("MostPop", "ItemKNN")
    return {name: [run(Task(name, seed), toy)[0] for seed in (0, 1)] for name in names}


def test_means_and_differences_are_those_of_the_users(runs):
    found = compared(runs, ["MostPop"])
    assert list(found) == ["recall@20", "MostPop"]
    assert list(found["recall@20"]) == ["chance", "MostPop", "ItemKNN"]
    knn, pop = (of_users(runs[name]) for name in ("ItemKNN", "MostPop"))
    assert found["recall@20"]["ItemKNN"] == mean_interval(knn).within(0, 1)
    assert found["MostPop"] == {"ItemKNN": paired_interval(knn, pop)}
    assert found["MostPop"]["ItemKNN"].low > 0


def test_chance_is_that_of_the_candidates(runs):
    (chance, *_), seeds = compared(runs, [])["recall@20"].values(), runs["MostPop"]
    assert chance.value == pytest.approx(seeds[0].tracks["test"].chance["recall@20"])


def test_another_metric_and_track(runs):
    found = compared(runs, ["MostPop"], metric="ndcg@20", track="valid")
    gain = runs["ItemKNN"][0].valid["ndcg@20"] - runs["MostPop"][0].valid["ndcg@20"]
    assert found["MostPop"]["ItemKNN"].value == pytest.approx(gain)


def test_a_name_that_is_not_there_is_passed_over(runs):
    assert list(compared(runs, ["EASE", "ItemKNN"])) == ["recall@20", "ItemKNN"]


def test_runs_of_other_users_are_refused(runs):
    first = runs["ItemKNN"][0]
    values = first.per_user["test"]["recall@20"]
    fewer = {"test": {"recall@20": PerUser(values.users[1:], values.values[1:])}}
    strange = replace(first, per_user=fewer)
    with pytest.raises(InputError, match="not over the same users"):
        compared({**runs, "ItemKNN": [strange, strange]}, ["MostPop"])


def test_seeds_in_another_order_are_refused(runs):
    """Each user is there under either seed, so nothing else would tell."""
    seeded = {
        name: [replace(run, depends_on_seed=True) for run in each] for name, each in runs.items()
    }
    assert compared(seeded, ["MostPop"]) == compared(runs, ["MostPop"])
    turned = {**seeded, "ItemKNN": seeded["ItemKNN"][::-1]}
    with pytest.raises(InputError, match="'ItemKNN' with the seed 1 stands where 'MostPop' has"):
        compared(turned, ["MostPop"])


def test_a_metric_that_was_not_taken_is_refused(runs):
    with pytest.raises(InputError, match="MostPop, seed 0: no values of users for 'recall@7'"):
        compared(runs, ["MostPop"], metric="recall@7")


def test_no_runs_are_refused():
    with pytest.raises(InputError, match="no runs to compare"):
        compared({}, ["MostPop"])
