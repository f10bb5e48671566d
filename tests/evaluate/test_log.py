import numpy as np
import pytest

from mmnotes.data.tables import Impressions
from mmnotes.evaluate.log import user_auc, user_ndcg


def make_log():
    """Three slates of two: users 4, 4 and 2; the slate of user 2 has no click."""
    column = lambda *values: np.repeat(values, 2)  # noqa: E731
    return Impressions(
        impression=column(0, 1, 2),
        user=column(4, 4, 2),
        item=np.arange(6),
        position=np.tile([1, 2], 3),
        clicked=np.array([True, False, True, False, False, False]),
        day=np.zeros(6, dtype=int),
        device=np.zeros(6, dtype=int),
    )


def test_users_without_a_clicked_slate_are_left_out():
    got = user_ndcg(np.array([2, 1, 1, 2, 1, 2]), make_log())
    assert got.users.tolist() == [4]
    assert got.values == pytest.approx([(1 + 1 / np.log2(3)) / 2])


def test_ties_count_with_their_expected_value():
    got = user_ndcg(np.zeros(6), make_log())
    assert got.values == pytest.approx([(1 + 1 / np.log2(3)) / 2])


def test_k_cuts():
    assert user_ndcg(np.array([2, 1, 1, 2, 1, 2]), make_log(), k=1).values == pytest.approx([0.5])


def test_ties_fall_as_told():
    tied, log = np.zeros(6), make_log()
    worst, best = (user_ndcg(tied, log, ties=rule).values for rule in ("worst", "best"))
    assert (worst < user_ndcg(tied, log).values).all()
    assert best == pytest.approx(1)
    clicked_first = np.argsort(np.argsort(~log.clicked, kind="stable"))
    np.testing.assert_array_equal(user_ndcg(tied, log, ties="id", ids=clicked_first).values, best)


def test_auc_is_of_slates():
    log = make_log()
    assert user_auc(np.array([2, 1, 1, 2, 1, 2]), log).users.tolist() == [4]
    assert user_auc(np.array([2, 1, 1, 2, 1, 2]), log).values == pytest.approx([0.5])
    assert user_auc(np.array([2, 1, 9, 8, 1, 2]), log).values == pytest.approx([1])
    assert user_auc(np.zeros(6), log).values == pytest.approx([0.5])
