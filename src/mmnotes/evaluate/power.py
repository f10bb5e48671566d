"""What could this test have seen? Power, the smallest effect in reach, and users it would take."""

import bisect

import numpy as np
from scipy import optimize, stats

from mmnotes.errors import InputError
from mmnotes.evaluate.ranks import PerGroup
from mmnotes.evaluate.resampling import MeanDraws
from mmnotes.evaluate.seeds import OneOrMore, as_seeds, seed_table
from mmnotes.evaluate.users import per_user

_ROUNDING = 1e-12  # a spread this small, relative to the values, is none


def minimal_detectable_effect(
    differences: OneOrMore,
    power: float = 0.8,
    alpha: float = 0.05,
    users: np.ndarray | None = None,
) -> float:
    """How large must a gain be for this test to see it?

    A true mean difference of this size is told from zero ``power`` of the time, by a two-sided
    paired test at ``alpha`` with as many users as there are here. A smaller one may be real and
    still go unseen: "no difference" then means "none that we could have seen".

    Parameters
    ----------
    differences : PerUser, (n_users,) array, or a sequence of them, one a seed
        a − b for each user. Only their number and their spread count, not their mean. With several
        seeds, a user's mean over them.
    power : float
        Share of repetitions in which the effect is to be seen.
    alpha : float
        Share in which nothing is there and the test sees something. Divide it by the number of
        tests where there are several (Bonferroni; :func:`holm` needs no more).
    users : (n_rows,), optional
        Where ``differences`` is one array with a row for each impression: whose it is. Impressions
        are then averaged by user, the unit of the test.

    Returns
    -------
    float
        In the unit of the differences.

    Raises
    ------
    InputError
        Differences without spread, NaN, fewer than two users; ``power`` or ``alpha`` outside 0 to
        1, or ``power`` not above ``alpha``.

    References
    ----------
    Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*, chapter 2.

    Examples
    --------
    >>> import numpy as np
    >>> gains = np.repeat([-0.1, 0.1], 200)
    >>> round(minimal_detectable_effect(gains), 4)
    0.0141
    >>> round(minimal_detectable_effect(gains, users=np.arange(400) // 4), 4)
    0.0284
    """
    n, spread = _size_and_spread(differences, users)
    _check_shares(alpha, power)

    return _away(power, n - 1, alpha) * spread / float(np.sqrt(n))


def power_of(
    effect: float,
    differences: OneOrMore,
    alpha: float = 0.05,
    users: np.ndarray | None = None,
) -> float:
    """How often would this test see a gain of this size?

    Parameters
    ----------
    effect : float
        The true mean difference, in the unit of the differences; its sign does not matter.
    differences, alpha, users
        As for :func:`minimal_detectable_effect`, errors too.

    Examples
    --------
    >>> import numpy as np
    >>> round(power_of(0.01, np.tile([-0.1, 0.1], 200)), 2)
    0.51
    """
    n, spread = _size_and_spread(differences, users)
    _check_shares(alpha)
    if not np.isfinite(effect):
        raise InputError(f"effect must be a number, not {effect}")
    return _power(effect / spread * np.sqrt(n), n - 1, alpha)


def users_needed(
    effect: float,
    differences: OneOrMore,
    power: float = 0.8,
    alpha: float = 0.05,
    users: np.ndarray | None = None,
) -> int:
    """How many users would it take to see a gain of this size?

    The others are as for :func:`minimal_detectable_effect`, errors too; the spread of
    ``differences`` is taken to stay as it is.

    Raises
    ------
    InputError
        If ``effect`` is 0 or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> users_needed(0.01, np.tile([-0.1, 0.1], 200))
    789
    """
    _, spread = _size_and_spread(differences, users)
    _check_shares(alpha, power)
    if not np.isfinite(effect) or effect == 0:
        raise InputError(f"effect must be a number other than 0, not {effect}")

    def is_enough(n: int) -> bool:
        return _power(effect / spread * np.sqrt(n), n - 1, alpha) >= power

    enough = 2
    while not is_enough(enough):
        enough *= 2
    numbers = range(enough // 2 + 1, enough + 1)  # half of it was not enough
    return numbers[bisect.bisect_left(numbers, True, key=is_enough)]


def detectable_gain(draws: MeanDraws, power: float = 0.8, alpha: float = 0.05) -> float:
    """:func:`minimal_detectable_effect` where seeds count as well as users.

    NaN where nothing varies, for then nothing can be said.
    """
    _check_shares(alpha, power)
    if draws.standard_error <= _ROUNDING * abs(draws.value):
        return float("nan")
    return _away(power, draws.freedom, alpha) * draws.standard_error


def _power(away: float, freedom: float, alpha: float) -> float:
    """Share of two-sided t tests that see a truth so many standard errors away from zero.

    By the law of t squared, a noncentral F: SciPy's noncentral t gives NaN or a wrong sixth digit
    far from its centre, and its noncentral F a negative share at the centre itself.
    """
    if away == 0:
        return alpha
    critical = stats.t.isf(alpha / 2, freedom)
    return float(stats.ncf.sf(critical**2, 1, freedom, away**2))


def _away(power: float, freedom: float, alpha: float) -> float:
    """How many standard errors from zero a truth must be, to be seen with that power."""

    def short(away: float) -> float:
        return _power(away, freedom, alpha) - power

    far = 2 * float(stats.t.isf(alpha / 2, freedom))
    while short(far) < 0:
        far *= 2
    return float(optimize.brentq(short, 0, far))


def _size_and_spread(differences: OneOrMore, users: np.ndarray | None) -> tuple[int, float]:
    """Number of users and standard deviation of their differences."""
    if users is not None:
        rows = np.asarray(differences, dtype=np.float64)
        differences = per_user(PerGroup(np.arange(len(rows)), rows), users)
    by_user = seed_table(as_seeds(differences)).by_user
    spread = float(by_user.std(ddof=1))
    if spread <= _ROUNDING * np.abs(by_user).max():
        raise InputError("all users have the same difference: its spread must be known")
    return len(by_user), spread


def _check_shares(alpha: float, power: float | None = None) -> None:
    if not 0 < alpha < 1 or not (power is None or alpha < power < 1):
        asked = "" if power is None else f", power between alpha and 1: not {power}"
        raise InputError(f"alpha must be between 0 and 1: not {alpha}{asked}")
