"""How sure are we of a mean: intervals over users and seeds, for one ranker or a difference."""

from collections.abc import Sequence

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.users import PerUser

_BLOCK = 2_000_000  # draws held at once; bounds memory at about 50 MB


Values = PerUser | np.ndarray


def mean_interval(
    values_by_seed: Sequence[Values] | PerUser,
    n_resamples: int = 2000,
    random_state: int = 0,
    level: float = 0.95,
) -> Estimate:
    """What is the mean over users and seeds, and between which ends does it lie?

    The value is the mean over seeds of the mean over users. The ends are quantiles of
    ``n_resamples`` draws of the value plus two errors:

    1. of users. Users are drawn with replacement, by id and for all seeds together, so that a user
       who appears under several seeds is one user. How the mean over seeds moves is the error of
       users, and with one seed this is all: the percentile bootstrap over users. With more, it is
       shrunk to the part that seeds share, for the next error holds the rest.
    2. of seeds. Student's t with ``n_seeds - 1`` degrees of freedom, times the standard deviation
       of the seeds' means over the root of ``n_seeds``.

    So where each seed has users of its own, this is the t interval over the seeds' means; where all
    seeds have the same users and agree, the bootstrap over users. Drawing seeds with replacement
    would be simpler, and wrong: of five seeds, its intervals at 0.95 hold the truth 75 to 87 times
    in 100 where seeds differ or users are shared (``tests/evaluate/test_intervals.py``).

    Parameters
    ----------
    values_by_seed : sequence of PerUser or of (n_users,) arrays, one a seed
        A seed's values. Arrays of equal length are aligned by place; arrays of unequal lengths are
        taken as different users. One PerUser alone is one seed, and the interval over users only.
    n_resamples : int
    random_state : int
        The same numbers give the same interval.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    Estimate
        ``n_users`` counts different users.

    Raises
    ------
    InputError
        No seed, a seed without users, fewer than two users, NaN, bad ``n_resamples`` or ``level``.

    References
    ----------
    Davison and Hinkley (1997), *Bootstrap Methods and their Application*, section 3.8; Owen (2007),
    The pigeonhole bootstrap, https://doi.org/10.1214/07-AOAS122, on users crossed with
    seeds, for which no resampling is exact.

    Examples
    --------
    >>> print(mean_interval([np.arange(100) / 100]))
    0.495 [0.439, 0.551]
    """
    if n_resamples < 100 or not 0 < level < 1:
        raise InputError(
            f"an interval needs n_resamples from 100 and a level between 0 and 1, "
            f"not {n_resamples} and {level}"
        )
    table = _table(values_by_seed)  # (n_users, n_seeds), NaN where a user is not in a seed
    rng = np.random.default_rng(random_state)
    means = np.nanmean(table, axis=0)  # (n_seeds,)
    resampled = _resample_users(table, means, n_resamples, rng)  # (n_resamples, n_seeds)
    drawn = means.mean() + _errors(resampled - means, means, rng)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    n_users, n_seeds = table.shape
    return Estimate(float(means.mean()), float(low), float(high), n_users, n_seeds, level)


def paired_interval(
    a_by_seed: Sequence[Values] | PerUser,
    b_by_seed: Sequence[Values] | PerUser,
    n_resamples: int = 2000,
    random_state: int = 0,
    level: float = 0.95,
) -> Estimate:
    """By how much is a better than b for the same users and seeds?

    The interval of :func:`mean_interval` over the differences a − b, user by user. Far narrower
    than the two intervals apart, since what makes a user easy or hard falls out.

    Raises
    ------
    InputError
        If the seeds differ in number or a seed's users differ; else as :func:`mean_interval`.

    Examples
    --------
    >>> hard = np.random.default_rng(0).random(100)
    >>> print(paired_interval([hard + 0.25], [hard]))
    0.250 [0.250, 0.250]
    """
    a_by_seed, b_by_seed = _seeds(a_by_seed), _seeds(b_by_seed)
    if len(a_by_seed) != len(b_by_seed):
        raise InputError(
            f"a has {len(a_by_seed)} seeds and b has {len(b_by_seed)}: pair them seed by seed"
        )
    pairs = zip(a_by_seed, b_by_seed, strict=True)
    differences = [_difference(a, b, seed) for seed, (a, b) in enumerate(pairs)]
    return mean_interval(differences, n_resamples, random_state, level)


