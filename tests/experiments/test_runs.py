"""The record of a run, out to files and back."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.experiments.running import run
from mmnotes.experiments.runs import Run, read_run, write_run
from mmnotes.experiments.tasks import Task

# What readers of the JSON were promised.
KEYS = {
    "model",
    "data",
    "seed",
    "device",
    "epochs",
    "epoch_cpu_seconds",
    "peak_mib",
    "valid",
    "test",
}


@pytest.fixture(scope="module")
def done(toy):
    return run(Task("LightGCN", 3, {"dim": 4, "epochs": 3}, device="cpu"), toy)[0]


@pytest.fixture(scope="module")
def record(done):
    return json.loads(json.dumps(done.to_dict(), allow_nan=False))


def test_keys(record):
    assert set(record) >= KEYS
    assert (record["model"], record["seed"], record["data"]) == ("LightGCN", 3, "toy")
    assert record["epochs"] == 3
    assert 1 <= record["best_epoch"] <= 3
    for part in ("valid", "test"):
        assert set(record[part]) >= {"recall@10", "recall@20", "recall@50", "ndcg@10", "ndcg@20"}
    assert 0 < record["epoch_cpu_seconds"] <= record["cpu_seconds"]


def test_there_and_back(done, record):
    assert Run.from_dict(record) == done


def test_older_records_need_only_what_was_promised(done, record):
    short = {name: record[name] for name in (*KEYS, "tracks")}
    assert Run.from_dict(short).test == done.test


def test_files_hold_the_values_of_users(done, tmp_path):
    write_run(tmp_path / "a run", done)
    found = read_run(tmp_path / "a run")
    assert found == done
    for track in done.tracks:
        for kind in ("per_user", "chance_per_user"):
            for metric, values in getattr(done, kind)[track].items():
                other = getattr(found, kind)[track][metric]
                assert np.array_equal(values.users, other.users)
                assert np.array_equal(values.values, other.values)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a run.json", "a run.npz"]


def changed(record, path, value):
    """A copy with one field, named by its path, in another way; None takes it away."""
    copy = json.loads(json.dumps(record))
    *parents, last = path.split(".")
    inner = copy
    for name in parents:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("model", None, "no field 'model'"),
        ("modell", "BPR", "an unknown field 'modell'"),
        ("model", 3, "field 'model' must be text, not 3"),
        ("seed", -1, "field 'seed' must be a whole number from 0"),
        ("seed", True, "field 'seed' must be"),
        ("epochs", 2.5, "field 'epochs' must be a whole number"),
        ("epoch_cpu_seconds", "1", "must be a number from 0"),
        ("peak_mib", float("nan"), "must be a number from 0, or null"),
        ("settings", [], "must be an object"),
        ("depends_on_seed", 1, "must be true or false"),
        ("tracks", [], "must be an object with 'valid' and 'test'"),
        ("tracks.test", None, "must be an object with 'valid' and 'test'"),
        ("tracks.test", 5, "tracks.test: field 'itself' must be an object"),
        ("tracks.test.n_users", None, "tracks.test: no field 'n_users'"),
        ("tracks.test.metrics", {"recall@20": "high"}, "must be an object of numbers from 0"),
        ("tracks.valid.chance", [], "tracks.valid: field 'chance'"),
        ("valid", {"recall@20": 0.9}, "field 'valid' must be the metrics of tracks.valid"),
        ("test", None, "field 'test' must be the metrics of tracks.test"),
    ],
)
def test_other_records_are_refused(record, path, value, said):
    with pytest.raises(InputError) as refused:
        Run.from_dict(changed(record, path, value), "kept.json")
    assert said in str(refused.value)
    assert str(refused.value).startswith("kept.json")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
@settings(max_examples=50, deadline=None)
def test_anything_else_is_refused(thing):
    with pytest.raises(InputError):
        Run.from_dict(thing)


def test_broken_files(done, tmp_path):
    stem = tmp_path / "run"
    write_run(stem, done)
    told = stem.with_suffix(".json").read_text()
    stem.with_suffix(".json").write_text(told[:100])
    with pytest.raises(InputError, match=r"run\.json.*delete it and the \.npz beside it"):
        read_run(stem)
    stem.with_suffix(".json").write_text(told)
    whole = stem.with_suffix(".npz").read_bytes()
    stem.with_suffix(".npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"run\.npz.*delete it and the \.npz beside it"):
        read_run(stem)
    stem.with_suffix(".npz").unlink()
    with pytest.raises(InputError, match=r"run\.npz"):
        read_run(stem)
    with pytest.raises(InputError, match=r"absent\.json"):
        read_run(tmp_path / "absent")


def test_files_that_do_not_fit_together(done, toy, tmp_path):
    other = run(Task("MostPop", device="cpu"), toy)[0]
    write_run(tmp_path / "one", done)
    write_run(tmp_path / "other", other)
    (tmp_path / "one.npz").write_bytes((tmp_path / "other.npz").read_bytes())
    with pytest.raises(InputError, match="delete both files and run it again"):
        read_run(tmp_path / "one")


def test_a_run_that_cannot_be_written(done, tmp_path):
    with pytest.raises(InputError, match="the run cannot be written"):
        write_run(tmp_path / "absent" / "run", done)
