"""From features of items to rows of a log: what a ranker sees of each item shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mmnotes.data.tables import Impressions
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock, Layout, ModalityColumns

_CHUNK = 32_768  # rows gathered at once, so that no copy of a whole modality is made on the way


@dataclass(frozen=True)
class Rows:
    """The rows of a log as a ranker sees them.

    Parameters
    ----------
    X : (n_rows, d) float32
        One row an item shown.
    layout : dict of ModalityColumns
        Where each modality lies in X.
    context : slice
        Where the context columns lie.
    """

    X: np.ndarray
    layout: Layout
    context: slice

    def __len__(self) -> int:
        return len(self.X)


def user_profiles(block: FeatureBlock, history: Impressions, n_users: int) -> np.ndarray:
    """Which way does a user's taste point, in the space of one modality?

    The mean feature of what they clicked, minus the mean of all that they were shown, at unit
    length. Items without the modality are left out of both means. The history must lie before
    the rows that the profile is to rank, or the profile knows the answer.

    Parameters
    ----------
    block : FeatureBlock of n_items
    history : Impressions
    n_users : int

    Returns
    -------
    (n_users, d) float32
        Zeros for a user who clicked nothing that has the modality, or everything.

    Raises
    ------
    InputError
        If a user or item number is out of range.
    """
    _check_ids("user", history.user, n_users)
    _check_ids("item", history.item, len(block))
    seen = block.present[history.item]
    shown = _mean_feature(block, history.user[seen], history.item[seen], n_users)
    took = seen & history.clicked
    clicked = _mean_feature(block, history.user[took], history.item[took], n_users)
    taste = clicked - shown
    length = np.linalg.norm(taste, axis=1)
    scale = np.linalg.norm(clicked, axis=1) + np.linalg.norm(shown, axis=1)
    known = np.zeros(n_users, bool)
    known[history.user[took]] = True
    known &= length > 1e-6 * scale  # less is rounding, and has no direction
    taste[~known] = 0
    taste[known] /= length[known, None]
    return taste.astype(np.float32)


def click_rates(history: Impressions, n_users: int, prior: float = 5.0) -> np.ndarray:
    """How readily does each user click, whatever is shown?

    Clicks over rows shown, both raised by ``prior`` rows at the rate of the whole history: so a
    user of whom little is known stands near that rate. As for profiles, the history must lie before
    the rows that it is to tell something about.

    Parameters
    ----------
    history : Impressions
    n_users : int
    prior : float
        Above 0.

    Returns
    -------
    (n_users,) float32

    Raises
    ------
    InputError
        If a user number is out of range, the history is empty, or the prior is not above 0.

    Examples
    --------
    >>> column = np.array([0, 0, 0])
    >>> log = Impressions(column, column, column, column, column == 0, column, column)
    >>> click_rates(log, n_users=2)
    array([1., 1.], dtype=float32)
    """
    _check_ids("user", history.user, n_users)
    if not len(history) or not prior > 0:
        raise InputError(f"click_rates needs rows and a prior above 0, not {prior}")
    shown, clicked = (np.bincount(history.user, w, n_users) for w in (None, history.clicked))
    return ((clicked + prior * history.clicked.mean()) / (shown + prior)).astype(np.float32)


def impression_rows(
    blocks: Mapping[str, FeatureBlock],
    impressions: Impressions,
    profiles: Mapping[str, np.ndarray] | None = None,
) -> Rows:
    """What does a ranker see of each item shown?

    For each modality the item's values; then, with ``profiles``, how well they agree with the
    user's taste (the product of the two, zero where either is unknown); then a column that is 1
    where the item has the modality. After the modalities comes the context: one column a device,
    1 for the one in use. The position is not among them, since it is not known before ranking.

    Parameters
    ----------
    blocks : dict of FeatureBlock, all of n_items
    impressions : Impressions of n_rows
    profiles : dict of (n_users, d) float32, optional
        From ``user_profiles``, one for each modality in ``blocks``.

    Returns
    -------
    Rows

    Raises
    ------
    InputError
        If there is no block, the blocks differ in length, a profile is missing or has another
        width, or a user or item number is out of range.
    """
    _check_blocks(blocks, impressions, profiles)
    layout, start = {}, 0
    for name, block in blocks.items():
        presence = start + block.values.shape[1] + (profiles is not None)
        layout[name] = ModalityColumns(slice(start, presence), presence)
        start = presence + 1
    context = slice(start, start + len(impressions.devices))
    X = np.empty((len(impressions), context.stop), np.float32)
    for low in range(0, len(X), _CHUNK):
        rows = slice(low, low + _CHUNK)
        item, user = impressions.item[rows], impressions.user[rows]
        for name, block in blocks.items():
            profile = None if profiles is None else profiles[name]
            _write(X[rows], layout[name], block, item, user, profile)
        X[rows, context] = impressions.device[rows, None] == np.arange(len(impressions.devices))
    return Rows(X, layout, context)


def _write(
    X: np.ndarray,
    columns: ModalityColumns,
    block: FeatureBlock,
    item: np.ndarray,
    user: np.ndarray,
    profile: np.ndarray | None,
) -> None:
    """Fill the columns of one modality for a chunk of rows."""
    start, width = columns.values.start, block.values.shape[1]
    values = block.values[item]
    X[:, start : start + width] = values
    if profile is not None:
        X[:, start + width] = np.einsum("ij,ij->i", profile[user], values)
    X[:, columns.present] = block.present[item]


def _mean_feature(
    block: FeatureBlock, user: np.ndarray, item: np.ndarray, n_users: int
) -> np.ndarray:
    """Mean feature of each user's items, (n_users, d) float64; zeros for a user without any."""
    ones = np.ones(len(user))
    counts = sparse.csr_array((ones, (user, item)), shape=(n_users, len(block)))
    total = np.bincount(user, minlength=n_users)
    return (counts @ block.values) / np.maximum(total, 1)[:, None]


def _check_blocks(
    blocks: Mapping[str, FeatureBlock],
    impressions: Impressions,
    profiles: Mapping[str, np.ndarray] | None,
) -> None:
    lengths = {name: len(block) for name, block in blocks.items()}
    if len(set(lengths.values())) != 1:
        raise InputError(f"feature blocks must have one row an item each, not {lengths}")
    _check_ids("item", impressions.item, next(iter(lengths.values())))
    _check_ids("device", impressions.device, len(impressions.devices))
    if profiles is None:
        return
    for name, block in blocks.items():
        if name not in profiles:
            raise InputError(f"no profile for the modality {name!r}; profiles: {list(profiles)}")
        if profiles[name].ndim != 2 or profiles[name].shape[1] != block.values.shape[1]:
            raise InputError(
                f"profiles of {name!r} have shape {profiles[name].shape}, but its features are "
                f"{block.values.shape[1]} wide"
            )
        _check_ids("user", impressions.user, len(profiles[name]))


def _check_ids(name: str, ids: np.ndarray, n: int) -> None:
    if len(ids) and (ids.min() < 0 or ids.max() >= n):
        raise InputError(
            f"impressions: {name} ids run from {ids.min()} to {ids.max()}, "
            f"but must lie in 0 … {n - 1}"
        )
