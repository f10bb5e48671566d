"""Runs as a table: means, intervals, gains and what is kept of them."""

from dataclasses import replace

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import PerUser, mean_interval, paired_interval
from mmnotes.experiments.runs import Outcome, Run
from mmnotes.experiments.summary import of_users, retention, summary
from mmnotes.experiments.text import as_text

N = 400
CHANCE = 0.02
USERS = np.arange(N)
HARD = np.random.default_rng(0).random(N)  # how easy a user is for everybody


def made(model, seed, level, *, depends_on_seed=True, variant="", noise=0.02):
    """A run of a model of which each user's value is known up to noise."""
    rng = np.random.default_rng([seed, *model.encode(), *variant.encode()])
    values = PerUser(USERS, level * HARD * 2 + rng.normal(0, noise, N))
    chance = PerUser(USERS, np.full(N, CHANCE))
    outcome = Outcome({"recall@20": values.values.mean()}, {"recall@20": CHANCE}, "all", 50, N)
    tracks = ("valid", "test")
    return Run(
        model=model,
        data="made",
        seed=seed,
        device="cpu",
        epochs=1,
        epoch_cpu_seconds=0.0,
        peak_mib=None,
        tracks=dict.fromkeys(tracks, outcome),
        variant=variant,
        depends_on_seed=depends_on_seed,
        per_user={track: {"recall@20": values} for track in tracks},
        chance_per_user={track: {"recall@20": chance} for track in tracks},
    )


@pytest.fixture
def runs():
    seeded = [made("A", seed, 0.3) for seed in (2, 0, 1)] + [made("B", s, 0.4) for s in (0, 1, 2)]
    return [*seeded, made("MostPop", 0, 0.1, depends_on_seed=False)]


def by_label(rows, track="test"):
    return {row.label: row for row in rows if row.track == track}


def values(runs, model):
    chosen = sorted((run for run in runs if run.model == model), key=lambda run: run.seed)
    return [run.per_user["test"]["recall@20"] for run in chosen]


def test_chance_and_the_baseline_come_first(runs):
    rows = [row for row in summary(runs) if row.track == "test"]
    assert [row.label for row in rows] == ["chance", "MostPop", "A", "B"]
    assert rows[0].metrics["recall@20"].value == pytest.approx(CHANCE)
    assert not rows[0].gains
    assert not rows[1].gains


def test_intervals_are_those_of_evaluate(runs):
    rows = by_label(summary(runs))
    assert rows["A"].metrics["recall@20"] == mean_interval(values(runs, "A"))
    stands_for_all = values(runs, "MostPop") * 3
    wanted = paired_interval(values(runs, "A"), stands_for_all)
    assert rows["A"].gains["recall@20"] == wanted
    assert rows["A"].gains["recall@20"].n_seeds == 3
    assert rows["MostPop"].metrics["recall@20"].n_seeds == 1


def test_another_baseline(runs):
    rows = by_label(summary(runs, baseline="A"))
    assert rows["B"].gains["recall@20"].low > 0
    assert rows["MostPop"].gains["recall@20"].high < 0
    assert not any(row.gains for row in summary(runs, baseline="nobody"))


def test_gains_are_over_the_seeds_that_both_have(runs):
    fewer = [run for run in runs if (run.model, run.seed) != ("B", 1)]
    row = by_label(summary(fewer, baseline="A"))["B"]
    assert row.gains["recall@20"].n_seeds == 2
    a, b = values(fewer, "A"), values(fewer, "B")
    assert row.gains["recall@20"] == paired_interval(b, [a[0], a[2]])
    apart = [made("A", 0, 0.3), made("B", 1, 0.4)]
    assert not by_label(summary(apart, baseline="A"))["B"].gains


def test_shares_stay_between_zero_and_one():
    rows = by_label(summary([made("A", 0, 0.5), made("A", 1, 0.9)]))
    assert rows["A"].metrics["recall@20"].low >= 0
    assert rows["A"].metrics["recall@20"].high <= 1


