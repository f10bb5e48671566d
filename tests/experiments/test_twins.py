"""An ensemble beside each model alone and beside two of a kind."""

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import mean_interval, paired_interval
from mmnotes.experiments.ensembles import alone, rankings, shared_hits, together
from mmnotes.experiments.tracks import warm
from mmnotes.experiments.twins import beside_twins, turned
from mmnotes.recommenders import MostPop

SEEDS = {"A": range(4), "B": range(4, 8), "A, again": range(8, 12), "B, again": range(12, 16)}


def noisy(toy, seed):
    """Vectors that know which kind of items each user likes, and make errors of their own."""
    rng, rows = np.random.default_rng(seed), toy.interactions
    users, items = (np.eye(10)[np.arange(n) % 10] for n in (rows.n_users, rows.n_items))
    errors = [rng.normal(size=(len(part), 4)) for part in (users, items)]
    return np.hstack([users, errors[0]]), np.hstack([items, 0.3 * errors[1]])


@pytest.fixture(scope="module")
def asked(toy):
    cuts = [warm(toy.interactions)] * 4
    of = {name: [noisy(toy, seed) for seed in seeds] for name, seeds in SEEDS.items()}
    return {"A": of["A"], "B": of["B"]}, {"A": of["A, again"], "B": of["B, again"]}, cuts


def test_it_is_made_of_the_ensembles_by_name(asked):
    models, twins, cuts = asked
    found = beside_twins(models, twins, cuts)
    singles = {name: alone(each, cuts) for name, each in models.items()}
    both = together(models["A"], models["B"], cuts)
    twice = {name: together(models[name], twins[name], cuts) for name in models}
    assert found.gain == both.over(*singles.values())
    assert found.left == both.over(*twice.values())
    assert found.of_twins("B") == paired_interval(twice["B"].values, singles["B"].values)
    assert found.common["A"] == shared_hits(singles["A"].tests, rankings(twins["A"], cuts))
    assert found.common[""] == shared_hits(*(each.tests for each in singles.values()))


def test_two_who_know_the_same_gain_what_twins_gain(asked):
    found = beside_twins(*asked)
    assert found.gain.low > 0
    assert found.of_twins("A").low > 0
    assert found.left.low < 0 < found.left.high


def test_rows_of_its_table(asked):
    found = beside_twins(*asked)
    rows = found.rows()
    assert list(rows) == ["chance", "A", "B", "A twice", "B twice", "A with B"]
    assert rows["chance"] == {"mean": mean_interval(found.both.chance)}
    assert rows["A"].keys() == {"mean"}
    assert rows["A twice"]["gain"] == found.of_twins("A")
    assert "left" not in rows["A twice"]
    assert rows["A with B"]["left"] == found.left
    assert rows["A with B"]["share"] == found.both.share


def test_without_a_twin_a_model_is_its_own_control(asked):
    models, twins, cuts = asked
    counts = MostPop().fit(cuts[0].train).score
    found = beside_twins({"A": models["A"], "MostPop": [counts] * 4}, {"A": twins["A"]}, cuts)
    assert list(found.rows()) == ["chance", "A", "MostPop", "A twice", "A with MostPop"]
    gain = found.of_twins("MostPop")
    assert gain.value == gain.low == gain.high == 0


def test_a_model_that_is_its_own_twin_and_rival(asked):
    models, _, cuts = asked
    itself = {"A": models["A"], "B": models["A"]}
    found = beside_twins(itself, itself, cuts)
    for gain in (found.gain, found.left, found.of_twins("A")):
        assert gain.value == pytest.approx(0, abs=1e-3)
    assert found.common[""].value == 1


def test_two_models(asked):
    models, twins, cuts = asked
    with pytest.raises(InputError, match="of two models, not of 1"):
        beside_twins({"A": models["A"]}, twins, cuts)


def test_partners_are_of_another_seed():
    with pytest.raises(InputError, match="1 seed has no other seed"):
        turned(["alone"])
