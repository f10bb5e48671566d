"""Work: the bootstrap interval of a mean over users, for one metric and for four."""

from functools import partial

import numpy as np

from mmnotes.bench.works import OURS, Arrays, Implementation, Values, Work

RESAMPLES = 10_000
_METRICS = ("ndcg@10", "recall@20", "mrr", "map")
_LEVEL = 0.95
_PART_OF_WIDTH = 0.05  # in which ends drawn anew may differ: four standard errors of a quantile


def make_values(n_users: int, n_metrics: int) -> dict[str, np.ndarray]:
    """Values of some metrics by user, (n_users,) float64 each: one in two is 0, the rest differ."""
    rng = np.random.default_rng(0)
    found = rng.random(n_users) < 0.5
    return {name: found * rng.beta(2, 3, n_users) for name in _METRICS[:n_metrics]}


def _ours_one(arrays: Arrays) -> Values:
    from mmnotes.evaluate import mean_interval

    ((name, values),) = arrays.items()
    estimate = mean_interval([values], RESAMPLES, level=_LEVEL)
    return _ends(name, estimate.value, estimate.low, estimate.high)


def _ours(arrays: Arrays) -> Values:
    from mmnotes.evaluate import mean_intervals

    values = {name: [by_user] for name, by_user in arrays.items()}
    means = mean_intervals(values, RESAMPLES, level=_LEVEL)
    said: Values = {}
    for name, estimate in means.items():
        said |= _ends(name, estimate.value, estimate.low, estimate.high)
    return said


def _scipy(arrays: Arrays, n_metrics: int | None = None) -> Values:
    from scipy.stats import bootstrap

    said: Values = {}
    for name, values in list(arrays.items())[:n_metrics]:
        ends = bootstrap(
            (values,),
            np.mean,
            n_resamples=RESAMPLES,
            batch=100,
            confidence_level=_LEVEL,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        said |= _ends(name, values.mean(), ends.low, ends.high)
    return said


def _loop(arrays: Arrays) -> Values:
    rng = np.random.default_rng(0)
    values = np.stack(list(arrays.values()))  # (n_metrics, n_users)
    n_users = values.shape[1]
    means = np.empty((RESAMPLES, len(values)))
    for row in means:
        row[:] = values[:, rng.integers(0, n_users, n_users)].mean(axis=1)
    low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    said: Values = {}
    for name, value, *ends in zip(arrays, values.mean(axis=1), low, high, strict=True):
        said |= _ends(name, value, *ends)
    return said


def _ends(name: str, value: float, low: float, high: float) -> Values:
    return {name: value, f"{name} low": low, f"{name} high": high}


def _allowed(values: Values) -> Values:
    """Means must agree; ends are drawn, and agree up to a part of the interval's width."""
    width = {
        name: values[f"{name} high"] - values[f"{name} low"] for name in _METRICS if name in values
    }
    return {
        name: 1e-9 if name in width else _PART_OF_WIDTH * width[name.rpartition(" ")[0]]
        for name in values
    }


_DRAWN = f"ends are drawn: the same within {_PART_OF_WIDTH:.0%} of the interval's width"
_NAME = f"{RESAMPLES:,} resamples of {{size:,}} users"

WORKS = (
    Work(
        f"{_NAME}, one metric",
        size=20_000,
        quick=2_000,
        make=partial(make_values, n_metrics=1),
        implementations=(
            Implementation(OURS, _ours_one, "mmnotes.evaluate.intervals", about=_DRAWN),
            Implementation("SciPy, in batches of 100", _scipy, "scipy.stats", "scipy"),
            Implementation("NumPy, in a loop", _loop, "numpy", about="what one would write"),
        ),
        allowed=_allowed,
    ),
    Work(
        f"{_NAME}, {len(_METRICS)} metrics",
        size=20_000,
        quick=2_000,
        make=partial(make_values, n_metrics=len(_METRICS)),
        implementations=(
            Implementation(OURS, _ours, "mmnotes.evaluate.intervals", about=_DRAWN),
            Implementation("SciPy, in batches of 100, one by one", _scipy, "scipy.stats", "scipy"),
            Implementation(
                "SciPy, in batches of 100, the first alone",
                partial(_scipy, n_metrics=1),
                "scipy.stats",
                "scipy",
                about="a quarter of the work",
            ),
            Implementation("NumPy, in a loop", _loop, "numpy", about="what one would write"),
        ),
        allowed=_allowed,
    ),
)
