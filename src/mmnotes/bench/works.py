"""A piece of work, and those who do it."""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

OURS = "mmnotes"
Arrays = Mapping[str, np.ndarray]
Values = dict[str, float]
Ranges = dict[str, tuple[float, float]]  # lowest and highest, equal where a value is certain


@dataclass(frozen=True)
class Implementation:
    """Someone who does the work.

    Parameters
    ----------
    name : str
        As the table shows it.
    run : function from arrays, or what ``prepare`` made of them, to values by name
        What is timed: from the arrays that a reader has at hand to the figures, so that turning
        arrays into what a package wants to be given counts. A file's path is an array of one
        string, by the file's name. Without values it is a bound: a part of the work that nobody can
        leave out.
    module : str
        Imported before the clock starts. Without it the implementation is not installed.
    package : str
        The name under which ``module`` is installed, where that is another one.
    hint : str
        How to install it, where ``pip install 'mmnotes[bench]'`` does not.
    about : str
        What a reader should know of it, as a note below the table.
    environment : mapping from str to str
        Variables of its process, for what a package reads when it is loaded.
    prepare : function from arrays to what ``run`` is given
        What is not timed because it is done once for many runs, such as what comes before the first
        epoch of training. Its memory counts.
    """

    name: str
    run: Callable[[Any], Values]
    module: str
    package: str = ""
    hint: str = "pip install 'mmnotes[bench]'"
    about: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Arrays], Any] = lambda arrays: arrays

    def values(self, arrays: Arrays) -> Values:
        """All of it, from arrays to values."""
        return self.run(self.prepare(arrays))


@dataclass(frozen=True)
class Work:
    """What is to be done, on which arrays or files, by whom.

    Parameters
    ----------
    name : str
        What a table is headed with; ``{size:,}`` stands for the size.
    size, quick : int
        How much of it, and how much if it has to be quick.
    make : function from a size to arrays by name
        Seeded. Also makes the small arrays on which each implementation warms up.
    implementations : tuple of Implementation
        Ours first.
    variants : function from arrays to pairs (words, ranges)
        What ours gives under other conventions. Where a peer's value is not ours, and within the
        range of one of these, its words are the explanation; the first that fits.
    allowed : function from our values to differences
        By how much a value may differ and still be the same.
    files : mapping from a name to a function from a size and a path
        Writes the file, or folder, of that name; seeded as well.
    unit : str
        What the size counts. With it, the table shows how many were done a second, and the memory
        of the whole process.
    """

    name: str
    size: int
    quick: int
    make: Callable[[int], dict[str, np.ndarray]]
    implementations: tuple[Implementation, ...]
    variants: Callable[[Arrays], Iterable[tuple[str, Ranges]]] = lambda arrays: ()
    allowed: Callable[[Values], Values] = lambda values: dict.fromkeys(values, 1e-6)
    files: Mapping[str, Callable[[int, Path], None]] = field(default_factory=dict)
    unit: str = ""

    def title(self, size: int) -> str:
        """Its name, with so much of it."""
        return self.name.format(size=size)

    def warm_size(self) -> int:
        """How much of it is done before the clock starts, so that compiling does not count."""
        return max(100, self.size // 200)


def works_of(module: str) -> tuple[Work, ...]:
    """The works that a module lists, in order."""
    return importlib.import_module(module).WORKS
