import numpy as np
import pandas as pd
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import PerGroup, ndcg_at_k, per_user, users_of_groups


def test_a_user_counts_once_however_many_impressions():
    values = PerGroup(np.array([10, 11, 12]), np.array([0.0, 1.0, 0.2]))
    got = per_user(values, {10: 5, 11: 5, 12: 1, 13: 9})
    assert got.users.tolist() == [1, 5]
    assert got.values.tolist() == [0.2, 0.5]
    assert len(got) == 2


def test_mapping_series_and_array_agree():
    values = PerGroup(np.array([3, 4, 8]), np.array([0.1, 0.2, 0.6]))
    users = {3: 0, 4: 1, 8: 0}
    for given in (users, pd.Series(users), np.array([0, 1, 0])):
        assert per_user(values, given).values == pytest.approx([0.35, 0.2])


def test_from_a_log_with_a_group_left_out():
    groups = np.array([0, 0, 1, 1, 2, 2])
    users = np.array([7, 7, 8, 8, 7, 7])
    values = ndcg_at_k([2, 1, 2, 1, 1, 2], [1, 0, 0, 0, 1, 0], groups)
    got = per_user(values, users_of_groups(groups, users))
    assert got.users.tolist() == [7]
    assert got.values == pytest.approx([(1 + 1 / np.log2(3)) / 2])


def test_bad_input():
    values = PerGroup(np.array([3, 4]), np.array([0.1, 0.2]))
    with pytest.raises(InputError, match="1 groups have no user, the first is 4"):
        per_user(values, {3: 0})
    with pytest.raises(InputError, match="one entry for each of the 2 groups"):
        per_user(values, np.array([0, 1, 2]))
    with pytest.raises(InputError, match=r"group 1 has rows of more than one user \(row 2\)"):
        users_of_groups([1, 2, 1], [5, 5, 6])
    with pytest.raises(InputError, match=r"\(n_rows,\) each"):
        users_of_groups([1, 2], [5])
