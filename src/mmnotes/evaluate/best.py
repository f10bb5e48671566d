"""Which of several rankers is the best, and does the data say so or the draw?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.intervals import mean_intervals
from mmnotes.evaluate.seeds import ValuesBySeed, about, differences, seed_table


@dataclass(frozen=True)
class Best:
    """The ranker with the greatest mean, and how sure that is.

    Parameters
    ----------
    ranked : tuple of str
        All of them, the greatest mean first.
    gap : float
        From the greatest mean to the next; 0 is a tie.
    rival : str
        The other one that it is least sure to be ahead of, as a rule the second.
    lead : Estimate
        Over the rival, for the same users and seeds.
    """

    ranked: tuple[str, ...]
    gap: float
    rival: str
    lead: Estimate

    @property
    def name(self) -> str:
        """The best, clear or not; of those that tie, the first that was given."""
        return self.ranked[0]

    @property
    def is_clear(self) -> bool:
        """Whether its lead over each of the others has an interval above zero."""
        return self.lead.low > 0


def best(
    results: Mapping[str, ValuesBySeed],
    level: float = 0.95,
    n_resamples: int = 2000,
    random_state: int = 0,
) -> Best:
    """Which ranker has the greatest mean, and is it clear of every other?

    Picking the greatest and then comparing it with each of the others at the usual level is no
    cheating: where all are alike, one of them is clear of all others in at most one minus ``level``
    of all tables. It must be clear of each, not of one chosen afterwards. Looks at several tables,
    one a track say, are several looks all the same.

    Parameters
    ----------
    results : mapping from name to values as :func:`~mmnotes.evaluate.mean_interval` takes them
        One metric of each ranker, more is better, over the same users and seeds.
    level : float
        Of the intervals of the leads.
    n_resamples, random_state : int

    Raises
    ------
    InputError
        If there are fewer than two rankers, or users or seeds differ (with the ranker's name).

    References
    ----------
    Gutmann and Maymin (1987), "Is the selected population the best?", Annals of Statistics 15; for
    values that depend on each other, as those of rankers on the same users do, Sood (2025),
    https://arxiv.org/abs/2503.01065.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> hard = rng.random(400)
    >>> found = best({"a": [hard], "b": [hard + rng.normal(0.1, 0.2, 400)], "c": [hard - 0.1]})
    >>> found.ranked, found.rival, found.is_clear
    (('b', 'a', 'c'), 'a', True)
    """
    if len(results) < 2:
        raise InputError(f"the best of {len(results)} rankers is no finding: give two or more")
    means = {}
    for name, values in results.items():
        with about(name):
            means[name] = seed_table(values).mean
    ranked = tuple(sorted(means, key=lambda name: -means[name]))
    gains = {}
    for name in ranked[1:]:
        with about(name):
            gains[name] = differences(results[ranked[0]], results[name])
    leads = mean_intervals(gains, n_resamples, random_state, level)
    rival = min(leads, key=lambda name: leads[name].low)
    return Best(ranked, means[ranked[0]] - means[ranked[1]], rival, leads[rival])


def agreement(tables: Sequence[Sequence[str]], level: float = 0.95) -> Estimate:
    """How often do two tables name the same, row by row?

    The mean over all pairs of tables and all rows. Pairs share tables, so they are no sample of
    their own: the interval is the jackknife's, over tables, with Student's quantile. Of two tables
    it is from 0 to 1. Where nearly all tables agree it is too short, and where all do it has no
    length.

    Parameters
    ----------
    tables : (n_tables, n_rows) words
        Two or more, independent of each other, and all of the same rows.
    level : float

    Returns
    -------
    Estimate
        ``n_seeds`` counts the tables.

    Raises
    ------
    InputError
        If there are fewer than two tables, or one has no row or other rows than the first.

    References
    ----------
    Arvesen (1969), "Jackknifing U-statistics", Annals of Mathematical Statistics 40,
    https://doi.org/10.1214/aoms/1177697287.

    Examples
    --------
    >>> print(agreement(["abca", "abcb", "abaa", "abcc", "abba"]))  # a letter a row
    0.650 [0.465, 0.835]
    """
    sizes = {len(table) for table in tables}
    n = len(tables)
    if n < 2 or len(sizes) > 1 or 0 in sizes:
        raise InputError(
            f"{n} tables of {sorted(sizes)} rows: give two or more, each of the same rows"
        )
    names = np.array([list(table) for table in tables])
    same = (names[:, None] == names[None]).mean(axis=2)
    np.fill_diagonal(same, 0)
    whole = same.sum() / (n * (n - 1))
    if n == 2:
        return Estimate(whole, 0, 1, n_seeds=n, level=level)
    without = (same.sum() - 2 * same.sum(axis=1)) / ((n - 1) * (n - 2))
    error = np.sqrt((n - 1) / n * np.square(without - without.mean()).sum())
    reach = stats.t.ppf((1 + level) / 2, n - 1) * error
    return Estimate(whole, whole - reach, whole + reach, n_seeds=n, level=level).within(0, 1)
