"""A number that knows how sure it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, repr=False)
class Estimate:
    """A value with its interval.

    Formats as ``0.031 [0.027, 0.035]``; a format spec applies to all three numbers
    (``f"{gain:.2f}"``).

    Parameters
    ----------
    value, low, high : float
        The point, and the ends of the interval at ``level``.
    n_users, n_seeds : int
        What the interval is over.
    level : float
        Coverage of the interval, 0.95 unless said.
    """

    value: float
    low: float
    high: float
    n_users: int = 0
    n_seeds: int = 1
    level: float = 0.95

    def __format__(self, spec: str) -> str:
        spec = spec or ".3f"
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"

    def __str__(self) -> str:
        return format(self)

    def __repr__(self) -> str:
        return f"Estimate({self})"

    def within(self, least: float, most: float) -> "Estimate":
        """The same, its ends kept inside the range that the quantity has (a share: 0 to 1)."""
        low, high = (min(max(end, least), most) for end in (self.low, self.high))
        return replace(self, low=low, high=high)

    def to_dict(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Estimate":
        """The estimate that ``to_dict`` wrote."""
        return cls(**fields)
