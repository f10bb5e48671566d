"""What was read, and what was dropped and why."""

from dataclasses import dataclass, field, replace


@dataclass
class Dropped:
    """How many were dropped for one reason, and where the first of them stood."""

    n: int
    first: str


@dataclass
class Tally:
    """What was read, and what was dropped and why, over all files of a dataset.

    Parameters
    ----------
    counts : dict from what was read to how many
    dropped : dict from why it was dropped to Dropped

    Examples
    --------
    >>> tally = Tally()
    >>> tally.read("reviews", 3)
    >>> tally.drop("no user", "reviews.json line 2")
    >>> tally.drop("no user", "reviews.json line 7")
    >>> tally.counts, tally.dropped
    ({'reviews': 3}, {'no user': Dropped(n=2, first='reviews.json line 2')})
    """

    counts: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, Dropped] = field(default_factory=dict)

    def read(self, what: str, n: int = 1) -> None:
        """Count ``n`` more of what was read."""
        self.counts[what] = self.counts.get(what, 0) + n

    def drop(self, why: str, where: str, n: int = 1) -> None:
        """Count ``n`` more that were dropped; of a reason's places the first is kept."""
        if why in self.dropped:
            self.dropped[why].n += n
        else:
            self.dropped[why] = Dropped(n, where)

    def merge(self, other: "Tally") -> None:
        """Take in what another counted; where both know a first place, ours stays."""
        for what, n in other.counts.items():
            self.read(what, n)
        for why, drop in other.dropped.items():
            if why in self.dropped:
                self.dropped[why].n += drop.n
            else:
                self.dropped[why] = replace(drop)
