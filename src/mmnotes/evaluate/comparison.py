"""Which of several rankers is better, and where: tables that say how sure they are."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mmnotes.data.checks import mask as check_mask
from mmnotes.errors import InputError
from mmnotes.evaluate.power import detectable_gain
from mmnotes.evaluate.resampling import draw_means
from mmnotes.evaluate.seeds import (
    OneOrMore,
    SeedTable,
    ValuesBySeed,
    about,
    as_seeds,
    differences,
    seed_table,
)
from mmnotes.evaluate.significance import benjamini_hochberg, holm, paired_p

_Table = tuple[str, str]  # what a table holds, "mean" or "gain", and the name of the ranker


def compare(
    results: Mapping[str, ValuesBySeed],
    baseline: str,
    chance: str | None = None,
    *,
    level: float = 0.95,
    power: float = 0.8,
    n_resamples: int = 10_000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Which rankers are better than the baseline, and how good would one have to be to show it?

    Each ranker's gain is measured user by user against the baseline, under the same seeds. Its
    p-value is the larger of two, by the interval over users and seeds and by sign flips over users,
    after Holm's correction for the number of rankers. So a row says "better" only if its interval
    is clear of zero, and of tables whose rankers do not truly differ, one in twenty at most says
    that one is better or worse.

    Parameters
    ----------
    results : mapping from name to values as :func:`mean_interval` takes them
        One metric of each ranker, more is better, over the same users and seeds.
    baseline : str
        The name to compare with.
    chance : str, optional
        The name of what a ranker without knowledge reaches, to stand first.
    level : float
        Of the intervals; a verdict needs a p-value below ``1 - level``.
    power : float
        How often the smallest detectable gain would be seen.
    n_resamples, random_state : int

    Returns
    -------
    DataFrame
        A row for each ranker, by name: chance, the baseline, then as given. With the names it is as
        wide as ``page.table`` allows; show it with ``digits={"p (Holm)": 4}``. Columns:

        ``mean``, ``gain over baseline``
            Estimates, over users and seeds.
        ``p (Holm)``
            See above; at least ``2 / (n_resamples + 1)``.
        ``smallest detectable gain``
            A true gain of this size would get the word "better" about ``power`` of the time,
            whatever the other rows hold. NaN where no user differs.
        ``users``
        ``verdict``
            ``"baseline"``, ``"better"``, ``"worse"`` or ``"no difference seen"``, which is not "no
            difference": a gain below the smallest detectable one may be there.

    Raises
    ------
    InputError
        ``baseline`` or ``chance`` is no name in ``results``, they are the same, there is nothing
        beside the baseline, users or seeds differ (with the ranker's name), or as
        :func:`mean_interval`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> old = rng.random(500)
    >>> new, same = old + rng.normal(0.05, 0.1, 500), old + rng.normal(0, 0.1, 500)
    >>> table = compare({"old": [old], "new": [new], "same": [same]}, baseline="old")
    >>> table["verdict"].to_dict()
    {'old': 'baseline', 'new': 'better', 'same': 'no difference seen'}
    """
    names = _chance_and_baseline_first(results, baseline, chance)
    tables = _tables(results, names, baseline)
    drawn = draw_means(tables, n_resamples, random_state)
    means = {name: drawn["mean", name].estimate(level) for name in names}
    gains = {name: drawn["gain", name] for name in names if name != baseline}
    p = holm(
        [paired_p(tables["gain", name], gains[name], n_resamples, random_state) for name in gains]
    )
    adjusted = dict(zip(gains, p.tolist(), strict=True))
    alpha = 1 - level
    least = {name: detectable_gain(gains[name], power, alpha / len(gains)) for name in gains}
    verdicts = {name: _verdict(gains[name].value, adjusted[name] < alpha) for name in gains}
    return pd.DataFrame(
        {
            "mean": list(means.values()),
            "gain over baseline": [
                gains[name].estimate(level) if name in gains else None for name in names
            ],
            "p (Holm)": [adjusted.get(name, np.nan) for name in names],
            "smallest detectable gain": [least.get(name, np.nan) for name in names],
            "users": [mean.n_users for mean in means.values()],
            "verdict": [verdicts.get(name, "baseline") for name in names],
        },
        index=pd.Index(names, name="ranker"),
    )


