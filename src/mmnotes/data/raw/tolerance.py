"""Batches of rows of which some may be malformed: which one it is, and whether to go on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError


class Malformed(ValueError):
    """A row that cannot be used.

    Parameters
    ----------
    why : str
        The reason, the same words for every row at fault.
    detail : str
        What is particular about this row.
    """

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"{why} ({detail})" if detail else why)
        self.why = why


@dataclass
class Tolerance:
    """How many malformed rows of a file are dropped before the next one is an error.

    Parameters
    ----------
    file : Path
    tally : Tally
        Counts each one dropped.
    max_bad : int
    row : str
        What a row of this file is called: a line, a record.
    """

    file: Path
    tally: Tally
    max_bad: int = 0
    row: str = "line"
    _n: int = 0

    def drop(self, number: int, fault: Malformed) -> None:
        """Drop the row of this number, counted from 1.

        Raises
        ------
        InputError
            If as many as are allowed have been dropped already.
        """
        self._n += 1
        if self._n > self.max_bad:
            more = f"more than the {self.max_bad} bad ones allowed" if self.max_bad else "mend it"
            raise InputError(
                f"{self.file}: {self.row} {number}: {fault}; {more}, or allow more with max_bad "
                "(--max-bad)"
            )
        self.tally.drop(fault.why, f"{self.file.name} {self.row} {number}")

    def batches(
        self, build: Callable[[int, int], pa.RecordBatch], numbers: Sequence[int]
    ) -> Iterator[pa.RecordBatch]:
        """Build a block of rows, without those that are malformed.

        All at once, which is fast; where that fails, each half by itself, down to the single row
        at fault. So there is one piece of code that judges a row, and it needs not know its place.

        Parameters
        ----------
        build : callable
            From where a range of the block's rows starts and stops to their batch; raises
            Malformed.
        numbers : sequence of int, (n_rows,)
            Of the block's rows in the file.
        """
        if len(numbers):
            yield from self._between(build, numbers, 0, len(numbers))

    def _between(
        self,
        build: Callable[[int, int], pa.RecordBatch],
        numbers: Sequence[int],
        start: int,
        stop: int,
    ) -> Iterator[pa.RecordBatch]:
        try:
            batch = build(start, stop)
        except Malformed as fault:
            if stop - start == 1:
                self.drop(numbers[start], fault)
                return
            middle = (start + stop) // 2
            yield from self._between(build, numbers, start, middle)
            yield from self._between(build, numbers, middle, stop)
        else:
            if batch.num_rows:
                yield batch
