"""``mmnotes train``, end to end on a small dataset folder."""

import json

import pytest

from mmnotes.cli import main
from mmnotes.experiments import tracks
from mmnotes.experiments.runs import Run


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
