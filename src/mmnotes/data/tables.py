"""What every room speaks of: items on offer, who took what, and what was shown to whom."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mmnotes.data.checks import ids, mask, same_length
from mmnotes.data.images import Images
from mmnotes.errors import InputError

_INTERACTION_COLUMNS = ("user", "item", "timestamp", "order", "split", "rating")
_IMPRESSION_COLUMNS = ("impression", "user", "item", "position", "clicked", "day", "device")


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

    Parameters
    ----------
    user, item : int
        Row numbers from zero. Kept as int64, so that no product of them overflows.
    n_users, n_items : int
        How many there are, those without a row included.
    timestamp : float, optional
        Seconds since 1970 (UTC).
    order : int, optional
        Place in the user's own history, ascending in time; says nothing across users.
    split : str, optional
        ``train``, ``valid`` or ``test``.
    rating : float, optional
        NaN where unknown.

    Raises
    ------
    InputError
        If the lengths differ, or an id is no whole number or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> taken = Interactions(
    ...     np.array([0, 0, 1]), np.array([2, 0, 2]), n_users=2, n_items=3,
    ...     split=np.array(["train", "test", "train"]),
    ... )
    >>> taken.part("train").item
    array([2, 2])
    """

    user: np.ndarray
    item: np.ndarray
    n_users: int
    n_items: int
    timestamp: np.ndarray | None = None
    split: np.ndarray | None = None
    rating: np.ndarray | None = None
    order: np.ndarray | None = None

    def __post_init__(self) -> None:
        same_length(self, _INTERACTION_COLUMNS)
        object.__setattr__(self, "user", ids(self.user, self.n_users, "interactions: user"))
        object.__setattr__(self, "item", ids(self.item, self.n_items, "interactions: item"))
        for name in ("timestamp", "order", "split", "rating"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.user)

    def where(self, rows: np.ndarray) -> "Interactions":
        """The rows of a boolean mask, (n_rows,). Users and items keep their numbers."""
        rows = mask(rows, len(self))
        columns = {name: getattr(self, name) for name in _INTERACTION_COLUMNS}
        kept = {name: values[rows] for name, values in columns.items() if values is not None}
        return replace(self, **kept)

    def part(self, name: str) -> "Interactions":
        """The rows of one part of the split: ``train``, ``valid`` or ``test``.

        Raises
        ------
        InputError
            If there is no split, or no row of this part.
        """
        if self.split is None:
            raise InputError(f"these interactions have no split, so no part {name!r}: split them")
        rows = np.asarray(self.split == name)
        if not rows.any():
            there = ", ".join(np.unique(self.split)) or "no rows"
            raise InputError(f"no interaction is in part {name!r}; there is {there}")
        return self.where(rows)


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
        same_length(self, _IMPRESSION_COLUMNS)
        starts = np.flatnonzero(np.diff(self.impression, prepend=self.impression[:1] - 1))
        if len(np.unique(self.impression[starts])) != len(starts):
            raise InputError("impressions: the rows of a slate must lie together; sort by slate")

    def __len__(self) -> int:
        return len(self.impression)

    @property
    def n_impressions(self) -> int:
        """The number of slates."""
        return len(np.unique(self.impression))

    @classmethod
    def all_pairs(cls, n_users: int, n_items: int, day: int = 0, device: int = 0) -> "Impressions":
        """Every user before every item, one slate each and nothing clicked.

        A value a row reshapes to (n_users, n_items).
        """
        user, item = np.divmod(np.arange(n_users * n_items), n_items)
        return cls(
            impression=user,
            user=user,
            item=item,
            position=item + 1,
            clicked=np.zeros(len(user), dtype=bool),
            day=np.full(len(user), day),
            device=np.full(len(user), device),
        )

    def where(self, rows: np.ndarray) -> "Impressions":
        """The rows of a boolean mask, (n_rows,)."""
        rows = mask(rows, len(self))
        return replace(self, **{name: getattr(self, name)[rows] for name in _IMPRESSION_COLUMNS})