def _difference(a: Values, b: Values, seed: int) -> Values:
    ids_a, ids_b = getattr(a, "users", None), getattr(b, "users", None)
    if len(a) != len(b) or (
        ids_a is not None and ids_b is not None and not np.array_equal(ids_a, ids_b)
    ):
        raise InputError(
            f"seed number {seed}: a and b are not over the same users ({len(a)} and {len(b)} of "
            "them): score the same impressions with both"
        )
    values = _numbers(a, seed) - _numbers(b, seed)
    ids = ids_a if ids_a is not None else ids_b
    return values if ids is None else PerUser(ids, values)


def _seeds(values_by_seed: Sequence[Values] | PerUser) -> list[Values]:
    return [values_by_seed] if isinstance(values_by_seed, PerUser) else list(values_by_seed)


def _numbers(values: Values, seed: int) -> np.ndarray:
    """A seed's values, checked, (n_users,) float64."""
    numbers = np.asarray(getattr(values, "values", values), dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise InputError(
            f"seed number {seed}: the values must be (n_users,) with at least one user, not "
            f"{numbers.shape}; one seed alone still goes into a list"
        )
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise InputError(f"seed number {seed}: the value of user number {row} is {numbers[row]}")
    return numbers


def _table(values_by_seed: Sequence[Values] | PerUser) -> np.ndarray:
    """All values as (n_users, n_seeds), NaN where a user is not in a seed."""
    seeds = _seeds(values_by_seed)
    if not seeds:
        raise InputError("there is no seed to take a mean over")
    columns = [_numbers(values, seed) for seed, values in enumerate(seeds)]
    ids = _ids(seeds, columns)
    users, code = np.unique(np.concatenate(ids), return_inverse=True)
    if len(users) < 2:
        raise InputError("an interval over users needs at least two users")
    table = np.full((len(users), len(seeds)), np.nan)
    start = 0
    for seed, column in enumerate(columns):
        table[code[start : start + len(column)], seed] = column
        start += len(column)
    return table


def _ids(seeds: list[Values], columns: list[np.ndarray]) -> list[np.ndarray]:
    named = [isinstance(values, PerUser) for values in seeds]
    if all(named):
        return [values.users for values in seeds if isinstance(values, PerUser)]
    if any(named):
        raise InputError("some seeds come with user ids and some without: give PerUser for all")
    lengths = [len(column) for column in columns]
    offsets = np.zeros(len(lengths), int) if len(set(lengths)) == 1 else np.cumsum(lengths)
    return [np.arange(n) + offset for n, offset in zip(lengths, offsets, strict=True)]


def _resample_users(
    table: np.ndarray, means: np.ndarray, n_resamples: int, rng: np.random.Generator
) -> np.ndarray:
    """Means of each seed over users drawn with replacement, (n_resamples, n_seeds)."""
    n_users = len(table)
    there = np.isfinite(table).astype(np.float64)
    filled = np.nan_to_num(table - means)  # sums of small numbers keep their digits
    result = np.zeros((n_resamples, table.shape[1]))
    step = max(1, _BLOCK // n_users)
    for start in range(0, n_resamples, step):
        rows = min(step, n_resamples - start)
        drawn = rng.integers(0, n_users, size=(rows, n_users))
        drawn += np.arange(rows)[:, None] * n_users
        times = np.bincount(drawn.ravel(), minlength=rows * n_users).reshape(rows, n_users)
        counts = times @ there
        sums = times @ filled
        result[start : start + rows] = sums / np.maximum(counts, 1) + means
    return result


def _errors(moves: np.ndarray, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws of the mean's error, (n_resamples,), from how users move each seed's mean."""
    n_seeds = len(means)
    of_users = moves.mean(axis=1)
    if n_seeds == 1:
        return of_users
    total = of_users.var()
    apart = moves.var(axis=1, ddof=1).mean() / n_seeds  # the part that seeds do not share
    shared = np.sqrt(max(0.0, total - apart) / total) if total > 0 else 0.0
    of_seeds = rng.standard_t(n_seeds - 1, size=len(moves)) * means.std(ddof=1) / np.sqrt(n_seeds)
    return of_users * shared + of_seeds
