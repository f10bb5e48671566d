import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import held_out_rates


def test_is_the_shrunken_mean_of_the_other_folds():
    rng = np.random.default_rng(0)
    action, reward = rng.integers(0, 4, size=60), rng.random(60)
    got = held_out_rates(action, reward, n_actions=5, prior=7.0, n_folds=3, random_state=2)
    fold = np.random.default_rng(2).permutation(60) % 3
    for row in range(60):
        other = fold != fold[row]
        for a in range(5):
            of_it = other & (action == a)
            wanted = (reward[of_it].sum() + 7 * reward[other].mean()) / (of_it.sum() + 7)
            assert got[row, a] == pytest.approx(wanted)


def test_an_action_never_taken_gets_the_mean_of_all_even_without_a_prior():
    action, reward = np.zeros(10, int), np.arange(10.0)
    got = held_out_rates(action, reward, n_actions=2, prior=0.0, n_folds=10)
    assert got[:, 0] == pytest.approx((45 - reward) / 9)
    assert got[:, 1] == pytest.approx(got[:, 0])


def test_a_round_does_not_see_its_own_reward():
    action, reward = np.arange(40) % 4, np.zeros(40)
    base = held_out_rates(action, reward, 4)
    reward[7] = 1000
    assert held_out_rates(action, reward, 4)[7] == pytest.approx(base[7])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reward": np.ones(3)}, r"\(n,\) each"),
        ({"reward": np.array([1, np.nan, 0, 0])}, "reward: round 1 is not finite"),
        ({"action": np.array([0, 1, 2, 3])}, r"whole numbers in 0 … 2"),
        ({"action": np.array([0, -1, 2, 2])}, r"whole numbers in 0 … 2"),
        ({"action": np.zeros(4)}, r"whole numbers in 0 … 2"),
        ({"prior": -1.0}, "prior must be a number from 0"),
        ({"n_folds": 5}, "from 2 to the 4 rounds, not 5"),
        ({"n_folds": 1}, "from 2 to the 4 rounds, not 1"),
    ],
)
def test_bad_input(change, message):
    good = {"action": np.array([0, 1, 2, 2]), "reward": np.ones(4), "n_folds": 2}
    with pytest.raises(InputError, match=message):
        held_out_rates(**good | change, n_actions=3)
