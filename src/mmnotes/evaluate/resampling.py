"""How would a mean have come out with other users and other seeds? Draws of its error."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import sparse

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.seeds import SeedTable

_BLOCK = 500_000  # users drawn at once: 10 MB

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class MeanDraws:
    """A mean over users and seeds, and what it might have been.

    Parameters
    ----------
    value : float
        The mean over seeds of the mean over users.
    errors : (n_resamples,) float64
        Draws of its error.
    n_users, n_seeds : int
    standard_error : float
        Of users and seeds together.
    freedom : float
        Degrees of freedom of the standard error.
    """

    value: float
    errors: np.ndarray
    n_users: int
    n_seeds: int
    standard_error: float
    freedom: float

    def estimate(self, level: float = 0.95) -> Estimate:
        """The mean and the quantiles of its draws.

        Raises
        ------
        InputError
            If ``level`` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise InputError(f"an interval needs a level between 0 and 1, not {level}")
        low, high = np.quantile(self.value + self.errors, [(1 - level) / 2, (1 + level) / 2])
        return Estimate(self.value, float(low), float(high), self.n_users, self.n_seeds, level)

    def p_value(self) -> float:
        """How surprising would this mean be if the truth were zero (two-sided)?

        One less the level at which the interval reaches zero. Never below ``2 / (n_resamples + 1)``
        since what was seen counts as one draw.
        """
        drawn = self.value + self.errors
        beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
        return float(min(1.0, 2 * (beyond + 1) / (len(drawn) + 1)))


def draw_means(
    tables: Mapping[Name, SeedTable], n_resamples: int = 10_000, random_state: int = 0
) -> dict[Name, MeanDraws]:
    """What might the mean of each table have been with other users and seeds?

    Tables over the same users and as many seeds are drawn in one pass: the same users, drawn with
    replacement, for all of them. A table's draws are those that it gets alone.

    Each block of draws is a sparse matrix of ones, (resamples, users), and its product with the
    values gives the sums. A single column is added up draw by draw. For several it is cheaper to
    count first how often each user came: that is the same matrix, made dense.

    Raises
    ------
    InputError
        There is no table, or fewer than 100 resamples.
    """
    if not tables:
        raise InputError("there are no values: give at least one name with its values by seed")
    if n_resamples < 100:
        raise InputError(f"an interval needs n_resamples from 100, not {n_resamples}")
    drawn: dict[Name, MeanDraws] = {}
    for names in _over_the_same_users(tables):
        stacked = np.stack([tables[name].values for name in names], axis=1)
        drawn |= zip(names, _draw(stacked, n_resamples, random_state), strict=True)
    return {name: drawn[name] for name in tables}


def _over_the_same_users(tables: Mapping[Name, SeedTable]) -> list[list[Name]]:
    """Names of tables that share users and the number of seeds, in order of appearance."""
    passes: list[list[Name]] = []
    for name, table in tables.items():
        for names in passes:
            first = tables[names[0]]
            if table.values.shape == first.values.shape and np.array_equal(
                table.users, first.users
            ):
                names.append(name)
                break
        else:
            passes.append([name])
    return passes


def _draw(values: np.ndarray, n_resamples: int, random_state: int) -> list[MeanDraws]:
    """Draws for each of the (n_users, n_means, n_seeds) means."""
    n_users, n_means, n_seeds = values.shape
    rng = np.random.default_rng(random_state)
    means = np.nanmean(values, axis=0)  # (n_means, n_seeds)
    centred = (values - means).reshape(n_users, -1)  # sums of small numbers keep their digits
    moves = _resampled_means(centred, n_resamples, rng).reshape(n_resamples, n_means, n_seeds)
    t = rng.standard_t(n_seeds - 1, size=n_resamples) if n_seeds > 1 else np.zeros(n_resamples)
    return [_with_seeds(moves[:, i], means[i], t, n_users) for i in range(n_means)]


def _resampled_means(columns: np.ndarray, n_resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Means of (n_users, n_columns), NaN left out, over users drawn with replacement."""
    n_users, n_columns = columns.shape
    there = np.isfinite(columns)
    everywhere = there.all()
    summed = columns if everywhere else np.hstack([np.nan_to_num(columns), there])
    n_sums = summed.shape[1]
    sums = np.empty((n_resamples, n_sums))
    step = max(1, _BLOCK // n_users)
    ones, starts = np.ones(step * n_users), np.arange(step + 1) * n_users
    for start in range(0, n_resamples, step):
        rows = min(step, n_resamples - start)
        drawn = rng.integers(0, n_users, size=rows * n_users, dtype=np.int32)
        entries = (ones[: len(drawn)], drawn, starts[: rows + 1])
        times = sparse.csr_array(entries, shape=(rows, n_users))
        sums[start : start + rows] = (times if n_sums == 1 else times.toarray()) @ summed
    if everywhere:
        return sums / n_users
    return sums[:, :n_columns] / np.maximum(sums[:, n_columns:], 1)


def _with_seeds(moves: np.ndarray, means: np.ndarray, t: np.ndarray, n_users: int) -> MeanDraws:
    """From how users move each seed's mean, (n_resamples, n_seeds), and t, to the mean's error.

    The standard error adds the squares of the two parts; its degrees of freedom are Welch's
    (1947, https://doi.org/10.1093/biomet/34.1-2.28).
    """
    n_seeds = len(means)
    of_users = moves.mean(axis=1)
    of_seeds = 0.0
    if n_seeds > 1:
        total = of_users.var()
        apart = moves.var(axis=1, ddof=1).mean() / n_seeds  # the part that seeds do not share
        of_users *= np.sqrt(max(0.0, total - apart) / total) if total > 0 else 0.0
        of_seeds = means.std(ddof=1) / np.sqrt(n_seeds)
    squares = np.array([of_users.var() * n_users / (n_users - 1), of_seeds**2])
    doubt = squares @ (squares / [n_users - 1, max(1, n_seeds - 1)])
    freedom = squares.sum() ** 2 / doubt if doubt > 0 else n_users - 1
    errors = of_users + t * of_seeds
    error = float(np.sqrt(squares.sum()))
    return MeanDraws(float(means.mean()), errors, n_users, n_seeds, error, float(freedom))
