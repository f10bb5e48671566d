"""Two models asked together: as one pair of vectors, and against what a second seed would bring."""

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import full_ranking, mean_interval, paired_interval
from mmnotes.evaluate.protocol import Candidates
from mmnotes.experiments.blending import blended
from mmnotes.experiments.ensembles import alone, joint, rankings, shared_hits, together
from mmnotes.experiments.tracks import Protocol, Track
from mmnotes.recommenders import MostPop

N_USERS, N_ITEMS = 60, 80


def vectors(seed, d=6, dtype=np.float32):
    rng = np.random.default_rng(seed)
    users, items = rng.normal(size=(N_USERS, d)), rng.normal(size=(N_ITEMS, d)) + rng.normal(size=d)
    return (users * rng.lognormal(size=(N_USERS, 1))).astype(dtype), items.astype(dtype)


def rows(user, item):
    return Interactions(np.asarray(user), np.asarray(item), N_USERS, N_ITEMS)


def cut(seed=0, candidates=None):
    """Three pairs a user: one each for training, validation and test."""
    rng = np.random.default_rng(seed)
    items = np.stack([rng.choice(60, 3, replace=False) for _ in range(N_USERS)], axis=1)
    train, valid, test = (rows(np.arange(N_USERS), part) for part in items)
    tracks = {"valid": Track(valid, candidates), "test": Track(test, candidates)}
    return Protocol(train, valid, tracks)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_joint_vectors_rank_as_blended_scores(share):
    one, other, items = vectors(1), vectors(2, d=3), np.arange(5, 60)
    users, both = joint((one, other), share, items)
    assert users.dtype == both.dtype == np.float32
    scores = [lambda some, pair=pair: pair[0][some] @ pair[1].T for pair in (one, other)]
    expected = blended(scores, items, [share, 1 - share])(np.arange(N_USERS))
    moved = users @ both.T - expected
    assert np.ptp(moved[:, items], axis=1).max() < 1e-4  # one number a user, which moves no rank


def test_functions_are_blended():
    one, other, items = vectors(1), vectors(2), np.arange(N_ITEMS)
    counts = np.random.default_rng(3).normal(size=N_ITEMS)

    def popular(users):
        return np.tile(counts, (len(users), 1))

    mixed = joint((one, popular), 0.5, items)(np.arange(3))
    scores = [lambda users: one[0][users] @ one[1].T, popular]
    assert np.array_equal(mixed, blended(scores, items, [0.5, 0.5])(np.arange(3)))
    turned = joint((popular, other), 0.5, items)
    assert callable(turned)
    assert turned(np.arange(3)).shape == (3, N_ITEMS)


def test_at_its_ends_a_share_leaves_one_alone():
    pair = vectors(1), vectors(2)
    assert joint(pair, 1, np.arange(N_ITEMS)) is pair[0]
    assert joint(pair, 0, np.arange(N_ITEMS)) is pair[1]


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_a_share(share):
    with pytest.raises(InputError, match="from 0 to 1"):
        joint((vectors(1), vectors(2)), share, np.arange(N_ITEMS))


def test_who_scores_all_alike_has_no_say():
    """As users without a training row, whose vectors are zeros."""
    one, (users, items) = vectors(1), vectors(2)
    users[3] = 0
    mixed = joint(((users, items), one), 0.5, np.arange(N_ITEMS))
    order = [np.argsort(-(part[0][3] @ part[1].T)) for part in (mixed, one)]
    assert np.array_equal(*order)


