from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import Candidates
from mmnotes.experiments.collection import Collection
from mmnotes.experiments.running import run
from mmnotes.experiments.subset import (
    active_and_others,
    dealt_out,
    most_active,
    only_candidates,
)
from mmnotes.experiments.tasks import Task
from mmnotes.experiments.tracks import protocol

SHARES = ["train"] * 4 + ["valid", "test"]


def drawn(seed, n_users=8, n_items=12):
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((n_users, n_items)) < 0.6)
    split = rng.choice(SHARES, len(user))
    return Collection("drawn", Interactions(user, item, n_users, n_items, split=split))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n_users=st.integers(1, 12))
def test_by_the_definition(seed, n_users):
    whole = drawn(seed)
    rows = whole.interactions
    part = most_active(whole, n_users)
    counts = [np.sum((rows.user == u) & (rows.split == "train")) for u in range(rows.n_users)]
    ranked = sorted(range(rows.n_users), key=lambda u: (-counts[u], u))[:n_users]
    users = sorted(ranked)
    known = {
        i
        for u, i, s in zip(rows.user, rows.item, rows.split, strict=True)
        if u in users and s == "train"
    }
    wanted = [
        (users.index(u), i, s)
        for u, i, s in zip(rows.user, rows.item, rows.split, strict=True)
        if u in users and i in known
    ]
    kept = part.interactions
    assert list(zip(kept.user, kept.item, kept.split, strict=True)) == wanted
    assert (kept.n_users, kept.n_items) == (len(users), rows.n_items)
    assert set(part.candidates.items) == known


def test_only_its_candidates_are_ranked_and_the_name_tells(toy):
    part = most_active(toy, 10)
    asked = protocol("warm", part.interactions, 0, part.candidates)
    assert asked.tracks["test"].candidates is part.candidates
    (done,) = run(Task("MostPop"), part)
    assert done.data == "toy, 10 most active users"
    assert done.tracks["test"].n_candidates == len(part.candidates) < toy.interactions.n_items


def test_the_name_of_its_runs_depends_on_the_candidates(toy):
    part = most_active(toy, 10)
    all_items = Collection(part.name, part.interactions, part.content)
    task = Task("MostPop")
    assert task.stem(part) != task.stem(all_items)


def test_candidates_alone_are_the_same_rows_and_vectors(toy):
    part = most_active(toy, 10)
    items, alone = part.candidates.items, only_candidates(part)
    assert alone.candidates is None
    assert alone.interactions.n_items == len(alone.content) == len(items) < len(toy.content)
    np.testing.assert_array_equal(items[alone.interactions.item], part.interactions.item)
    for name in toy.content:
        before, after = (data.content[name].block for data in (toy, alone))
        np.testing.assert_array_equal(after.values, before.values[items])
        np.testing.assert_array_equal(after.present, before.present[items])
    ranked = [run(Task("MostPop"), data)[0].tracks["test"] for data in (part, alone)]
    assert ranked[0].metrics == ranked[1].metrics
    assert ranked[0].n_candidates == ranked[1].n_candidates


def test_a_whole_catalogue_has_its_candidates_already(toy):
    assert only_candidates(toy) is toy


def test_a_row_of_an_item_that_is_no_candidate_is_refused(toy):
    part = most_active(toy, 10)
    first = part.candidates.items[0]
    fewer = replace(part, candidates=Candidates("fewer", part.candidates.items[1:]))
    with pytest.raises(InputError, match=f"item {first} has a row and is no candidate"):
        only_candidates(fewer)


def test_candidates_of_a_collection_without_content():
    part = most_active(drawn(0), 3)
    alone = only_candidates(part)
    assert alone.content is None
    assert alone.interactions.n_items == len(part.candidates)


def test_no_users(toy):
    with pytest.raises(InputError, match="at least 1, not 0"):
        most_active(toy, 0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_dealt_out_keeps_how_often_and_loses_who(seed):
    rows = drawn(seed).interactions
    dealt = dealt_out(rows, seed)
    pairs = dealt.user * rows.n_items + dealt.item
    assert len(np.unique(pairs)) == len(pairs)
    for part in ("train", "valid", "test"):
        before, after = (x.item[x.split == part] for x in (rows, dealt))
        counts = (np.bincount(items, minlength=rows.n_items) for items in (before, after))
        fewer = np.subtract(*counts)
        assert (fewer >= 0).all()
        assert fewer.sum() == len(before) - len(after)


def test_dealt_out_takes_away_what_is_personal(toy):
    (true,) = run(Task("EASE", settings={"regularisation": 20.0}), toy)
    dealt = Collection("dealt", dealt_out(toy.interactions, 0))
    (left,) = run(Task("EASE", settings={"regularisation": 20.0}), dealt)
    chance = left.tracks["test"].chance["recall@20"]
    assert true.test["recall@20"] > chance + 0.1
    assert abs(left.test["recall@20"] - chance) < 0.1


def with_sizes(sizes, n_items=40, seed=0):
    """User u has sizes[u] training rows and a test row."""
    rng = np.random.default_rng(seed)
    items = [rng.permutation(n_items)[: size + 1] for size in sizes]
    user = np.repeat(np.arange(len(sizes)), [len(own) for own in items])
    split = np.concatenate([["train"] * (len(own) - 1) + ["test"] for own in items])
    rows = Interactions(user, np.concatenate(items), len(sizes), n_items, split=split)
    return Collection("some", rows)


def history(data):
    rows = data.interactions
    return np.bincount(rows.user[rows.split == "train"], minlength=rows.n_users)


def test_the_most_active_are_all_there_and_the_others_are_drawn():
    sizes = [3, 20, 4, 2, 30, 5, 1, 0]
    whole = with_sizes(sizes)
    parts = [active_and_others(whole, 2, 3, seed) for seed in range(20)]
    for part in parts:
        assert part.interactions.n_users == 5
        assert part.name == "some, 2 most active users and 3 others"
        found = sorted(history(part))
        assert found[-2:] == [20, 30]
        assert 0 < found[0] <= found[2] <= 5
    assert len({tuple(history(part)) for part in parts}) > 3


def test_only_items_that_they_took_in_training_are_candidates():
    part = active_and_others(with_sizes([3, 20, 4, 2, 30, 5]), 1, 2)
    rows = part.interactions
    known = np.unique(rows.item[rows.split == "train"])
    np.testing.assert_array_equal(part.candidates.items, known)
    assert np.isin(rows.item, known).all()


def test_it_is_the_same_twice_and_stops_at_all_there_are():
    whole = with_sizes([3, 20, 4, 2, 30, 5])
    one, two = (active_and_others(whole, 2, 100, random_state=1) for _ in range(2))
    assert one.interactions.n_users == 6
    np.testing.assert_array_equal(one.interactions.user, two.interactions.user)


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (6, 1)])
def test_bad_numbers_are_refused(sizes):
    with pytest.raises(InputError):
        active_and_others(with_sizes([3, 20, 4, 2, 30, 5]), *sizes)
