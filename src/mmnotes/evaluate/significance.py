"""Could this difference be luck? Sign flips over users, and corrections for asking many times."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.evaluate.resampling import MeanDraws
from mmnotes.evaluate.seeds import OneOrMore, SeedTable, as_seeds, differences, seed_table

_EXACT = 12  # users whose 2 ** 12 sign patterns are all tried
_BLOCK = 1_000_000  # signs drawn at once: 8 MB as float64
_ROUNDING = 1e-12  # sums this close, relative to the sum of sizes, count as equal


def randomization_test(
    a: OneOrMore,
    b: OneOrMore,
    n_resamples: int = 10_000,
    random_state: int = 0,
) -> float:
    """How often would chance alone set a and b at least this far apart?

    If a and b are alike, each user's difference could as well have had the other sign. The p-value
    is the share of sign patterns whose mean difference is at least as large, in either direction.
    With up to twelve users who differ, all patterns are tried; with more, ``n_resamples`` random
    ones, and what was seen counts as one of them, so p is never 0.

    Parameters
    ----------
    a, b : PerUser, (n_users,) array, or a sequence of them, one a seed
        For the same users. With several seeds a user's difference is the mean over them, and the
        test speaks of these trained models; whether others would differ as well is for
        :func:`paired_interval` to say.
    n_resamples : int
    random_state : int

    Returns
    -------
    float
        Above 0, at most 1. With twelve users or fewer, at least ``2 / 2 ** n_users``.

    Raises
    ------
    InputError
        Different users, different numbers of seeds, values of impressions where users are asked
        for, NaN, fewer than two users, ``n_resamples`` below 100.

    References
    ----------
    Smucker, Allan and Carterette (2007), https://doi.org/10.1145/1321440.1321528; on counting what
    was seen, Phipson and Smyth (2010), https://doi.org/10.2202/1544-6115.1585.

    Examples
    --------
    >>> import numpy as np
    >>> randomization_test(np.array([0.5, 0.75, 1.0]), np.array([0.0, 0.5, 0.5]))
    0.25
    """
    table = seed_table(differences(as_seeds(a), as_seeds(b)))
    return sign_flip_p(table.by_user, n_resamples, random_state)


def sign_flip_p(differences: np.ndarray, n_resamples: int = 10_000, random_state: int = 0) -> float:
    """The p-value of :func:`randomization_test` from (n_users,) differences."""
    if n_resamples < 100:
        raise InputError(f"a randomization test needs n_resamples from 100, not {n_resamples}")
    moving = differences[differences != 0]  # the sign of 0 changes nothing
    n = len(moving)
    far = abs(moving.sum()) - _ROUNDING * np.abs(moving).sum()
    if n <= _EXACT:
        every = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((_gaps(every, moving) >= far).mean())
    rng = np.random.default_rng(random_state)
    as_far, step = 0, max(1, _BLOCK // n)
    for start in range(0, n_resamples, step):
        rows = min(step, n_resamples - start)
        coins = rng.integers(0, 256, size=(rows, -(-n // 8)), dtype=np.uint8)
        patterns = np.unpackbits(coins, axis=1, count=n)
        as_far += int((_gaps(patterns, moving) >= far).sum())
    return (as_far + 1) / (n_resamples + 1)


def paired_p(
    table: SeedTable, draws: MeanDraws, n_resamples: int = 10_000, random_state: int = 0
) -> float:
    """The larger of two p-values of a mean difference: by its interval, and by sign flips.

    The interval knows how much seeds differ; the flips stay honest where few users differ. The
    larger one is valid where either is, and whatever it calls a difference has an interval clear
    of zero.
    """
    return max(draws.p_value(), sign_flip_p(table.by_user, n_resamples, random_state))


def holm(p: ArrayLike) -> np.ndarray:
    """Which of several p-values still stand when each was a chance to be fooled?

    Below 0.05, an adjusted value is a finding; the chance of even one false finding among all is
    then at most 0.05, however the tests depend on each other.

    Parameters
    ----------
    p : (n_tests,)

    Returns
    -------
    (n_tests,) float64
        Adjusted, in the order given: the i-th smallest times ``n_tests - i + 1``, no smaller than
        the one before, at most 1.

    Raises
    ------
    InputError
        No p-value, or one that is not between 0 and 1.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure,
    https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    checked = _p_values(p)
    order = np.argsort(checked)
    stepped = np.maximum.accumulate(checked[order] * np.arange(len(checked), 0, -1))
    adjusted = np.empty(len(checked))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def benjamini_hochberg(p: ArrayLike) -> np.ndarray:
    """Which of several p-values to follow up, if one in twenty of these may be a false lead?

    Where all with an adjusted value below 0.05 are followed up, at most 5 % of them are false on
    average, if the tests are independent or lean the same way. Milder than :func:`holm`: use it to
    look for leads, not to claim one of them. Parameters and errors as for :func:`holm`.

    References
    ----------
    Benjamini and Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    array([0.03, 0.04, 0.04])
    """
    return np.asarray(stats.false_discovery_control(_p_values(p), method="bh"))


def _gaps(patterns: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """How far from zero the sum is under each (n_patterns, n_users) pattern: 1 keeps a sign."""
    return np.abs(2 * (patterns @ moving) - moving.sum())


def _p_values(p: ArrayLike) -> np.ndarray:
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise InputError(f"p must be (n_tests,) with at least one test, not {values.shape}")
    bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(bad):
        raise InputError(f"p: number {bad[0]} is {values[bad[0]]}, and must be between 0 and 1")
    return values