def knowing(truth, seed, noise, share=1.0):
    """Vectors that score a share of the true pairs higher than the rest, for all but noise."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(N_USERS, N_ITEMS)) * noise
    knows = rng.random(len(truth)) < share
    scores[truth.user[knows], truth.item[knows]] += 1
    return scores.astype(np.float32), np.eye(N_ITEMS, dtype=np.float32)


def test_alone_is_full_ranking():
    asked, member = cut(), vectors(4)
    found = alone([member, member], [asked, asked])
    test, valid = (
        full_ranking(member, asked.tracks[name].truth, asked.train, metrics=["recall@20"])
        for name in ("test", "valid")
    )
    assert found.valid == pytest.approx(valid["recall@20"].values.mean())
    assert len(found.values) == 2
    assert np.array_equal(found.values[1].values, test["recall@20"].values)
    assert mean_interval(found.chance).value == pytest.approx(20 / (N_ITEMS - 1))


def test_a_score_function_can_be_asked():
    asked = cut()
    score = MostPop().fit(asked.train).score
    assert len(alone([score], [asked]).values[0]) == N_USERS


def both_parts(asked):
    parts = [asked.tracks[name].truth for name in ("valid", "test")]
    return rows(*(np.concatenate([getattr(p, c) for p in parts]) for c in ("user", "item")))


def test_two_that_know_different_things_beat_two_of_a_kind():
    asked = [cut(seed) for seed in range(4)]
    truths = [both_parts(each) for each in asked]
    # The two halves of all users, and one half twice, with new noise.
    halves = [
        [rows(t.user[t.user % 2 == odd], t.item[t.user % 2 == odd]) for t in truths]
        for odd in (0, 1)
    ]
    one, again, other = (
        [knowing(half, 10 * n + place, 0.4) for place, half in enumerate(part)]
        for n, part in enumerate((halves[0], halves[0], halves[1]), start=1)
    )
    single, rival = alone(one, asked), alone(other, asked)
    copies, mixed = together(one, again, asked), together(one, other, asked)
    assert mixed.over(single, rival).low > 0
    assert mixed.over(copies).low > 0
    kind = shared_hits(single.tests, rankings(again, asked))
    assert shared_hits(single.tests, rival.tests).high < kind.low


def test_the_share_is_chosen_on_the_validation_part():
    asked = cut()
    clear, noise = (knowing(asked.tracks["valid"].truth, s, n) for s, n in ((1, 0.6), (2, 9.0)))
    assert together([clear], [noise], [asked]).share > 0.5
    assert together([noise], [clear], [asked]).share < 0.5
    chosen = together([noise], [clear], [asked], shares=(1.0, 0.0))
    assert chosen.share == 0
    assert np.array_equal(chosen.values[0].values, alone([clear], [asked]).values[0].values)


def test_a_model_with_itself_gains_nothing():
    asked, member = cut(), vectors(5)
    itself, single = together([member], [member], [asked]), alone([member], [asked])
    assert itself.share == 0.5
    assert itself.over(single).value == pytest.approx(0, abs=1e-3)  # but for rounding
    assert shared_hits(single.tests, single.tests).value == 1


def test_over_compares_with_the_best_on_the_validation_part():
    asked = cut()
    test, valid = (asked.tracks[name].truth for name in ("test", "valid"))
    lucky, best = (alone([knowing(truth, 1, 0.1)], [asked]) for truth in (test, valid))
    assert best.valid > lucky.valid
    assert lucky.over(lucky, best) == paired_interval(lucky.values, best.values)


def test_hits_by_hand():
    candidates = Candidates("all", np.arange(N_ITEMS))
    asked = cut(candidates=candidates)
    truth = asked.tracks["test"].truth
    some = [rows(truth.user[part], truth.item[part]) for part in (slice(0, 40), slice(20, 60))]
    one, other = (alone([knowing(part, 3, 0.0)], [asked]) for part in some)
    # All others tie at nought, so that a hit that is not certain is none.
    assert shared_hits(one.tests, other.tests, k=1).value == pytest.approx(2 * 20 / (40 + 40))


def test_as_many_members_as_cuts():
    asked, member = cut(), vectors(1)
    with pytest.raises(InputError, match="2 and 1 members, 2 cuts and 3 shares"):
        together([member] * 2, [member], [asked] * 2)
    with pytest.raises(InputError, match="0 shares"):
        together([member], [member], [asked], shares=())
