"""What does each action earn? A reward model simple enough for a log with few rewards."""

import numpy as np

from mmnotes.errors import InputError


def held_out_rates(
    action: np.ndarray,
    reward: np.ndarray,
    n_actions: int,
    prior: float = 100.0,
    n_folds: int = 5,
    random_state: int = 0,
) -> np.ndarray:
    """What do the other folds say that each action earns?

    The mean reward of each action, pulled towards the mean of all as if by ``prior`` more rounds.
    A round is predicted from the folds that it is not in, so that ``off_policy`` may take the
    model as given.

    Parameters
    ----------
    action : (n,) int
        From 0 to ``n_actions - 1``.
    reward : (n,) float
    n_actions : int
    prior : float
        From 0; an action that the other folds never took gets the mean of all.
    n_folds : int
    random_state : int
        Deals the rounds to the folds.

    Returns
    -------
    (n, n_actions) float64

    Raises
    ------
    InputError
        Unequal lengths, an action out of range, a reward that is not finite, a negative prior, or
        folds that are not from 2 to n.

    References
    ----------
    Cross-fitting: Chernozhukov and others (2018), https://doi.org/10.1111/ectj.12097.

    Examples
    --------
    >>> action, reward = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([1.0] * 4 + [0.0] * 4)
    >>> held_out_rates(action, reward, 2, prior=0.0)[0]
    array([1., 0.])
    """
    action, reward = np.asarray(action), np.asarray(reward, dtype=np.float64)
    if action.shape != reward.shape or action.ndim != 1:
        raise InputError(
            f"action and reward must be (n,) each, not {action.shape} and {reward.shape}"
        )
    if not 2 <= n_folds <= len(action):
        raise InputError(f"n_folds must be from 2 to the {len(action)} rounds, not {n_folds}")
    if not np.isfinite(reward).all():
        raise InputError(f"reward: round {np.flatnonzero(~np.isfinite(reward))[0]} is not finite")
    if action.dtype.kind not in "iu" or action.min() < 0 or action.max() >= n_actions:
        raise InputError(f"action must be whole numbers in 0 … {n_actions - 1}")
    if not prior >= 0:
        raise InputError(f"prior must be a number from 0, not {prior!r}")
    fold = np.random.default_rng(random_state).permutation(len(action)) % n_folds
    cells = (n_folds, n_actions)
    index = np.ravel_multi_index((fold, action), cells)
    n = np.bincount(index, minlength=n_folds * n_actions).reshape(cells)
    earned = np.bincount(index, reward, n_folds * n_actions).reshape(cells)
    n, earned = n.sum(axis=0) - n, earned.sum(axis=0) - earned  # in the other folds
    overall = (earned.sum(axis=1) / n.sum(axis=1))[:, None]
    rates = np.where(n + prior > 0, earned + prior * overall, overall) / np.where(
        n + prior, n + prior, 1
    )
    return rates[fold]
