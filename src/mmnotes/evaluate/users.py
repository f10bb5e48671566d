"""From impressions to users: the unit that intervals are over."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.ranks import PerGroup


@dataclass(frozen=True)
class PerUser:
    """One value for each user, the unit that intervals are over.

    Parameters
    ----------
    users : (n_users,)
        The ids, ascending and each once.
    values : (n_users,) float64
    """

    users: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


def users_of_groups(groups: np.ndarray, users: np.ndarray) -> dict:
    """Whose impression is each group? From the (n_rows,) columns of a log to ``{group: user}``.

    Raises
    ------
    InputError
        If the lengths differ, or a group has rows of two users.
    """
    groups, users = np.asarray(groups), np.asarray(users)
    if groups.ndim != 1 or groups.shape != users.shape:
        raise InputError(
            f"groups and users must be (n_rows,) each, not {groups.shape} and {users.shape}"
        )
    names, first, code = np.unique(groups, return_index=True, return_inverse=True)
    mixed = np.flatnonzero(users != users[first][code])
    if len(mixed):
        raise InputError(
            f"group {groups[mixed[0]]} has rows of more than one user (row {mixed[0]}): "
            "a group is one impression, shown to one user"
        )
    return dict(zip(names.tolist(), users[first].tolist(), strict=True))


def per_user(per_group: PerGroup, users: Mapping | np.ndarray) -> PerUser:
    """What is each user's mean over their impressions?

    Impressions of one user are not independent, so intervals are over users.

    Parameters
    ----------
    per_group : PerGroup
        What a metric of ``mmnotes.evaluate`` returned.
    users : mapping from group to user, or (n_groups,) array aligned with ``per_group.groups``
        As :func:`users_of_groups` gives it.

    Raises
    ------
    InputError
        If a group has no user, or the lengths differ.
    """
    if hasattr(users, "keys"):
        names = per_group.groups.tolist()
        absent = [name for name in names if name not in users]
        if absent:
            raise InputError(f"{len(absent)} groups have no user, the first is {absent[0]!r}")
        users = np.asarray([users[name] for name in names])
    users = np.asarray(users)
    if users.shape != per_group.values.shape:
        raise InputError(
            f"users must have one entry for each of the {len(per_group)} groups, not "
            f"{users.shape}; groups without a relevant row are left out, so pass "
            "users_of_groups(groups, users)"
        )
    names, code = np.unique(users, return_inverse=True)
    sums = np.bincount(code, weights=per_group.values, minlength=len(names))
    return PerUser(names, sums / np.bincount(code, minlength=len(names)))