def slice_differences(
    a: OneOrMore,
    b: OneOrMore,
    slices: Mapping[str, np.ndarray],
    *,
    level: float = 0.95,
    n_resamples: int = 10_000,
    random_state: int = 0,
) -> pd.DataFrame:
    """In which groups of users is a better than b, once we admit to having looked at them all?

    Parameters
    ----------
    a, b : PerUser, (n_users,) array, or a sequence of them, one a seed
        For the same users and seeds.
    slices : mapping from name to (n_users,) bool
        Who belongs to it; users ascending by id, or in the order of the arrays. Slices may overlap.
    level : float
        Of the intervals, which are not corrected: of twenty slices without effect, one is expected
        to have an interval clear of zero.
    n_resamples, random_state : int

    Returns
    -------
    DataFrame
        A row for each slice, by name: ``difference`` (Estimate of a − b), ``users``, ``p`` (as in
        :func:`compare`), ``p_holm`` (:func:`holm`: to claim a slice) and ``p_bh``
        (:func:`benjamini_hochberg`: to look into it).

    Raises
    ------
    InputError
        No slice, a mask that is not (n_users,) bool, fewer than two users in a slice or none in a
        seed; else as :func:`paired_interval`.

    Examples
    --------
    >>> import numpy as np
    >>> gain = np.tile([0.25, 0.5, -0.25, -0.25], 25)
    >>> places = np.arange(100) % 4
    >>> frame = slice_differences(gain, np.zeros(100), {"new": places < 2, "old": places > 0})
    >>> frame[["users", "p_holm"]].round(4)
           users  p_holm
    slice
    new       50  0.0004
    old       75  1.0000
    """
    table = seed_table(differences(as_seeds(a), as_seeds(b)))
    tables = {}
    for name, mask in slices.items():
        with about(name):
            tables[name] = table.where(check_mask(mask, len(table.users)))
    drawn = draw_means(tables, n_resamples, random_state)
    p = [paired_p(tables[name], drawn[name], n_resamples, random_state) for name in tables]
    return pd.DataFrame(
        {
            "difference": [draws.estimate(level) for draws in drawn.values()],
            "users": [draws.n_users for draws in drawn.values()],
            "p": p,
            "p_holm": holm(p),
            "p_bh": benjamini_hochberg(p),
        },
        index=pd.Index(list(tables), name="slice"),
    )


def _chance_and_baseline_first(
    results: Mapping[str, ValuesBySeed], baseline: str, chance: str | None
) -> list[str]:
    first = [baseline] if chance is None else [chance, baseline]
    for name in first:
        if name not in results:
            raise InputError(f"there is no {name!r} among the results: {list(results)}")
    if chance == baseline:
        raise InputError(f"{baseline!r} cannot be both the baseline and chance")
    others = [name for name in results if name not in first]
    if len(first) + len(others) < 2:
        raise InputError(f"there is nothing to compare with {baseline!r}")
    return [*first, *others]


def _tables(
    results: Mapping[str, ValuesBySeed], names: list[str], baseline: str
) -> dict[_Table, SeedTable]:
    """Each ranker's values, and its gains over the baseline."""
    tables: dict[_Table, SeedTable] = {}
    for name in names:
        with about(name):
            tables["mean", name] = seed_table(results[name])
            if name != baseline:
                gains = differences(results[name], results[baseline])
                tables["gain", name] = seed_table(gains)
    return tables


def _verdict(gain: float, is_clear: bool) -> str:
    if not is_clear:
        return "no difference seen"
    return "better" if gain > 0 else "worse"
