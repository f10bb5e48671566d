"""Whom a fitted model is asked about, and among which items."""

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import Candidates, full_ranking
from mmnotes.experiments.tracks import METRICS, ask, cold, protocol, warm
from mmnotes.recommenders import BPR, EASE, MostPop, Training


def pairs(rows):
    return set(zip(rows.user.tolist(), rows.item.tolist(), strict=True))


def test_warm_is_the_split_as_it_is(toy):
    rows, cut = toy.interactions, warm(toy.interactions)
    assert pairs(cut.train) == pairs(rows.part("train"))
    assert pairs(cut.valid) == pairs(cut.tracks["valid"].truth) == pairs(rows.part("valid"))
    assert pairs(cut.tracks["test"].truth) == pairs(rows.part("test"))
    assert all(track.candidates is None for track in cut.tracks.values())


def test_slices_by_training_items():
    """A user of 5 training items is sparse, one of 20 active; a repeated pair counts once."""
    sizes = [5, 6, 19, 20]
    user = np.repeat(np.arange(4), np.array(sizes) + 2)
    item = np.concatenate([np.arange(size + 2) for size in sizes])
    split = np.concatenate([["train"] * size + ["valid", "test"] for size in sizes])
    again = 0  # user 0 took item 0 twice
    rows = Interactions(
        np.append(user, 0), np.append(item, again), 4, 30, split=np.append(split, "train")
    )
    tracks = warm(rows).tracks
    assert tracks["sparse"].truth.user.tolist() == [0]
    assert tracks["active"].truth.user.tolist() == [3]


def test_a_slice_without_users_is_no_track(toy):
    assert "active" not in warm(toy.interactions).tracks


@pytest.mark.parametrize("seed", range(3))
def test_cold_items_are_nowhere_in_training(toy, seed):
    rows, cut = toy.interactions, cold(toy.interactions, seed)
    held_out = cut.tracks["test"].candidates.items
    assert len(held_out) == round(0.2 * len(np.unique(rows.item)))
    assert not np.isin(cut.train.item, held_out).any()
    assert not np.isin(cut.valid.item, held_out).any()
    assert not np.isin(cut.tracks["warm"].truth.item, held_out).any()
    assert np.isin(cut.tracks["test"].truth.item, held_out).all()
    assert pairs(cut.tracks["whole"].truth) == pairs(cut.tracks["test"].truth)
    everything = np.union1d(held_out, cut.tracks["warm"].candidates.items)
    assert np.array_equal(everything, np.arange(rows.n_items))


def test_known_items_are_also_asked_among_as_few(toy):
    """Chance is then the same for either kind, but for what users have seen."""
    rows, tracks = toy.interactions, cold(toy.interactions, 0).tracks
    few, new, known = (tracks[name].candidates.items for name in ("equal", "test", "warm"))
    assert len(few) == len(new) == len(np.unique(few))
    assert np.isin(few, known).all()
    assert np.isin(few, cold(rows, 0).train.item).all()
    truth = tracks["warm"].truth
    assert pairs(tracks["equal"].truth) == pairs(truth.where(np.isin(truth.item, few)))


def test_candidates_hold_for_the_cold_protocol_too(toy):
    some = Candidates("some", np.arange(0, toy.interactions.n_items, 2))
    tracks = cold(toy.interactions, 0, candidates=some).tracks
    cold_ones, warm_ones = (tracks[name].candidates.items for name in ("test", "warm"))
    assert np.array_equal(np.union1d(cold_ones, warm_ones), some.items)
    assert tracks["whole"].candidates is some
    assert tracks["valid"].candidates is some
    everyone = cold(toy.interactions, 0).tracks["test"].candidates.items
    assert np.array_equal(cold_ones, np.intersect1d(everyone, some.items))


def test_cold_users_are_not_asked(toy):
    cut = cold(toy.interactions, 0, share=0.9)
    known = set(cut.train.user.tolist())
    assert len(known) < toy.interactions.n_users
    for track in cut.tracks.values():
        assert set(track.truth.user.tolist()) <= known


def test_another_seed_holds_out_others(toy):
    one, same, other = (cold(toy.interactions, s).tracks["test"].candidates for s in (0, 0, 1))
    assert np.array_equal(one.items, same.items)
    assert not np.array_equal(one.items, other.items)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_both_sides_need_items(toy, share):
    with pytest.raises(InputError, match="leaves none on one side"):
        cold(toy.interactions, 0, share)


def test_unknown_protocol(toy):
    with pytest.raises(InputError, match="no protocol 'cool'; choose from warm, cold"):
        protocol("cool", toy.interactions, 0)


def test_items_nobody_took_in_training_are_ranked_by_chance(toy):
    """Null: what has no way to a cold item says the same of all of them."""
    cut = cold(toy.interactions, 0)
    for model in (MostPop(), EASE(10, device="cpu")):
        ranking = ask(model.fit(cut.train), cut, "cpu")["test"]
        for name in METRICS:
            assert np.allclose(ranking[name].values, ranking.chance[name].values)


@pytest.mark.parametrize("every", [None, 3])
def test_what_a_slice_is_told_is_what_ranking_it_alone_finds(toy, every):
    """Also where candidates leave out some of what its users took."""
    rows = toy.interactions
    some = every and Candidates("some", np.arange(0, rows.n_items, every))
    cut = warm(rows, some)
    model = BPR(dim=4, training=Training(epochs=2), device="cpu").fit(cut.train)
    vectors, sparse = (model.user_vectors_, model.item_vectors_), cut.tracks["sparse"]
    found, test = (ask(model, cut, "cpu")[name] for name in ("sparse", "test"))
    alone = full_ranking(vectors, sparse.truth, cut.train, some, METRICS, device="cpu")
    assert str(found) == str(alone)
    assert alone.n_users < test.n_users
    for values, others in ((found.metrics, alone.metrics), (found.chance, alone.chance)):
        for name in METRICS:
            assert np.array_equal(values[name].users, others[name].users)
            assert np.array_equal(values[name].values, others[name].values)
    for part in ("groups", "sizes", "group", "grade", "above", "tied"):
        assert np.array_equal(getattr(found.ranks, part), getattr(alone.ranks, part))


def test_a_slice_without_a_relevant_candidate(toy):
    rows = toy.interactions
    cut = warm(rows)
    found = ask(MostPop().fit(cut.train), cut, "cpu")["test"]
    nobody = rows.where(np.zeros(len(rows.user), bool))
    with pytest.raises(InputError, match="no relevant item of these users"):
        found.of(nobody)


def test_vectors_and_scores_are_asked_alike(toy):
    cut = warm(toy.interactions)
    model = BPR(dim=4, training=Training(epochs=2), device="cpu").fit(cut.train)
    by_vectors = ask(model, cut, "cpu")["test"]["recall@20"].values.mean()

    class Scored(MostPop):
        def _score(self, users):
            return model.score(users)

    by_scores = ask(Scored().fit(cut.train), cut, "cpu")["test"]["recall@20"].values.mean()
    assert by_vectors == pytest.approx(by_scores, abs=1e-9)
