from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import ParameterGrid

from mmnotes.errors import InputError
from mmnotes.experiments.running import run
from mmnotes.experiments.search import GRIDS, LARGE_GRIDS, Search, Tried, search
from mmnotes.experiments.tasks import KnockOut, Task

from .conftest import made

TRAINING = {"dim": 8, "epochs": 6, "evaluate_every": 3, "learning_rate": 0.05}


def test_the_choice_is_made_on_the_validation_part(toy):
    strengths = [0.5, 5.0, 50.0, 500.0]
    found = search(Task("EASE"), {"regularisation": strengths}, toy, seeds=[0])
    runs = [run(Task("EASE", settings={"regularisation": x}), toy)[0] for x in strengths]
    valid = [one.valid["recall@20"] for one in runs]
    assert [one.valid for one in found.tried] == valid
    assert found.settings == {"regularisation": strengths[int(np.argmax(valid))]}
    assert found.runs[0].test == runs[int(np.argmax(valid))].test


def test_the_best_is_run_under_every_seed(toy):
    grid = {"regularisation": [1e-3, 10.0], "learning_rate": [0.05]}
    found = search(Task("BPR", settings=TRAINING), grid, toy, seeds=[3, 4])
    assert len(found.tried) == 2
    assert [one.seed for one in found.runs] == [3, 4]
    assert all(one.settings == found.settings for one in found.runs)
    values = found.values()
    again = run(Task("BPR", seed=4, settings=found.settings), toy)[0]
    np.testing.assert_array_equal(values[1].values, again.per_user["test"]["recall@20"].values)
    assert not np.array_equal(values[0].values, values[1].values)


def test_what_no_seed_changes_is_run_once_and_stands_for_all(toy):
    found = search(Task("MostPop"), {}, toy, seeds=[0, 1, 2])
    assert [one is found.runs[0] for one in found.runs] == [True] * 3
    assert len(found.chance()) == 3


def test_each_seed_may_have_data_of_its_own(toy):
    other = replace(made(seed=5), name="toy")
    found = search(Task("MostPop"), {}, [toy, other], seeds=[0, 1])
    alone = [run(Task("MostPop"), data)[0].test for data in (toy, other)]
    assert [one.test for one in found.runs] == alone
    assert alone[0] != alone[1]


def test_no_run_is_kept_twice(toy, tmp_path):
    task, grid = Task("BPR", settings=TRAINING), {"regularisation": [1e-3, 1e-2]}
    search(task, grid, toy, [0, 1], tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 3  # two settings, and the better's other seed


@pytest.mark.slow
def test_side_by_side_gives_the_same(toy, tmp_path):
    task, grid = Task("BPR", settings=TRAINING), {"regularisation": [1e-3, 1e-2]}
    alone = search(task, grid, toy, [0, 1])
    beside = search(task, grid, toy, [0, 1], tmp_path, jobs=2)
    assert [one.valid for one in alone.tried] == [one.valid for one in beside.tried]
    assert [one.test for one in alone.runs] == [one.test for one in beside.runs]


def test_settings_that_are_there_twice_are_run_once(toy):
    found = search(Task("EASE"), {"regularisation": [5.0, 5.0]}, toy, seeds=[0])
    assert len(found.tried) == 1


def test_no_knock_out_at_scoring(toy):
    task = Task("VBPR", settings=TRAINING, at_scoring=(KnockOut({"image": "zero"}),))
    with pytest.raises(InputError, match="no at_scoring"):
        search(task, {}, toy, seeds=[0])


def test_what_all_settings_have_in_common_is_kept(toy):
    knocked_out = KnockOut({"image": "shuffle"})
    task = Task("VBPR", settings=TRAINING, modalities=("image",), knocked_out=knocked_out)
    found = search(task, {"regularisation": [0.01]}, toy, seeds=[0])
    assert found.runs[0].label == "VBPR, image only, image shuffle"
    assert found.words() == ""


@pytest.mark.parametrize("seeds", [[], [0, 1, 2]])
def test_as_many_collections_as_seeds(toy, seeds):
    with pytest.raises(InputError, match="give one seed or more"):
        search(Task("MostPop"), {}, [toy, toy], seeds)


@pytest.mark.parametrize("name", sorted(GRIDS))
def test_large_batches_change_nothing_else(name):
    """A chapter that searches and one that has a task find the same runs of Sports."""
    for small, large in zip(
        ParameterGrid(GRIDS[name]), ParameterGrid(LARGE_GRIDS[name]), strict=True
    ):
        task = Task(name.split(",")[0], settings=small).in_large_batches()
        assert task.settings == large
        changed = {key for key in small if small[key] != large[key]}
        assert changed == small.keys() & {"batch_size", "learning_rate"}


def test_a_metric_that_no_run_has(toy):
    with pytest.raises(InputError, match="no metric 'recall@5' of runs; choose from recall@10"):
        search(Task("MostPop"), {}, toy, [0], metric="recall@5")


def test_settings_that_are_dicts_can_be_told():
    tried = [
        Tried({"shares": {"image": x, "text": 1 - x}, "keep": 0.2}, valid=x) for x in (0.1, 0.5)
    ]
    told = Search(tried, tried[1].settings, []).words()
    assert told.startswith("shares {'image': 0.5, 'text': 0.5} of {'image': 0.1")
