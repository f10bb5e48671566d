"""What every room speaks of: items on offer, who took what, and what was shown to whom."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mmnotes.data.images import Images
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Catalog:
    """The items on offer, one row an item.

    Parameters
    ----------
    name : str
        The name of the dataset, as the book prints it.
    items : DataFrame (n_items, …)
        A column ``title`` (str, empty where there is none), and the metadata columns.
    images : Images of length n_items, or None
        The pictures, in the order of the rows; a missing one is None.
    content : tuple of str
        Metadata columns that describe the item: they would be the same on another platform.
    policy : tuple of str
        Metadata columns that the platform decided (promoted, in stock, editor's pick). They follow
        from what was shown and clicked, so no feature extractor takes them unless asked by name.

    Raises
    ------
    InputError
        If a column is missing or declared twice, or the lengths differ.
    """

    name: str
    items: pd.DataFrame
    images: Images | None = None
    content: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "title" not in self.items.columns:
            raise InputError(
                f"catalog {self.name!r} has no column 'title': give one, empty where none is known"
            )
        declared = [*self.content, *self.policy]
        absent = [column for column in declared if column not in self.items.columns]
        if absent:
            raise InputError(f"catalog {self.name!r} lacks the declared columns {absent}")
        twice = sorted(set(self.content) & set(self.policy))
        if twice:
            raise InputError(
                f"catalog {self.name!r}: columns {twice} are declared both content and policy; "
                "choose one"
            )
        if self.images is not None and len(self.images) != len(self.items):
            raise InputError(
                f"catalog {self.name!r}: {len(self.items)} items but {len(self.images)} images"
            )
        object.__setattr__(self, "items", self.items.reset_index(drop=True))

    def __len__(self) -> int:
        return len(self.items)

    @property
    def titles(self) -> np.ndarray:
        """Titles, empty where there is none, (n_items,) of str."""
        return self.items["title"].fillna("").astype(str).to_numpy(dtype=object)

    @property
    def metadata(self) -> pd.DataFrame:
        """Content and policy columns, (n_items, n_columns)."""
        return self.items[[*self.content, *self.policy]]

    def select(self, index: np.ndarray) -> "Catalog":
        """The items at these row numbers, (n,) int, in this order."""
        index = np.asarray(index)
        images = None if self.images is None else self.images.select(index)
        return replace(self, items=self.items.iloc[index], images=images)


@dataclass(frozen=True)
class Interactions:
    """Who took what: one row a user-item pair. All arrays are (n_rows,).

    ``timestamp`` is in seconds since 1970 (UTC), ``split`` one of ``train``, ``valid``, ``test``,
    ``rating`` NaN where unknown. Ids are row numbers from zero.
    """

    user: np.ndarray
    item: np.ndarray
    n_users: int
    n_items: int
    timestamp: np.ndarray | None = None
    split: np.ndarray | None = None
    rating: np.ndarray | None = None

    def __post_init__(self) -> None:
        _same_length(self, ("user", "item", "timestamp", "split", "rating"))
        _ids_below(self.user, self.n_users, "user")
        _ids_below(self.item, self.n_items, "item")

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class Impressions:
    """What was shown to whom: one row an item in a slate. All arrays are (n_rows,).

    Parameters
    ----------
    impression : int
        The slate that the row belongs to; the rows of a slate lie together.
    user, item : int
        Row numbers from zero.
    position : int
        From 1, the top of the slate.
    clicked : bool
    day : int
        Days since the log began.
    device : int
        Row number into ``devices``.
    devices : tuple of str
    """

    impression: np.ndarray
    user: np.ndarray
    item: np.ndarray
    position: np.ndarray
    clicked: np.ndarray
    day: np.ndarray
    device: np.ndarray
    devices: tuple[str, ...] = field(default=("desktop", "phone"))

    def __post_init__(self) -> None:
        _same_length(self, ("impression", "user", "item", "position", "clicked", "day", "device"))
        starts = np.flatnonzero(np.diff(self.impression, prepend=self.impression[:1] - 1))
        if len(np.unique(self.impression[starts])) != len(starts):
            raise InputError("impressions: the rows of a slate must lie together; sort by slate")

    def __len__(self) -> int:
        return len(self.impression)

    @property
    def n_impressions(self) -> int:
        """The number of slates."""
        return len(np.unique(self.impression))

    def where(self, rows: np.ndarray) -> "Impressions":
        """The rows of a boolean mask, (n_rows,)."""
        columns = ("impression", "user", "item", "position", "clicked", "day", "device")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


def _same_length(table: object, names: tuple[str, ...]) -> None:
    arrays = {name: getattr(table, name) for name in names if getattr(table, name) is not None}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{type(table).__name__}: columns differ in length: {lengths}")


def _ids_below(ids: np.ndarray, n: int, name: str) -> None:
    if len(ids) and (ids.min() < 0 or ids.max() >= n):
        raise InputError(
            f"interactions: {name} ids run from {ids.min()} to {ids.max()}, "
            f"but must lie in 0 … {n - 1}"
        )