def test_retention_is_the_share_of_the_gain():
    runs = [made("MostPop", 0, 0.1, depends_on_seed=False)]
    for seed in range(5):
        runs += [made("A", seed, 0.5), made("A", seed, 0.2, variant="shuffled")]
        runs += [made("A", seed, 0.35, variant="half"), made("A", seed, 0.2, variant="none")]
    kept = retention(runs, "A", "A, shuffled")
    assert kept["A, half"].low < 0.5 < kept["A, half"].high
    assert kept["A, none"].low < 0 < kept["A, none"].high
    assert kept["MostPop"].high < 0
    assert set(kept) == {"A, half", "A, none", "MostPop"}


@pytest.mark.parametrize(
    ("full", "floor", "said"),
    [
        ("A", "C", "no run is labelled 'C'; there is A, B, MostPop"),
        ("A", "A", "'A' is no better than 'A'"),
    ],
)
def test_retention_needs_both_ends(runs, full, floor, said):
    with pytest.raises(InputError, match=said):
        retention(runs, full, floor)


def test_values_of_users_and_of_chance(runs):
    assert of_users(runs[:2]) == [run.per_user["test"]["recall@20"] for run in runs[:2]]
    (chance,) = of_users(runs[:1], "recall@20", "valid", chance=True)
    assert (chance.values == CHANCE).all()


@pytest.mark.parametrize("asked", [("recall@3", "test"), ("recall@20", "equal")])
def test_a_run_without_that_metric_or_track_is_named(runs, asked):
    said = f"A, seed 2: no values of users for '{asked[0]}' on the track '{asked[1]}'; tracks are"
    with pytest.raises(InputError, match=said):
        of_users(runs, *asked)


def test_retention_needs_seeds_in_common(runs):
    with pytest.raises(InputError, match="'C', 'A' and 'MostPop' share no seed"):
        retention([*runs, made("C", 9, 0.2)], "A", "MostPop")


def test_misuse(runs):
    with pytest.raises(InputError, match="no run to sum up"):
        summary([])
    with pytest.raises(InputError, match="A: two runs with the seed 2"):
        summary([*runs, runs[0]])
    with pytest.raises(InputError, match="A, seed 2: the values of users are not at hand"):
        summary([replace(runs[0], per_user={})])
    with pytest.raises(InputError, match="runs of several datasets"):
        summary([*runs, replace(runs[0], data="other", seed=7)])


def test_protocols_are_apart(runs):
    both = [*runs, *(replace(run, protocol="cold") for run in runs)]
    told = {(row.protocol, row.label) for row in summary(both)}
    assert {("warm", "A"), ("cold", "A")} <= told


def test_text(runs):
    told = as_text(summary(runs), ["recall@20"])
    assert told.splitlines()[0] == "made, warm, valid: 400 users, among all (50)"
    row = next(line for line in told.splitlines() if line.strip().startswith("B"))
    gain = by_label(summary(runs))["B"].gains["recall@20"]
    assert row.endswith(f"3      {gain:+.4f}")


def test_a_run_of_each_market_counts_for_itself_though_no_seed_is_in_it():
    """One market is easy and one is hard: the gain is that within a market."""
    levels = (0.1, 0.3, 0.5)
    floor = [made("MostPop", s, x, depends_on_seed=False) for s, x in enumerate(levels)]
    better = [made("EASE", s, x + 0.05, depends_on_seed=False) for s, x in enumerate(levels)]
    gain = by_label(summary([*floor, *better]))["EASE"].gains["recall@20"]
    pair = [values([*floor, *better], model) for model in ("EASE", "MostPop")]
    assert gain == paired_interval(*pair)
    assert 0.04 < gain.low < gain.high < 0.06


def test_nothing_is_kept_of_a_gain_that_is_none(runs):
    with pytest.raises(InputError, match="'A' is no better than 'B'"):
        retention([*runs, made("C", 0, 0.35)], full="A", floor="B")
