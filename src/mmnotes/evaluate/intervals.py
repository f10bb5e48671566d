"""How sure are we of a mean: intervals over users and seeds, for one ranker or a difference."""

from collections.abc import Mapping
from dataclasses import replace

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.resampling import draw_means
from mmnotes.evaluate.seeds import SeedTable, ValuesBySeed, about, differences, paired, seed_table


def mean_interval(
    values_by_seed: ValuesBySeed,
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
    >>> import numpy as np
    >>> print(mean_interval([np.arange(100) / 100]))
    0.495 [0.439, 0.551]
    """
    table = seed_table(values_by_seed)
    return _estimates({"": table}, n_resamples, random_state, level)[""]


def mean_intervals(
    values_by_name: Mapping[str, ValuesBySeed],
    n_resamples: int = 2000,
    random_state: int = 0,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """What is the mean of each metric, and between which ends does it lie?

    Each is what :func:`mean_interval` gives alone. Metrics over the same users are resampled in one
    pass, so that four cost hardly more than one.

    Parameters
    ----------
    values_by_name : mapping from name to values as :func:`mean_interval` takes them
        Names may be metrics, or rankers.
    n_resamples, random_state, level
        As for :func:`mean_interval`.

    Raises
    ------
    InputError
        No name, or as :func:`mean_interval`, with the name at fault.

    Examples
    --------
    >>> import numpy as np
    >>> hits = np.repeat([0.0, 1.0], [60, 40])
    >>> for name, mean in mean_intervals({"hit@1": [hits], "miss@1": [1 - hits]}).items():
    ...     print(name, mean)
    hit@1 0.400 [0.310, 0.490]
    miss@1 0.600 [0.510, 0.690]
    """
    tables = {}
    for name, values_by_seed in values_by_name.items():
        with about(name):
            tables[name] = seed_table(values_by_seed)
    return _estimates(tables, n_resamples, random_state, level)


def paired_interval(
    a_by_seed: ValuesBySeed,
    b_by_seed: ValuesBySeed,
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
    >>> import numpy as np
    >>> hard = np.random.default_rng(0).random(100)
    >>> print(paired_interval([hard + 0.25], [hard]))
    0.250 [0.250, 0.250]
    """
    return mean_interval(differences(a_by_seed, b_by_seed), n_resamples, random_state, level)


def paired_intervals(
    a_by_name: Mapping[str, ValuesBySeed],
    b_by_name: Mapping[str, ValuesBySeed],
    n_resamples: int = 2000,
    random_state: int = 0,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """By how much is a better than b, by each metric, for the same users and seeds?

    Each is what :func:`paired_interval` gives alone; one pass over the resamples for all.

    Raises
    ------
    InputError
        If a and b do not have the same names; else as :func:`paired_interval`, with the name.

    Examples
    --------
    >>> import numpy as np
    >>> a = {"ndcg@10": [np.array([0.5, 0.75, 1.0])], "recall@20": [np.array([0.5, 1.0, 1.0])]}
    >>> b = {"ndcg@10": [np.array([0.25, 0.5, 0.75])], "recall@20": [np.array([0.5, 1.0, 1.0])]}
    >>> paired_intervals(a, b)
    {'ndcg@10': Estimate(0.250 [0.250, 0.250]), 'recall@20': Estimate(0.000 [0.000, 0.000])}
    """
    if a_by_name.keys() != b_by_name.keys():
        odd = sorted(a_by_name.keys() ^ b_by_name.keys(), key=str)
        raise InputError(f"a and b must have the same names; only one of them has {odd}")
    gains = {}
    for name, a_by_seed in a_by_name.items():
        with about(name):
            gains[name] = differences(a_by_seed, b_by_name[name])
    return mean_intervals(gains, n_resamples, random_state, level)


def paired_ratio(
    a_by_seed: ValuesBySeed,
    b_by_seed: ValuesBySeed,
    n_resamples: int = 2000,
    random_state: int = 0,
    level: float = 0.95,
) -> Estimate:
    """What share of b does a reach, for the same users and seeds?

    The ratio of the means over users and seeds. Its interval is that of :func:`mean_interval` over
    what each user adds to the ratio, ``(a − ratio · b) / mean of b``: the delta method, without
    assuming that the errors are normal. It serves where the mean of b is well clear of zero.

    Raises
    ------
    InputError
        If the mean of b is zero, or as :func:`paired_interval`.

    Examples
    --------
    >>> import numpy as np
    >>> hard = np.random.default_rng(0).random(100)
    >>> print(paired_ratio([hard / 2], [hard]))
    0.500 [0.500, 0.500]
    """
    a, b = (seed_table(values) for values in paired(a_by_seed, b_by_seed))
    under = b.mean
    if not under:
        raise InputError("nothing to divide by: the mean of b is zero")
    ratio = a.mean / under
    parts = SeedTable(a.users, (a.values - ratio * b.values) / under)
    error = _estimates({"": parts}, n_resamples, random_state, level)[""]
    return replace(error, value=ratio, low=ratio + error.low, high=ratio + error.high)


def _estimates(
    tables: Mapping[str, SeedTable], n_resamples: int, random_state: int, level: float
) -> dict[str, Estimate]:
    drawn = draw_means(tables, n_resamples, random_state)
    return {name: draws.estimate(level) for name, draws in drawn.items()}
