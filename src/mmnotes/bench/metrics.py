"""Works of the group ``metrics``: impression logs and full ranking."""

from mmnotes.bench import logs, retrieval

WORKS = (*logs.WORKS, *retrieval.WORKS)
