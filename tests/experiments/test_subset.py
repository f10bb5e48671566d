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
from mmnotes.experiments.subset import dealt_out, most_active, only_candidates
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
