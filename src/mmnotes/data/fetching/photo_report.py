"""What became of photos that were asked for."""

from dataclasses import dataclass, field

OUTCOMES = (
    "fetched",
    "there",
    "no_address",
    "bad_address",
    "gone",
    "empty",
    "oversized",
    "unreadable",
    "refused",
    "given_up",
)


@dataclass
class PhotoReport:
    """What became of each photo.

    Parameters
    ----------
    outcomes : dict of list of str
        The ids by outcome: ``fetched`` now; ``there`` before; ``no_address``; ``bad_address``
        (malformed, not http, or not on the public internet); ``gone`` (404, 410), ``empty`` (one
        pixel, which shops send where they have no photo) and ``oversized``, which are not asked
        for again; ``unreadable`` (no picture); ``refused`` by the host; ``given_up``, not asked for
        since the host had refused too often.
    hosts : tuple of str
        Hosts that were given up.
    """

    outcomes: dict[str, list[str]] = field(default_factory=lambda: {why: [] for why in OUTCOMES})
    hosts: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of photos by outcome; they add up to those asked for."""
        return {why: len(ids) for why, ids in self.outcomes.items()}

    def __str__(self) -> str:
        told = ", ".join(f"{n:,} {why.replace('_', ' ')}" for why, n in self.counts.items() if n)
        hosts = f"; gave up on {', '.join(self.hosts)}" if self.hosts else ""
        return f"{sum(self.counts.values()):,} photos: {told or 'none asked for'}{hosts}"
