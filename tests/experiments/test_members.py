"""Vectors of trained models: the same as a run's, kept, and taken up again."""

from dataclasses import replace

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.experiments.ensembles import alone
from mmnotes.experiments.members import members
from mmnotes.experiments.running import run
from mmnotes.experiments.tasks import Task
from mmnotes.experiments.tracks import warm
from mmnotes.recommenders import training

SETTINGS = {"dim": 8, "epochs": 6, "batch_size": 128, "learning_rate": 0.02}
TASK = Task("FREEDOM", settings=SETTINGS, device="cpu")


def same(one, other):
    return all(np.array_equal(*parts) for parts in zip(one, other, strict=True))


def test_members_rank_as_runs_do(toy):
    found = alone(members(TASK, toy, [0, 3]), [warm(toy.interactions)] * 2)
    for seed, values in zip((0, 3), found.values, strict=True):
        done = run(replace(TASK, seed=seed), toy)[0]
        assert np.array_equal(values.values, done.per_user["test"]["recall@20"].values)


def test_one_modality_alone_is_another_model(toy):
    whole, text = members(TASK, toy, [0])[0], members(replace(TASK, modalities=("text",)), toy, [0])
    assert not same(whole, text[0])


def test_each_seed_has_its_own_data(toy):
    rows = toy.interactions
    fewer = replace(toy, interactions=rows.where(np.arange(len(rows)) > 0))
    first, second = members(TASK, [toy, fewer], [0, 0])
    assert same(first, members(TASK, toy, [0])[0])
    assert not same(first, second)
    with pytest.raises(InputError, match="2 collections for 1 seeds"):
        members(TASK, [toy, fewer], [0])


def test_kept_vectors_are_read(toy, tmp_path, monkeypatch):
    first = members(TASK, toy, [0, 1], tmp_path / "deep" / "runs")
    files = sorted(path.suffix for path in (tmp_path / "deep" / "runs").iterdir())
    assert files == [".json"] * 2 + [".npz"] * 4  # no checkpoint is left
    monkeypatch.setattr(training, "_epoch", None)  # training would fail now
    again = members(TASK, toy, [0, 1], tmp_path / "deep" / "runs")
    assert all(same(*pair) for pair in zip(first, again, strict=True))


def test_one_training_answers_for_the_run_too(toy, tmp_path, monkeypatch):
    kept = members(TASK, toy, [2], tmp_path)
    monkeypatch.setattr(training, "_epoch", None)
    done = run(replace(TASK, seed=2), toy, tmp_path)[0]
    found = alone(kept, [warm(toy.interactions)]).values[0]
    assert np.array_equal(found.values, done.per_user["test"]["recall@20"].values)


def test_a_run_without_vectors_is_trained_again_to_the_same_values(toy, tmp_path):
    first = run(TASK, toy, tmp_path)[0]
    members(TASK, toy, [TASK.seed], tmp_path)
    again = run(TASK, toy, tmp_path)[0]
    assert (again.test, again.best_epoch) == (first.test, first.best_epoch)
    assert len(list(tmp_path.glob("*-vectors.npz"))) == 1


def test_a_killed_training_goes_on(toy, tmp_path, monkeypatch):
    whole, epoch, done = members(TASK, toy, [0])[0], training._epoch, []

    def killed(*args):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(epoch(*args))
        return done[-1]

    monkeypatch.setattr(training, "_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        members(TASK, toy, [0], tmp_path)
    monkeypatch.setattr(training, "_epoch", lambda *args: done.append(epoch(*args)) or done[-1])
    assert same(members(TASK, toy, [0], tmp_path)[0], whole)
    assert len(done) == SETTINGS["epochs"]


def test_side_by_side_is_one_after_the_other(toy, tmp_path):
    alone_, beside = members(TASK, toy, [0, 1]), members(TASK, toy, [0, 1], tmp_path, jobs=2)
    assert all(same(*pair) for pair in zip(alone_, beside, strict=True))


def test_a_kept_file_of_other_data_is_refused(toy, tmp_path):
    members(TASK, toy, [0], tmp_path)
    (file,) = tmp_path.glob("*-vectors.npz")
    users, items = members(TASK, toy, [0])[0]
    np.savez(file, users=users[1:], items=items)
    with pytest.raises(InputError, match=r"users of shape \(149, 8\), but toy has 150: delete"):
        members(TASK, toy, [0], tmp_path)
    file.write_bytes(b"no archive")
    with pytest.raises(InputError, match=file.name):
        members(TASK, toy, [0], tmp_path)


def test_a_model_without_vectors_is_refused(toy):
    with pytest.raises(InputError, match="EASE has no vectors"):
        members(Task("EASE", device="cpu"), toy, [0])


def test_jobs_from_one(toy):
    with pytest.raises(InputError, match="jobs must be at least 1, not 0"):
        members(TASK, toy, [0], jobs=0)
