"""A part with both kinds of users: who is in it, and which items are ranked."""

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.experiments.allkinds import active_and_others
from mmnotes.experiments.collection import Collection


def collected(sizes, n_items=40, seed=0):
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
    whole = collected(sizes)
    parts = [active_and_others(whole, 2, 3, seed) for seed in range(20)]
    for part in parts:
        assert part.interactions.n_users == 5
        assert part.name == "some, 2 most active users and 3 others"
        found = sorted(history(part))
        assert found[-2:] == [20, 30]
        assert 0 < found[0] <= found[2] <= 5
    assert len({tuple(history(part)) for part in parts}) > 3


def test_only_items_that_they_took_in_training_are_candidates():
    part = active_and_others(collected([3, 20, 4, 2, 30, 5]), 1, 2)
    rows = part.interactions
    known = np.unique(rows.item[rows.split == "train"])
    np.testing.assert_array_equal(part.candidates.items, known)
    assert np.isin(rows.item, known).all()


def test_it_is_the_same_twice_and_stops_at_all_there_are():
    whole = collected([3, 20, 4, 2, 30, 5])
    one, two = (active_and_others(whole, 2, 100, random_state=1) for _ in range(2))
    assert one.interactions.n_users == 6
    np.testing.assert_array_equal(one.interactions.user, two.interactions.user)


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (6, 1)])
def test_bad_numbers_are_refused(sizes):
    with pytest.raises(InputError):
        active_and_others(collected([3, 20, 4, 2, 30, 5]), *sizes)
