"""Does each value end up with its user and its seed?"""

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import PerUser
from mmnotes.evaluate.seeds import about, as_seeds, differences, seed_table

FIRST = PerUser(np.array([3, 8]), np.array([0.5, 1.0]))
SECOND = PerUser(np.array([8, 9]), np.array([0.0, 1.0]))
_ = np.nan


def test_users_meet_by_id_and_a_user_is_the_mean_over_their_seeds():
    table = seed_table([FIRST, SECOND])
    assert table.users.tolist() == [3, 8, 9]
    np.testing.assert_array_equal(table.values, [[0.5, _], [1, 0], [_, 1]])
    assert table.by_user.tolist() == [0.5, 0.5, 1]


def test_names_are_ids_too():
    ann, bob = PerUser(np.array(["ann"]), np.ones(1)), PerUser(np.array(["bob"]), np.zeros(1))
    assert seed_table([bob, ann]).users.tolist() == ["ann", "bob"]


def test_arrays_meet_by_place_or_not_at_all():
    np.testing.assert_array_equal(seed_table(np.eye(2)).values, np.eye(2))
    apart = seed_table([np.array([1.0, 2.0]), np.array([3.0])])
    np.testing.assert_array_equal(apart.values, [[1, _], [2, _], [_, 3]])


def test_one_seed_need_not_be_in_a_list():
    assert as_seeds(FIRST) == [FIRST]
    one = np.arange(3.0)
    assert [seed.tolist() for seed in as_seeds(one)] == [[0, 1, 2]]
    assert len(as_seeds([one, one])) == len(as_seeds(np.stack([one, one]))) == 2


def test_differences_keep_the_ids_of_either_side():
    (gain,) = differences([FIRST], [np.array([0.25, 0.25])])
    assert isinstance(gain, PerUser)
    assert gain.values.tolist() == [0.25, 0.75]
    (gain,) = differences([np.ones(2)], SECOND)
    assert gain.users.tolist() == [8, 9]
    (gain,) = differences(np.ones((1, 2)), np.zeros((1, 2)))
    assert gain.tolist() == [1, 1]


def test_some_of_the_users():
    table = seed_table([FIRST, SECOND])
    assert table.where(table.users > 3).users.tolist() == [8, 9]
    with pytest.raises(InputError, match="1 users are left"):
        table.where(table.users == 8)


def test_errors_say_what_they_are_about():
    with pytest.raises(InputError, match="'LATTICE': no seed"), about("LATTICE"):
        raise InputError("no seed")
