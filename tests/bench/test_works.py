"""Every work, small: its arrays are what they are said to be, and all agree or are explained."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mmnotes.bench import works_of
from mmnotes.bench.child import read_given, write_given
from mmnotes.bench.groups import modules_of
from mmnotes.bench.logs import make_log
from mmnotes.bench.notes import explain
from mmnotes.bench.off_policy import make_rounds
from mmnotes.bench.retrieval import make_vectors
from mmnotes.bench.works import OURS
from mmnotes.evaluate import recall_at_k

ALL = [(module, n) for module in modules_of([]) for n in range(len(works_of(module)))]
EVERYONE = [
    pytest.param(module, n, turn, id=f"{works_of(module)[n].title(0)}-{who.name}")
    for module, n in ALL
    for turn, who in enumerate(works_of(module)[n].implementations)
]


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """Arrays, paths of files and our values of each work, made once."""
    made = {}

    def of(module, n):
        if (module, n) not in made:
            work = works_of(module)[n]
            pytest.importorskip(work.implementations[0].module, exc_type=ImportError)
            given = written(work, tmp_path_factory.mktemp("bench"))
            made[module, n] = given, plain(work.implementations[0].values(given))
        return made[module, n]

    return of


def written(work, folder):
    """What implementations are given, after a round over the disk."""
    # Few reviews have no 5-core, and the items of few pairs no list of twenty.
    small = {"reviews": 10_000, "photos": 20, "pairs": 600}.get(work.unit, 300)
    write_given(folder / "given", work, small)
    return read_given(folder / "given")


def plain(values):
    return {name: float(value) for name, value in values.items()}


@pytest.mark.parametrize(("module", "n", "turn"), EVERYONE)
def test_values_are_ours_or_explained(module, n, turn, ours):
    work = works_of(module)[n]
    who = work.implementations[turn]
    pytest.importorskip(who.module, exc_type=ImportError)
    arrays, our_values = ours(module, n)
    values = plain(who.values(arrays))
    why = explain(our_values, values, work.allowed(our_values), lambda: work.variants(arrays))
    assert "unexplained" not in why
    assert values or "part of the work" in who.about


@pytest.mark.parametrize(("module", "n"), ALL)
def test_ours_is_first_and_a_wrong_value_is_noticed(module, n, ours):
    """The witness that `test_values_are_ours_or_explained` can fail."""
    work = works_of(module)[n]
    assert [who.name for who in work.implementations].index(OURS) == 0
    arrays, our_values = ours(module, n)
    wrong = {name: value * 1.2 + 0.01 for name, value in our_values.items()}
    why = explain(our_values, wrong, work.allowed(our_values), lambda: work.variants(arrays))
    assert why.count("unexplained") == len(wrong)


@pytest.mark.parametrize(("module", "n"), ALL)
def test_arrays_and_files_are_the_same_each_time(module, n, ours, tmp_path):
    work = works_of(module)[n]
    given, _ = ours(module, n)
    again = written(work, tmp_path)
    assert given.keys() == again.keys()
    for name in given.keys() - work.files.keys():
        np.testing.assert_array_equal(given[name], again[name])
    for name in work.files:
        assert contents(given[name]) == contents(again[name])


def contents(path):
    """The bytes of a file, or of each file of a folder."""
    path = Path(path.item())
    return [file.read_bytes() for file in (sorted(path.iterdir()) if path.is_dir() else [path])]


@pytest.mark.parametrize(("module", "n"), ALL)
def test_titles_say_how_much(module, n):
    work = works_of(module)[n]
    assert f"{work.size:,}" in work.title(work.size)
    assert work.warm_size() <= work.quick < work.size


MODULES = sorted({who.module for m, n in ALL for who in works_of(m)[n].implementations})


@pytest.mark.parametrize("who", MODULES)
def test_a_package_that_is_there_is_the_one_that_is_meant(who):
    """A wrong name of a module would be a row that says "failed" for ever."""
    if importlib.util.find_spec(who.split(".")[0]) is None:
        pytest.skip(f"{who.split('.')[0]} is not installed")
    importlib.import_module(who)


def test_nothing_to_disagree_on_in_the_plain_log():
    log = make_log(2_000)
    assert len(set(zip(log["groups"], log["scores"], strict=True))) == len(log["scores"])
    assert np.bincount(log["groups"], weights=log["labels"]).min() >= 1
    sizes = np.bincount(log["groups"])
    assert (sizes.min(), sizes.max()) == (10, 30)


def test_much_to_disagree_on_in_the_other():
    log = make_log(2_000, ties=True)
    assert len(set(zip(log["groups"], log["scores"], strict=True))) < 0.9 * len(log["scores"])
    assert (np.bincount(log["groups"], weights=log["labels"]) == 0).mean() > 0.05
    assert (log["scores"] <= 0).any()
    assert (log["scores"] > 0).any()


def test_recall_without_hits_at_or_below_zero():
    """The convention of torchmetrics, by its definition, on a group of three."""
    logs = importlib.import_module("mmnotes.bench.logs")
    arrays = {
        "scores": np.array([2.0, -1.0, 0.5, -2.0, 1.0]),
        "labels": np.array([1, 1, 0, 1, 0]),
        "groups": np.array([0, 0, 0, 1, 1]),
    }
    assert recall_at_k(*arrays.values(), 20).values.tolist() == [1.0, 1.0]
    (value,) = {
        ranges["recall@20"]
        for words, ranges in logs.conventions(arrays)
        if words == "hits whose score is not above 0 are dropped"
    }
    assert value == (0.25, 0.25)  # half of the first group's, none of the second's


def test_pairs_are_seen_or_relevant_and_not_both():
    made = make_vectors(500, 80)
    pairs = np.concatenate([made["seen"], made["truth"]])
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    for name in ("seen", "truth"):
        assert (np.diff(made[name][:, 0]) >= 0).all()
    assert set(made["truth"][:, 0]) == set(range(500))
    assert made["truth"][:, 1].max() < 80


def test_rounds_are_a_log():
    made = make_rounds(2_000)
    np.testing.assert_allclose(made["policy"].sum(axis=1), 1)
    assert ((made["propensity"] > 0) & (made["propensity"] <= 1)).all()
    taken = np.bincount(made["action"], minlength=10) / 2_000
    assert taken == pytest.approx(np.full(10, 0.1), abs=0.03)
    assert set(made["reward"]) == {0.0, 1.0}
