"""How a dataset is prepared, and from what."""

from dataclasses import dataclass
from typing import Any

from mmnotes.errors import InputError

FILE_FORMATS = ("amazon-2014", "amazon-2018", "amazon-2023", "table")  # of raw.source
FOLDER_FORMATS = ("mmrec", "lattice", "diffmm")  # modules of raw
MEMORY = 1024  # MiB
_LEAST = {"k_core": 1, "max_bad": 0, "memory": 128, "threads": 1, "seed": 0}


@dataclass(frozen=True)
class Options:
    """How to prepare a dataset.

    Parameters
    ----------
    k_core : int
        Keep users and items with at least as many interactions each; 1 keeps all.
    split : str, optional
        See ``splits.split``.
    seed : int
        Of the split.
    max_bad : int
        Malformed rows of each file that are dropped before the next is an error.
    memory : int
        What DuckDB may hold, MiB.
    threads : int, optional
        What DuckDB may use: all of the machine's, unless given. They do not change the result.

    Raises
    ------
    InputError
        If a number is too low, or no split is called so.
    """

    k_core: int = 1
    split: str | None = None
    seed: int = 0
    max_bad: int = 0
    memory: int = MEMORY
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"{name.replace('_', '-')} must be {least} or more, not {value}")

        if self.split is not None:
            from mmnotes.data.split_checks import (
                PROMISES,
            )  # here, so that the command line is quick

            if self.split not in PROMISES:
                splits = ", ".join(PROMISES)
                raise InputError(f"no split is called {self.split!r}; choose from {splits}")

    def table(self) -> dict[str, Any]:
        """Those that decide what comes out, as ``dataset.toml`` keeps them."""
        kept: dict[str, Any] = {"k_core": self.k_core, "max_bad": self.max_bad}
        if self.split is not None:
            kept |= {"split": self.split, "seed": self.seed}
        return kept
