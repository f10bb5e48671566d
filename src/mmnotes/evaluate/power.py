"""What could this test have seen? Power, the smallest effect in reach, and users it would take."""

import numpy as np
from scipy import optimize, stats

from mmnotes.errors import InputError
from mmnotes.evaluate.ranks import PerGroup
from mmnotes.evaluate.resampling import MeanDraws
from mmnotes.evaluate.seeds import OneOrMore, as_seeds, seed_table
from mmnotes.evaluate.users import per_user


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
    Noncentral t: Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*, chapter 2.

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

    def short(effect: float) -> float:
        return _power(effect / spread, n, alpha) - power

    far = (stats.t.isf(alpha / 2, n - 1) + stats.t.isf(1 - power, n - 1) + 1) / np.sqrt(n)
    while short(far * spread) < 0:
        far *= 2
    return float(optimize.brentq(short, 0, far * spread))


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
    return _power(effect / spread, n, alpha)


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
    too_few, enough = 1, 2
    while _power(effect / spread, enough, alpha) < power:
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _power(effect / spread, middle, alpha) < power:
            too_few = middle
        else:
            enough = middle
    return enough


def detectable_gain(draws: MeanDraws, power: float = 0.8, alpha: float = 0.05) -> float:
    """:func:`minimal_detectable_effect` of an interval over users and seeds.

    The interval's half-width at ``1 - alpha``, which a gain must clear, and so many standard errors
    more that it does ``power`` of the time. NaN where nothing varies, for then nothing can be said.
    """
    _check_shares(alpha, power)
    needed = np.quantile(np.abs(draws.errors), 1 - alpha)
    gain = needed + stats.norm.ppf(power) * draws.errors.std()
    return float(gain) if gain > 0 else float("nan")


def _power(effect: float, n: int, alpha: float) -> float:
    """Share of two-sided t tests over n users that see an effect, in standard deviations."""
    away = abs(effect) * np.sqrt(n)
    critical = stats.t.isf(alpha / 2, n - 1)
    return float(stats.nct.sf(critical, n - 1, away) + stats.nct.cdf(-critical, n - 1, away))


def _size_and_spread(differences: OneOrMore, users: np.ndarray | None) -> tuple[int, float]:
    """Number of users and standard deviation of their differences."""
    if users is not None:
        rows = np.asarray(differences, dtype=np.float64)
        differences = per_user(PerGroup(np.arange(len(rows)), rows), users)
    by_user = seed_table(as_seeds(differences)).by_user
    spread = float(by_user.std(ddof=1))
    if spread <= 1e-12 * np.abs(by_user).max():
        raise InputError("all users have the same difference: its spread must be known")
    return len(by_user), spread


def _check_shares(alpha: float, power: float | None = None) -> None:
    if not 0 < alpha < 1 or not (power is None or alpha < power < 1):
        asked = "" if power is None else f", power between alpha and 1: not {power}"
        raise InputError(f"alpha must be between 0 and 1: not {alpha}{asked}")
