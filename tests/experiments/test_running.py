"""One run: what decides its outcome, what is kept, and how it goes on after it was killed."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import Candidates, full_ranking
from mmnotes.experiments import running
from mmnotes.experiments.collection import Collection, collection
from mmnotes.experiments.running import fit, prepared, run
from mmnotes.experiments.tasks import KnockOut, Task
from mmnotes.features.content import Content
from mmnotes.recommenders import training

SETTINGS = {"dim": 8, "epochs": 6, "batch_size": 128, "learning_rate": 0.02}
TASK = Task("FREEDOM", 1, SETTINGS, device="cpu")
BOTH = KnockOut({"image": "shuffle", "text": "shuffle"})


def values(done, track="test", metric="recall@20"):
    return done.per_user[track][metric].values


def test_the_same_task_comes_to_the_same(toy):
    first, second = (run(TASK, toy)[0] for _ in range(2))
    for track in first.tracks:
        assert np.array_equal(values(first, track), values(second, track))
    assert not np.array_equal(values(first), values(run(replace(TASK, seed=2), toy)[0]))


def test_models_of_one_fit_have_one_epoch(toy):
    done = run(Task("EASE", settings={"regularisation": 5.0}, device="cpu"), toy)[0]
    assert (done.epochs, done.best_epoch) == (1, 1)
    assert done.epoch_cpu_seconds == done.cpu_seconds
    assert not done.depends_on_seed


def test_memory_is_told_on_linux(toy):
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux tells how much memory was held at worst")
    assert 0 <= run(TASK, toy)[0].peak_mib < 500


def test_a_finished_run_is_read(toy, tmp_path, monkeypatch):
    first = run(TASK, toy, tmp_path / "deep" / "runs")[0]
    monkeypatch.setattr(training, "_epoch", None)  # training would fail now
    again = run(replace(TASK, preset="fast", variant="again"), toy, tmp_path / "deep" / "runs")[0]
    assert (again.preset, again.variant) == ("fast", "again")
    assert np.array_equal(values(first), values(again))


def test_other_data_settings_or_content_are_other_runs(toy):
    rows = toy.interactions
    fewer = replace(toy, interactions=rows.where(np.arange(len(rows)) > 0))
    other_content = replace(toy, content=BOTH.of(toy.content, 0))
    tasks = [
        (TASK, toy),
        (TASK, fewer),
        (TASK, other_content),
        (replace(TASK, seed=2), toy),
        (replace(TASK, settings={**SETTINGS, "dim": 9}), toy),
        (replace(TASK, protocol="cold"), toy),
        (replace(TASK, modalities=("text",)), toy),
        (replace(TASK, knocked_out=BOTH), toy),
        (replace(TASK, knocked_out=KnockOut(BOTH.how, graphs="kept")), toy),
        (replace(TASK, model="BM3"), toy),
    ]
    stems = [task.stem(data) for task, data in tasks]
    stems.append(TASK.stem(toy, at_scoring=BOTH))
    assert len(set(stems)) == len(stems)


def test_names_and_devices_are_no_other_runs(toy):
    same = replace(TASK, preset="fast", variant="words", device="cuda", at_scoring=(BOTH,))
    assert same.stem(toy) == TASK.stem(toy)


def test_content_is_nothing_to_models_that_do_not_look(toy):
    task = Task("LightGCN", settings=SETTINGS)
    assert task.stem(toy) == task.stem(replace(toy, content=None))


def test_a_failed_run_goes_on_where_it_was(toy, tmp_path, monkeypatch):
    whole = run(TASK, toy)[0]
    true, seen = training._epoch, []

    def fails(*given):
        seen.append(given[-1])
        if len(seen) == 4:
            raise RuntimeError("out of paper")
        return true(*given)

    monkeypatch.setattr(training, "_epoch", fails)
    with pytest.raises(RuntimeError):
        run(TASK, toy, tmp_path)
    (checkpoint,) = tmp_path.glob("*.pt")
    done = run(TASK, toy, tmp_path)[0]
    assert seen == [1, 2, 3, 4, 4, 5, 6]
    assert np.array_equal(values(done), values(whole))
    assert not checkpoint.exists()


@pytest.mark.slow
def test_a_killed_process_goes_on_where_it_was(toy, tmp_path):
    task = replace(TASK, settings={**SETTINGS, "epochs": 400, "patience": 400})
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from conftest import made\n"
        "from mmnotes.experiments.running import run\n"
        "from mmnotes.experiments.tasks import Task\n"
        f"run({task!r}, made(), {str(tmp_path)!r})\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("*.pt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not list(tmp_path.glob("*.json"))
    resumed, whole = run(task, toy, tmp_path)[0], run(task, toy)[0]
    assert np.array_equal(values(resumed), values(whole))
    assert resumed.best_epoch == whole.best_epoch
    assert resumed.cpu_seconds >= resumed.epochs * resumed.epoch_cpu_seconds


def test_another_knock_out_at_scoring_leaves_the_finished_run(toy, tmp_path):
    run(TASK, toy, tmp_path)
    (kept,) = tmp_path.glob("*.json")
    before = kept.read_bytes()
    assert len(run(replace(TASK, at_scoring=(BOTH,)), toy, tmp_path)) == 2
    assert kept.read_bytes() == before
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_the_best_epoch_is_chosen_among_the_candidates(toy):
    half = replace(toy, candidates=Candidates("half", np.arange(0, toy.interactions.n_items, 2)))
    model, cut, content = prepared(TASK, half)
    fit(model, cut, content, None)
    vectors = model.user_vectors_, model.item_vectors_
    found = full_ranking(vectors, cut.valid, cut.train, half.candidates, ["recall@20"])
    assert model.state_.best_valid == pytest.approx(found["recall@20"].values.mean(), abs=1e-9)
    assert run(TASK, half)[0].valid["recall@20"] == pytest.approx(model.state_.best_valid, abs=1e-9)


def test_knocked_out_before_training_and_at_scoring(toy):
    plain, at_scoring = run(replace(TASK, protocol="cold", at_scoring=(BOTH,)), toy)
    (before,) = run(replace(TASK, protocol="cold", knocked_out=BOTH), toy)
    assert plain.variant == ""
    assert at_scoring.label == "FREEDOM, image shuffle, text shuffle at scoring"
    assert before.label == "FREEDOM, image shuffle, text shuffle"
    chance = plain.tracks["test"].chance["ndcg@20"]
    assert plain.test["ndcg@20"] > 1.5 * chance
    for blind in (at_scoring, before):
        assert blind.test["ndcg@20"] < 1.25 * chance


def test_a_knock_out_of_what_scores_do_not_hold_changes_nothing(toy):
    """Null: BM3 learns from content, and ranks items that were taken without it."""
    settings = {name: value for name, value in SETTINGS.items() if name != "epochs"}
    task = Task("BM3", settings={**settings, "epochs": 3}, at_scoring=(BOTH,), device="cpu")
    plain, blind = run(task, toy)
    assert np.array_equal(values(plain), values(blind))
    before = run(replace(task, at_scoring=(), knocked_out=BOTH), toy)[0]
    assert not np.array_equal(values(plain), values(before))


def test_one_modality_is_content_of_that_alone(toy):
    text = replace(TASK, settings={**SETTINGS, "shares": {"text": 1.0, "image": 1e-6}})
    only = replace(text, modalities=("text",), at_scoring=(KnockOut({"text": "mean"}),))
    plain, blind = run(only, toy)
    assert not np.array_equal(values(plain), values(blind))
    known = Content({"text": toy.content["text"]})
    alone = run(replace(text, settings=SETTINGS), Collection("toy", toy.interactions, known))[0]
    assert np.array_equal(values(alone), values(plain))


def test_what_cannot_be_knocked_out(toy):
    with pytest.raises(InputError, match="LightGCN looks at no content"):
        Task("LightGCN", knocked_out=BOTH)
    with pytest.raises(InputError, match="ContentKNN has no content that could be knocked out"):
        Task("ContentKNN", at_scoring=(BOTH,))
    with pytest.raises(InputError, match="no modality 'sound'"):
        run(replace(TASK, modalities=("sound",)), toy)
    with pytest.raises(InputError, match="FREEDOM learns from content"):
        run(TASK, replace(toy, content=None))


@pytest.mark.parametrize("how", [{}, {"text": "drop"}])
def test_knock_outs_are_ways(how):
    with pytest.raises(InputError, match=r"zero, mean, shuffle, noise"):
        KnockOut(how)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"seed": -1}, "a seed must be a whole number from 0"),
        ({"seed": 0.5}, "a seed must be a whole number from 0, not 0.5"),
        ({"protocol": "hot"}, "no protocol 'hot'"),
        ({"settings": {"depth": 2}}, "no setting 'depth'"),
    ],
)
def test_misuse(given_, said):
    with pytest.raises(InputError, match=said):
        replace(TASK, **given_)


def test_a_folder_that_is_a_file(toy, tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match="the folder cannot be made"):
        run(TASK, toy, tmp_path / "runs")


def test_collections_are_checked(toy):
    with pytest.raises(InputError, match="have no split"):
        replace(toy, interactions=replace(toy.interactions, split=None))
    rows = toy.interactions
    wider = replace(rows, n_items=rows.n_items + 1)
    with pytest.raises(InputError, match="content of 200 items, but interactions with 201"):
        replace(toy, interactions=wider)


def test_baby_as_a_collection(baby):
    found = collection(baby, with_content=False)
    assert (found.name, found.content) == ("amazon-baby", None)
    assert found.interactions is baby.interactions


@pytest.mark.parametrize(
    ("numpys", "python"),
    [
        ({"seed": np.int64(3)}, {"seed": 3}),
        ({"settings": {"dim": np.int64(4)}}, {"settings": {"dim": 4}}),
        (
            {"settings": {"shares": {"image": np.float64(0.5), "text": 0.5}}},
            {"settings": {"shares": {"image": 0.5, "text": 0.5}}},
        ),
    ],
)
def test_numbers_of_numpy_are_numbers(toy, numpys, python):
    one, other = (replace(TASK, **how) for how in (numpys, python))
    assert one == other
    assert one.stem(toy) == other.stem(toy)
    assert type(one.seed) is int


def test_settings_that_no_file_can_hold(toy):
    with pytest.raises(InputError, match=r"settings\.dim: .* is no plain value"):
        replace(TASK, settings={"dim": np.arange(2)})


def test_a_folder_that_cannot_be_written(toy, tmp_path):
    (tmp_path / TASK.stem(toy)).with_suffix(".lock").mkdir()
    with pytest.raises(InputError, match=r"\.lock: cannot be written"):
        run(TASK, toy, tmp_path)


def test_two_at_the_same_run_train_it_once(toy, tmp_path, monkeypatch):
    trained = []

    def slowly(*given):
        trained.append(given[0])
        time.sleep(0.5)
        return fit(*given)

    monkeypatch.setattr(running, "fit", slowly)
    with ThreadPoolExecutor() as pool:
        one, other = pool.map(lambda _: run(TASK, toy, tmp_path)[0], range(2))
    assert len(trained) == 1
    assert np.array_equal(values(one), values(other))
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".json", ".npz"]
