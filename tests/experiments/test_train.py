"""``mmnotes train``, end to end on a small dataset folder."""

import json
import shlex
from types import SimpleNamespace

import pytest

from mmnotes.cli import main
from mmnotes.cli.train import _setting, _typed
from mmnotes.experiments import tracks
from mmnotes.experiments.runs import Run
from mmnotes.report import results


@pytest.fixture
def at_hand(toy, monkeypatch):
    """``mmnotes train --data toy`` reads the small collection."""
    monkeypatch.setattr("mmnotes.data.load", lambda name: {"toy": toy}[name])
    monkeypatch.setattr("mmnotes.experiments.collection.collection", lambda data, wants: data)


def train(tmp_path, *more):
    return main(
        ["train", "--data", "toy", "--device", "cpu", "--folder", str(tmp_path / "runs"), *more]
    )


def test_a_table_and_a_file(at_hand, tmp_path, capsys):
    file = tmp_path / "out.json"
    given = ["LightGCN", "FREEDOM", "--seeds", "0", "1", "--set", "epochs=3", "--set", "dim=4"]
    assert train(tmp_path, *given, "--json", str(file)) == 0
    told = capsys.readouterr().out
    assert "toy, warm, test: 150 users, among all items (200)" in told
    document = json.loads(file.read_text())
    runs = [Run.from_dict(record) for record in document["runs"]]
    assert [(run.model, run.seed) for run in runs] == [
        ("MostPop", 0),
        ("LightGCN", 0),
        ("LightGCN", 1),
        ("FREEDOM", 0),
        ("FREEDOM", 1),
    ]
    assert all(run.settings["epochs"] == 3 for run in runs if run.model != "MostPop")
    rows = {(row["track"], row["label"]): row for row in document["summary"]}
    for label in ("chance", "MostPop", "LightGCN", "FREEDOM"):
        mean = rows["test", label]["metrics"]["recall@20"]
        assert 0 <= mean["low"] <= mean["value"] <= mean["high"] <= 1
    mean = sum(run.test["recall@20"] for run in runs if run.model == "FREEDOM") / 2
    assert rows["test", "FREEDOM"]["metrics"]["recall@20"]["value"] == pytest.approx(mean)
    assert set(rows["test", "FREEDOM"]["gains"]) == set(tracks.METRICS)


def test_it_goes_on(at_hand, tmp_path, capsys):
    given = ["BPR", "--set", "epochs=2", "--json", "-"]
    outputs = []
    for _ in range(2):
        assert train(tmp_path, *given) == 0
        outputs.append(json.loads(capsys.readouterr().out))
    assert outputs[0] == outputs[1]  # times and memory too: the second time nothing was run


@pytest.mark.parametrize(
    ("more", "label"),
    [
        (["--knock-out", "text=shuffle"], "FREEDOM, text shuffle"),
        (["--knock-out", "text=mean", "--graphs", "kept"], "FREEDOM, text mean, graphs kept"),
        (["--knock-out", "text=zero", "--at", "scoring"], "FREEDOM, text zero at scoring"),
        (["--modalities", "image"], "FREEDOM, image only"),
        (["--protocol", "cold"], "FREEDOM"),
    ],
)
def test_what_is_done_to_content(at_hand, tmp_path, capsys, more, label):
    given = ["FREEDOM", "EASE", "--set", "epochs=2", "--preset", "fast", "--json", "-"]
    assert train(tmp_path, *given, *more) == 0
    document = json.loads(capsys.readouterr().out)
    labels = {row["label"] for row in document["summary"]}
    assert {label, "EASE", "MostPop", "chance"} <= labels


def test_what_failed_is_told_after_the_others(at_hand, tmp_path, capsys):
    assert train(tmp_path, "FREEDOM", "BPR", "--modalities", "sound", "--set", "epochs=2") == 1
    told = capsys.readouterr()
    assert "BPR" in told.out
    assert "mmnotes train: FREEDOM, sound only, seed 0: there is no modality 'sound'" in told.err


def test_failures_are_told_beside_a_file_that_cannot_be_written(at_hand, tmp_path, capsys):
    more = ["--modalities", "sound", "--set", "epochs=1", "--json", "no/where.json"]
    assert train(tmp_path, "FREEDOM", *more) == 1
    told = capsys.readouterr().err
    assert "there is no modality 'sound'" in told
    assert "no/where.json: cannot be written" in told


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["GPT"], "no model 'GPT'; choose from MostPop"),
        (["BPR", "--set", "depth=2"], "--set depth: none of MostPop, BPR has such a setting"),
        (["BPR", "--preset", "best"], "no preset 'best'"),
        (["BPR", "--protocol", "hot"], "no protocol 'hot'"),
        (["BPR", "--jobs", "0"], "jobs must be at least 1"),
        (["BPR", "--seeds", "-1"], "a seed must be a whole number from 0"),
        (["BPR", "--set", "epochs=many"], "epochs must be"),
        (["FREEDOM", "--knock-out", "text=drop"], "zero, mean, shuffle, noise"),
        (["BPR", "--knock-out", "text=zero"], "none of MostPop, BPR looks at content"),
        (["BPR", "--modalities", "text"], "none of MostPop, BPR looks at content"),
        (["FREEDOM", "--at", "scoring"], "say how --knock-out is meant"),
        (["FREEDOM", "--graphs", "nonsense"], "say how --knock-out is meant"),
        (["BPR", "--baseline", "MostPo"], "--baseline MostPo: it starts with one of MostPop, BPR"),
        (
            ["BPR", "--set", "epochs=1", "--json", "no/where.json"],
            "no/where.json: cannot be written",
        ),
    ],
)
def test_misuse(at_hand, tmp_path, capsys, more, said):
    assert train(tmp_path, *more) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("more", [["BPR", "--set", "epochs"], ["BPR", "--seeds", "one"], []])
