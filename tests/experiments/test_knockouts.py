from dataclasses import replace

import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import Estimate, mean_interval, paired_interval, paired_ratio
from mmnotes.experiments.knockouts import effects, settled
from mmnotes.experiments.running import run
from mmnotes.experiments.tasks import KnockOut, Task


@pytest.fixture(scope="module")
def ran(toy):
    settings = {"dim": 8, "epochs": 8, "batch_size": 256, "learning_rate": 0.05}
    whole = Task("VBPR", settings=settings)
    floor = replace(whole, knocked_out=KnockOut({"image": "shuffle", "text": "shuffle"}))
    seeded = [replace(task, seed=seed) for task in (whole, floor) for seed in (0, 1)]
    return [run(task, toy)[0] for task in (Task("MostPop"), *seeded)]


def test_effects_are_paired_by_user_and_seed(ran):
    floor = "VBPR, image shuffle, text shuffle"
    found = effects(ran, "VBPR")
    assert list(found) == ["MostPop", "VBPR", floor]
    counts, *others = ([r.per_user["test"]["recall@20"]] for r in ran)
    whole, less = others[0] + others[1], others[2] + others[3]
    assert found[floor]["mean"] == mean_interval(less)
    assert found[floor]["loss"] == paired_interval(whole, less)
    assert found[floor]["share"] == paired_ratio(less, whole)
    assert found["VBPR"]["lead"] == paired_interval(whole, counts * 2)
    assert found["VBPR"]["loss"].value == 0
    assert found["VBPR"]["share"].value == 1
    assert found[floor]["loss"].low > 0


def test_effects_need_the_whole_model_and_popularity(ran):
    with pytest.raises(InputError, match="no run is labelled 'SEA'; there is MostPop, VBPR"):
        effects(ran, "SEA")
    with pytest.raises(InputError, match="no run is labelled 'SEA'; there is no run at all"):
        effects([], "SEA")
    with pytest.raises(InputError, match="no run is labelled 'MostPop'"):
        effects(ran[1:], "VBPR")
    with pytest.raises(InputError, match="share no seed"):
        effects([ran[0], ran[1], ran[-1]], "VBPR")


def of(low, high):
    return Estimate((low + high) / 2, low, high)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.985, 0.99, "borne out"),
        (0.9, 0.97, "refuted"),
        (0.9, 1.1, "not settled"),
        (0.98, 1.1, "not settled"),
        (0.9, 0.98, "not settled"),
    ],
)
def test_a_share_is_settled_where_content_is_worth_something(low, high, said):
    assert settled(of(low, high), 0.98, of(0.01, 0.02)) == said
    assert settled(of(low, high), 0.98, of(0.0, 0.02)) == "without an answer"
