"""Values of users under several seeds, brought to one table: the form that intervals work on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.users import PerUser

Values = PerUser | np.ndarray
ValuesBySeed = Sequence[Values] | PerUser
OneOrMore = ValuesBySeed | np.ndarray


@dataclass(frozen=True)
class SeedTable:
    """Who has which value under which seed.

    Parameters
    ----------
    users : (n_users,)
        Ascending, each once; places where the values came without ids.
    values : (n_users, n_seeds) float64
        NaN where a user is not in a seed. Every seed has a user, and there are at least two users.
    """

    users: np.ndarray
    values: np.ndarray

    @property
    def by_user(self) -> np.ndarray:
        """Each user's mean over the seeds that have them, (n_users,)."""
        return np.nanmean(self.values, axis=1)

    @property
    def mean(self) -> float:
        """Over the users of each seed, and then over seeds."""
        return float(np.nanmean(self.values, axis=0).mean())

    def where(self, mask: np.ndarray) -> "SeedTable":
        """The same for some of the users.

        Raises
        ------
        InputError
            Fewer than two users are left, or none in one of the seeds.
        """
        kept = SeedTable(self.users[mask], self.values[mask])
        if len(kept.users) < 2 or np.isnan(kept.values).all(axis=0).any():
            raise InputError(
                f"{len(kept.users)} users are left: an interval over users needs at least two, "
                "and one in every seed"
            )
        return kept


def seed_table(values_by_seed: ValuesBySeed) -> SeedTable:
    """Which values does each user have, over all seeds?

    Users with ids are aligned by id; arrays of equal length by place; arrays of unequal lengths
    are taken as different users. One PerUser alone is one seed.

    Raises
    ------
    InputError
        No seed, a seed without users, fewer than two users, NaN, or ids in some seeds only.

    Examples
    --------
    >>> first = PerUser(np.array([3, 8]), np.array([0.5, 1.0]))
    >>> second = PerUser(np.array([8, 9]), np.array([0.0, 1.0]))
    >>> seed_table([first, second]).values
    array([[0.5, nan],
           [1. , 0. ],
           [nan, 1. ]])
    """
    seeds = list_of_seeds(values_by_seed)
    if not seeds:
        raise InputError("there is no seed to take a mean over")
    columns = [_numbers(values, seed) for seed, values in enumerate(seeds)]
    users, code = np.unique(np.concatenate(_ids(seeds, columns)), return_inverse=True)
    if len(users) < 2:
        raise InputError("an interval over users needs at least two users")
    table = np.full((len(users), len(seeds)), np.nan)
    start = 0
    for seed, column in enumerate(columns):
        table[code[start : start + len(column)], seed] = column
        start += len(column)
    return SeedTable(users, table)


def differences(a_by_seed: ValuesBySeed, b_by_seed: ValuesBySeed) -> list[Values]:
    """By how much does a exceed b, user by user and seed by seed?

    Raises
    ------
    InputError
        If the seeds differ in number, a seed's users differ, or as :func:`seed_table`.
    """
    gaps: list[Values] = []
    for a, b in zip(*paired(a_by_seed, b_by_seed), strict=True):
        if isinstance(a, PerUser) and isinstance(b, PerUser):
            gaps.append(PerUser(a.users, a.values - b.values))
        else:
            gaps.append(np.asarray(a) - np.asarray(b))
    return gaps


def paired(a_by_seed: ValuesBySeed, b_by_seed: ValuesBySeed) -> tuple[list[Values], list[Values]]:
    """Both, checked, seed by seed; where only one has the ids of its users, they are the other's.

    Raises
    ------
    InputError
        As :func:`differences`.
    """
    a_by_seed, b_by_seed = list_of_seeds(a_by_seed), list_of_seeds(b_by_seed)
    if len(a_by_seed) != len(b_by_seed):
        raise InputError(
            f"a has {len(a_by_seed)} seeds and b has {len(b_by_seed)}: pair them seed by seed"
        )
    pairs = zip(a_by_seed, b_by_seed, strict=True)
    both = [_paired(a, b, seed) for seed, (a, b) in enumerate(pairs)]
    return [a for a, _ in both], [b for _, b in both]


def list_of_seeds(values_by_seed: ValuesBySeed) -> list[Values]:
    """The seeds' values as a list; one PerUser alone is one seed."""
    seeds: Any = values_by_seed
    alone = isinstance(seeds, PerUser) or hasattr(seeds, "groups")
    return [seeds] if alone else list(seeds)


def as_seeds(values: OneOrMore) -> list[Values]:
    """The same, where one (n_users,) array alone is one seed too."""
    seeds: Any = values
    alone = isinstance(seeds, np.ndarray) and seeds.ndim == 1
    return [seeds] if alone else list_of_seeds(seeds)


@contextmanager
def about(name: str) -> Iterator[None]:
    """Errors raised inside say which of several rankers, metrics or slices they are about."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{name!r}: {error}") from None


def _paired(a: Values, b: Values, seed: int) -> tuple[Values, Values]:
    ids_a, ids_b = getattr(a, "users", None), getattr(b, "users", None)
    values_a, values_b = _numbers(a, seed), _numbers(b, seed)
    alike = ids_a is None or ids_b is None or np.array_equal(ids_a, ids_b)
    if len(values_a) != len(values_b) or not alike:
        raise InputError(
            f"seed number {seed}: a and b are not over the same users ({len(values_a)} and "
            f"{len(values_b)} of them): score the same impressions with both"
        )
    ids = ids_a if ids_a is not None else ids_b
    return (values_a, values_b) if ids is None else (PerUser(ids, values_a), PerUser(ids, values_b))


def _numbers(values: Values, seed: int) -> np.ndarray:
    """A seed's values, checked, (n_users,) float64."""
    if hasattr(values, "groups"):
        raise InputError(
            f"seed number {seed}: these are values of groups, and intervals are over users: pass "
            "per_user(values, users); where each group is a user of its own, pass values.values"
        )
    try:
        numbers = np.asarray(getattr(values, "values", values), dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"seed number {seed}: the values are not numbers") from None
    if numbers.ndim != 1 or not len(numbers):
        raise InputError(
            f"seed number {seed}: the values must be (n_users,) with at least one user, not "
            f"{numbers.shape}; one seed alone still goes into a list"
        )
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise InputError(f"seed number {seed}: the value of user number {row} is {numbers[row]}")
    return numbers


def _ids(seeds: list[Values], columns: list[np.ndarray]) -> list[np.ndarray]:
    named = [isinstance(values, PerUser) for values in seeds]
    if all(named):
        return [values.users for values in seeds if isinstance(values, PerUser)]
    if any(named):
        raise InputError("some seeds come with user ids and some without: give PerUser for all")
    lengths = [len(column) for column in columns]
    alike = len(set(lengths)) == 1
    offsets = np.zeros(len(lengths), int) if alike else np.cumsum([0, *lengths[:-1]])
    return [np.arange(n) + offset for n, offset in zip(lengths, offsets, strict=True)]