def test_usage(at_hand, tmp_path, more):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, *more)
    assert ended.value.code == 2


@pytest.fixture
def checkout(at_hand, toy, tmp_path, monkeypatch):
    """A checkout around the current folder, and ``toy`` as a dataset with a fingerprint."""
    dataset = SimpleNamespace(name="toy", fingerprint="ab" * 32)
    monkeypatch.setattr("mmnotes.data.load", lambda name: {"toy": dataset}[name])
    monkeypatch.setattr("mmnotes.experiments.collection.collection", lambda data, wants: toy)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "claims.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


FIVE = ["--seeds", "0", "1", "2", "3", "4"]


def test_a_table_is_kept_for_the_book(checkout, tmp_path, capsys):
    more = ["--set", "epochs=2", "--set", "dim=4", "--knock-out", "text=shuffle", "--keep", "tiny"]
    assert train(tmp_path, "FREEDOM", *FIVE, *more, "--json", "-") == 0
    told = capsys.readouterr()
    assert told.err.endswith("kept: book/results/train_tiny.json\n")
    rows = json.loads(told.out)["summary"]
    (kept,) = results.read("train_tiny", checkout / "book" / "results")
    assert (kept.dataset, kept.mode, kept.null, kept.records) == ("toy", "full", False, {})
    label = "FREEDOM, text shuffle"
    (row,) = [r for r in rows if (r["label"], r["track"]) == (label, "test")]
    for metric in tracks.METRICS:
        assert kept.values[metric][label].to_dict() == row["metrics"][metric]
        assert set(kept.values[metric]) == {label, "MostPop"}
    assert kept.values["settings"][label]["epochs"] == 2
    assert kept.values["command"] == (
        "mmnotes train FREEDOM --preset paper --set epochs=2 --set dim=4 --knock-out text=shuffle "
        "--at training --graphs rebuilt --data toy --seeds 0 1 2 3 4 --keep tiny"
    )
    runs = json.loads(told.out)["runs"]
    seconds = sum(run["seconds"] for run in runs)
    assert kept.provenance["wall_seconds"] == pytest.approx(seconds, abs=0.06)
    cpu_seconds = sum(run["cpu_seconds"] for run in runs)
    assert kept.values["cpu_seconds"] == pytest.approx(cpu_seconds)
    assert kept.provenance["data_sha256"] == "ab" * 32


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--keep", "Tiny", *FIVE], "--keep Tiny: a name is lower case"),
        (["--keep", "../tiny", *FIVE], "a name is lower case"),
        (["--keep", "", *FIVE], "a name is lower case"),
        (["--keep", "tiny"], "--seeds 0: runs are kept of --seeds 0 1 2 3 4"),
        (["--keep", "tiny", *FIVE, "--protocol", "cold"], "of the warm protocol"),
    ],
)
def test_what_cannot_be_kept_is_told_before_anything_runs(checkout, tmp_path, capsys, more, said):
    assert train(tmp_path, "BPR", *more) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_outside_of_a_checkout_nothing_is_kept(checkout, tmp_path, monkeypatch, capsys):
    (checkout / "book" / "claims.toml").unlink()
    monkeypatch.setattr("mmnotes.book.checkout.__file__", str(tmp_path / "checkout.py"))
    assert train(tmp_path, "BPR", *FIVE, "--keep", "tiny") == 1
    assert "clone the repository" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_setting_is_typed_so_that_it_is_read_the_same():
    typed = [("shares", {"image": 0.5}), ("graph", "learned"), ("k", 10), ("word", "10")]
    given = SimpleNamespace(
        models=["FREEDOM"], preset="paper", set=typed, modalities=[], knock_out=[], seeds=[0],
        keep="tiny",
    )  # fmt: skip
    words = shlex.split(_typed(given, "toy"))
    assert [_setting(words[i + 1]) for i, w in enumerate(words) if w == "--set"] == typed


def test_the_kept_command_gives_the_same_settings(checkout, tmp_path, capsys):
    more = ["--preset", "fast", "--set", "shares={'image': 0.5, 'text': 0.5}", "--set", "epochs=1"]
    assert train(tmp_path, "FREEDOM", *FIVE, *more, "--keep", "tiny") == 0
    (kept,) = results.read("train_tiny", checkout / "book" / "results")
    (checkout / "book" / "results" / "train_tiny.json").unlink()
    before = sorted((tmp_path / "runs").iterdir())
    words = shlex.split(kept.values["command"])[1:]
    assert main([*words, "--device", "cpu", "--folder", str(tmp_path / "runs")]) == 0
    assert sorted((tmp_path / "runs").iterdir()) == before  # so the same runs were read
    (again,) = results.read("train_tiny", checkout / "book" / "results")
    assert again.payload == kept.payload
