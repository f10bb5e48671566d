"""Ratios of means, and how sure we are of them: value per weight, clicks per view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.resampling import draw_means
from mmnotes.evaluate.seeds import SeedTable

Ratio = tuple[str, str]


@dataclass(frozen=True)
class ColumnMeans:
    """Means of several columns over the same units, and what they might have been.

    A unit is what was drawn independently: a user, or a round of a log.

    Parameters
    ----------
    names : tuple of str
    means : (n_columns,) float64
    n_units : int
    draws : (n_resamples, n_columns) float64, optional
        The means over units drawn with replacement.
    covariance : (n_columns, n_columns) float64, optional
        Of the means; used where there are no draws.
    """

    names: tuple[str, ...]
    means: np.ndarray
    n_units: int
    draws: np.ndarray | None = None
    covariance: np.ndarray | None = None

    @classmethod
    def resampled(
        cls, columns: Mapping[str, np.ndarray], n_resamples: int, random_state: int
    ) -> "ColumnMeans":
        """From the units themselves, (n_units,) a column; all columns see the same draws."""
        lengths = {len(column) for column in columns.values()}
        if len(lengths) != 1 or min(lengths) < 2:
            raise InputError("an interval needs at least two users, clusters or rounds")
        units = np.arange(lengths.pop())
        tables = {name: SeedTable(units, column[:, None]) for name, column in columns.items()}
        drawn = draw_means(tables, n_resamples, random_state)
        return cls(
            tuple(columns),
            np.array([drawn[name].value for name in columns]),
            len(units),
            draws=np.stack([drawn[name].value + drawn[name].errors for name in columns], axis=1),
        )

    @classmethod
    def from_moments(
        cls, names: tuple[str, ...], n_units: int, total: np.ndarray, products: np.ndarray
    ) -> "ColumnMeans":
        """From the sums (n_columns,) and the sums of products (n_columns, n_columns) over units."""
        if n_units < 2:
            raise InputError("an interval needs at least two users, clusters or rounds")
        means = total / n_units
        covariance = (products / n_units - np.outer(means, means)) / (n_units - 1)
        return cls(names, means, n_units, covariance=covariance)

    def estimate(self, *ratios: Ratio, level: float = 0.95) -> Estimate:
        """The sum of these ratios of means, (numerator, denominator) each, and its interval.

        The interval is the percentile bootstrap where there are draws, else that of the delta
        method: a normal one, from the slopes of the sum at the means.

        Raises
        ------
        InputError
            If a denominator is zero.

        References
        ----------
        Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13; for the delta
        method, van der Vaart (1998), *Asymptotic Statistics*, chapter 3.

        Examples
        --------
        >>> users = {"clicks": np.array([1.0, 0, 2, 1]), "views": np.array([4.0, 2, 8, 2])}
        >>> print(ColumnMeans.resampled(users, 1000, random_state=0).estimate(("clicks", "views")))
        0.250 [0.125, 0.375]
        """
        _check_level(level)
        value = float(self._sum(ratios, self.means))
        if not np.isfinite(value):
            zero = [under for _, under in ratios if not self.means[self.names.index(under)]]
            raise InputError(f"nothing to divide by: the mean of {zero or 'a column'} is zero")
        if self.draws is not None:
            return self.bootstrap(lambda means: self._sum(ratios, means), level)
        half = NormalDist().inv_cdf((1 + level) / 2) * self._error(ratios)
        return Estimate(value, value - half, value + half, n_users=self.n_units, level=level)

    def bootstrap(
        self, function: Callable[[np.ndarray], np.ndarray], level: float = 0.95
    ) -> Estimate:
        """Any function of the means, with its percentile interval over the draws.

        Parameters
        ----------
        function : callable
            From means (…, n_columns) to values (…,).
        level : float
        """
        _check_level(level)
        if self.draws is None:
            raise InputError("column means without draws have no bootstrap: resample their units")
        value = float(function(self.means))
        drawn = function(self.draws)
        # A draw may miss every unit with something to divide by; the others still tell.
        low, high = np.quantile(drawn[np.isfinite(drawn)], [(1 - level) / 2, (1 + level) / 2])
        return Estimate(value, float(low), float(high), n_users=self.n_units, level=level)

    def _sum(self, ratios: tuple[Ratio, ...], means: np.ndarray) -> np.ndarray:
        """The sum of the ratios for means (…, n_columns)."""
        with np.errstate(divide="ignore", invalid="ignore"):  # estimate() looks at what comes out
            terms = [
                means[..., self.names.index(over)] / means[..., self.names.index(under)]
                for over, under in ratios
            ]
        return np.sum(terms, axis=0)

    def _error(self, ratios: tuple[Ratio, ...]) -> float:
        """The standard error of the sum by the delta method."""
        if self.covariance is None:
            raise InputError("column means without draws need their covariance")
        slopes = np.zeros(len(self.names))
        for over, under in ratios:
            i, j = self.names.index(over), self.names.index(under)
            slopes[i] += 1 / self.means[j]
            slopes[j] -= self.means[i] / self.means[j] ** 2
        return float(np.sqrt(max(slopes @ self.covariance @ slopes, 0.0)))


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"an interval needs a level between 0 and 1, not {level}")
