import numpy as np
import pytest
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.recommenders.collapse import agreement, lift_over_chance


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 6)).astype(np.float32), rng.normal(size=(90, 6)).astype(np.float32)


def test_a_copy_agrees_whatever_its_length(vectors):
    users, items = vectors
    found = agreement(users, items * np.float32(1e30), items)
    assert found.rank_correlation == pytest.approx(np.ones(40))
    assert found.cosine == pytest.approx(1)
    assert found.norm_ratio == pytest.approx(1e30, rel=1e-5)


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
    assert found.cosine > 0.95
    assert found.common > 0.95
    assert abs(np.mean(found.rank_correlation)) < 0.1


def test_vectors_all_alike_have_no_ranking(vectors):
    users, items = vectors
    found = agreement(users, np.ones_like(items), items)
    assert np.isnan(found.rank_correlation).all()
    assert found.common == pytest.approx(1)


def test_random_order_has_a_lift_of_one():
    recall = {k: k / 1800 for k in (10, 20, 50)}
    assert lift_over_chance(recall, 1800) == pytest.approx(dict.fromkeys(recall, 1.0))


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
