"""Do generated vectors still rank items as their content does?"""

import numpy as np
import pytest
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.recommenders.collapse import agreement, shared_first


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 6)).astype(np.float32), rng.normal(size=(90, 6)).astype(np.float32)


def test_a_copy_agrees_whatever_its_length(vectors):
    users, items = vectors
    found = agreement(users, items * np.float32(1e30), items)
    assert found.rank_correlation == pytest.approx(np.ones(40))
    assert found.cosine == pytest.approx(np.ones(90))
    assert found.shared == pytest.approx(np.ones(40))


def test_rank_correlation_is_spearmans(vectors):
    users, items = vectors
    other = items + np.random.default_rng(1).normal(size=items.shape).astype(np.float32)
    found = agreement(users, other, items).rank_correlation
    exact = [
        stats.spearmanr(other.astype(float) @ user, items.astype(float) @ user).statistic
        for user in users.astype(float)
    ]
    np.testing.assert_allclose(found, exact, rtol=1e-9)


def test_a_cosine_is_fooled_by_a_common_direction_and_ranks_are_not(vectors):
    users, items = vectors
    noise = np.random.default_rng(2).normal(size=items.shape)
    common = np.full(6, 9.0)
    found = agreement(users, noise + common, items + common)
    assert found.cosine.mean() > 0.95
    assert abs(np.mean(found.rank_correlation)) < 0.1


@pytest.mark.parametrize("k", [5, 20, 500])
def test_shared_is_the_overlap_of_the_first(vectors, k):
    users, items = vectors
    other = items + np.random.default_rng(3).normal(size=items.shape).astype(np.float32)
    found = agreement(users, other, items, k).shared
    lists = [np.argsort(-(users.astype(float) @ part.T), axis=1)[:, :k] for part in (other, items)]
    exact = [len(set(one) & set(two)) / min(k, 90) for one, two in zip(*lists, strict=True)]
    np.testing.assert_allclose(found, exact)


def test_vectors_all_alike_have_no_ranking(vectors):
    users, items = vectors
    found = agreement(users, np.ones_like(items), items)
    assert np.isnan(found.rank_correlation).all()


def test_a_zero_vector_has_a_cosine_of_zero(vectors):
    users, items = vectors
    some = items.copy()
    some[3] = 0
    assert np.flatnonzero(agreement(users, some, items).cosine == 0).tolist() == [3]


def test_ties_go_by_item_number_and_hidden_items_last():
    ties, hidden = np.zeros((1, 50)), np.zeros((1, 50))
    by_number = -np.arange(50.0)[None]
    hidden[0, :3] = -np.inf
    assert shared_first(ties, by_number, 20).tolist() == [1.0]
    assert shared_first(hidden, by_number, 20).tolist() == [17 / 20]


@pytest.mark.parametrize("k", [0, -1, 91])
def test_as_many_items_as_are_scored_can_be_shown(k):
    scores = np.zeros((2, 90))
    with pytest.raises(InputError, match=f"k must be from 1 to 90, .* not {k}"):
        shared_first(scores, scores, k)


def test_scores_of_other_items_are_refused():
    with pytest.raises(InputError, match="same users and items"):
        shared_first(np.zeros((2, 9)), np.zeros((2, 8)), 1)


def test_a_list_of_nothing_is_refused(vectors):
    users, items = vectors
    with pytest.raises(InputError, match="k must be from 1 to 90"):
        agreement(users, items, items, 0)


@pytest.mark.parametrize(
    ("users", "generated", "direct", "words"),
    [
        ((3, 4), (5, 4), (6, 4), "same items"),
        ((3, 4), (5, 3), (5, 3), "one length"),
        ((3, 4), (1, 4), (1, 4), "fewer than two"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(users, generated, direct, words):
    with pytest.raises(InputError, match=words):
        agreement(np.ones(users), np.ones(generated), np.ones(direct))
