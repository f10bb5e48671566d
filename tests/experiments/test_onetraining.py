"""Tracks out of one training: who is in which, and that runs and rankings say the same."""

from dataclasses import replace

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import Estimate, PerUser, mean_interval, paired_interval
from mmnotes.experiments.onetraining import (
    by_track,
    compared_tracks,
    leads_by_track,
    nearest_rival,
    tracks_of,
)
from mmnotes.experiments.running import run
from mmnotes.experiments.tasks import Task
from mmnotes.experiments.tracks import ask, cold
from mmnotes.recommenders import EASE

ORDER = ["warm", "sparse", "active", "cold", "warm, as many"]


def histories(*sizes):
    """A training part in which user u has sizes[u] different items, the first of them twice."""
    user = np.repeat(np.arange(len(sizes)), np.array(sizes) + 1)
    item = np.concatenate([[0, *range(size)] for size in sizes])
    return Interactions(user, item, len(sizes), 30)


def rankings(*users, names=("warm", "test", "whole", "equal")):
    values = PerUser(np.array(users), np.array(users) / 10)
    return {name: {"recall@20": values} for name in names}


def test_users_go_by_what_the_model_was_trained_on():
    found = by_track(rankings(0, 1, 2, 3), histories(5, 6, 19, 20))
    assert list(found) == ORDER
    assert found["sparse"].users.tolist() == [0]
    assert found["active"].users.tolist() == [3]
    assert found["active"].values.tolist() == [0.3]
    assert found["warm"].users.tolist() == found["cold"].users.tolist() == [0, 1, 2, 3]


def test_a_track_without_users_is_left_out():
    found = by_track(rankings(1, 2, names=("warm", "test")), histories(5, 6, 19, 20))
    assert list(found) == ["warm", "cold"]


def test_runs_say_what_rankings_say(toy):
    """The training part is cut again for each run, by its seed."""
    runs = [run(Task("EASE", seed=s, protocol="cold"), toy)[0] for s in (0, 3)]
    found, chance = tracks_of(runs, toy), tracks_of(runs, toy, chance=True)
    for place, done in enumerate(runs):
        cut = cold(toy.interactions, done.seed)
        asked = ask(EASE(device="cpu").fit(cut.train), cut)
        for values, part in ((found, "metrics"), (chance, "chance")):
            wanted = by_track({t: getattr(r, part) for t, r in asked.items()}, cut.train)
            assert values.keys() <= wanted.keys()
            for track, each in values.items():
                np.testing.assert_array_equal(each[place].users, wanted[track].users)
                np.testing.assert_array_equal(each[place].values, wanted[track].values)


def test_what_is_no_such_run_is_refused(toy):
    (warm,) = run(Task("MostPop"), toy)
    (right,) = run(Task("MostPop", protocol="cold"), toy)
    with pytest.raises(InputError, match="'cold'"):
        tracks_of([warm], toy)
    with pytest.raises(InputError, match="not 'another'"):
        tracks_of([right], replace(toy, name="another"))
    with pytest.raises(InputError, match="no run"):
        tracks_of([], toy)
    with pytest.raises(InputError, match="'hits@3' on the track"):
        tracks_of([right], toy, "hits@3")


def drawn(means, n_users=300, n_runs=4):
    """Values of users on two tracks, by name; users are hard or easy for all."""
    rng = np.random.default_rng(0)
    users, found = np.arange(n_users), {name: {"warm": [], "cold": []} for name in means}
    for track in ("warm", "cold"):
        for hard in rng.random((n_runs, n_users)) / 4:
            for name, mean in means.items():
                noise = rng.normal(0, 0.02, n_users)
                found[name][track].append(PerUser(users, hard + mean + noise))
    return found


def ends(estimate):
    return estimate.value, estimate.low, estimate.high


def test_compared_by_the_definition():
    values = drawn({"chance": 0.0, "a": 0.2, "b": 0.21, "c": 0.15})
    found = compared_tracks(values)
    assert list(found) == ["warm", "cold"]
    for track, told in found.items():
        own = {name: each[track] for name, each in values.items()}
        assert (told["best"], told["rival"]) == ("b", "a")
        for name, mean in told["recall"].items():
            assert ends(mean) == pytest.approx(ends(mean_interval(own[name])))
        for name, leads in told["over"].items():
            assert set(leads) == set("abc") - {name}
            for other, lead in leads.items():
                first, second = sorted((name, other))
                wanted = ends(paired_interval(own[first], own[second]))
                if name == second:  # seen from the other side
                    wanted = -wanted[0], -wanted[2], -wanted[1]
                assert ends(lead) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("names", "words"), [("ab", "no values of 'chance', only of a, b"), (["chance", "a"], "best")]
)
def test_no_comparison_without_chance_or_with_one_model(names, words):
    values = drawn({"chance": 0.0, "a": 0.1, "b": 0.2})
    with pytest.raises(InputError, match=words):
        compared_tracks({name: values[name] for name in names})


def test_a_model_that_lacks_a_track_is_named():
    values = {name: dict(each) for name, each in drawn({"chance": 0.0, "a": 0.1}).items()}
    track = next(iter(values["a"]))
    del values["a"][track]
    with pytest.raises(InputError, match=f"a has no values on the track '{track}'"):
        compared_tracks(values)


def test_the_nearest_rival_is_the_one_that_the_lead_is_least_sure_over():
    leads = {"a": Estimate(0.1, -0.1, 0.3), "b": Estimate(0.05, 0.04, 0.06)}
    assert nearest_rival(leads, ("b", "a", "absent")) == ("a", leads["a"])
    assert nearest_rival(leads, ("absent", "b")) == ("b", leads["b"])
    assert nearest_rival(leads, ("absent",)) is None


def test_leads_are_told_pair_by_pair():
    over = {"a": {"b": 1.0, "c": 2.0}, "b": {"a": -1.0, "c": 1.0}, "c": {"a": -2.0, "b": -1.0}}
    tracks = {"warm": {"over": over}, "cold": {"over": {"a": {"c": 3.0}, "c": {"a": -3.0}}}}
    assert leads_by_track(tracks, ["a", "b"], ["c", "absent"]) == {
        "warm": {"a over b": 1.0, "a over c": 2.0, "b over c": 1.0},
        "cold": {"a over c": 3.0},
    }
    assert leads_by_track(tracks, ["b", "a"])["warm"] == {"b over a": -1.0}
