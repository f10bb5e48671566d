import numpy as np
import pytest

from mmnotes.data import Interactions, rated_slates
from mmnotes.errors import InputError


def ratings(rating):
    user, item = np.array([3, 0, 3, 0, 3]), np.array([9, 8, 7, 6, 5])
    return Interactions(user, item, n_users=4, n_items=10, rating=rating)


def test_a_user_is_a_slate_and_a_high_rating_a_click():
    log = rated_slates(ratings(np.array([1.0, 5.0, 4.0, 3.5, 5.0])), least=4)
    assert log.impression.tolist() == log.user.tolist() == [0, 0, 3, 3, 3]
    assert log.item.tolist() == [8, 6, 9, 7, 5]
    assert log.clicked.tolist() == [True, False, False, True, True]
    assert log.position.tolist() == [1, 2, 1, 2, 3]
    assert log.n_impressions == 2


@pytest.mark.parametrize("rating", [None, np.array([1.0, np.nan, 4.0, 3.0, 5.0])])
def test_without_a_rating(rating):
    with pytest.raises(InputError, match="needs a rating in every row"):
        rated_slates(ratings(rating), least=4)
