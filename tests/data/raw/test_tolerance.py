from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmnotes.data.raw.tally import Dropped, Tally
from mmnotes.data.raw.tolerance import Malformed, Tolerance
from mmnotes.errors import InputError

FILE = Path("there/file")


def builder(rows):
    """A batch of the rows as they are; a negative one is malformed."""

    def build(start, stop):
        if min(rows[start:stop]) < 0:
            raise Malformed("negative", f"one of {stop - start}")
        return pa.record_batch([rows[start:stop]], ["x"])

    return build


@given(st.lists(st.integers(-3, 9), max_size=40))
def test_the_good_rows_come_in_order_and_each_bad_one_is_named(rows):
    tally = Tally()
    tolerance = Tolerance(FILE, tally, max_bad=len(rows))
    numbers = [10 * i for i in range(len(rows))]
    batches = tolerance.batches(builder(rows), numbers)
    assert [x for batch in batches for x in batch["x"].to_pylist()] == [x for x in rows if x >= 0]
    bad = [number for number, x in zip(numbers, rows, strict=True) if x < 0]
    expected = {"negative": Dropped(len(bad), f"file line {bad[0]}")} if bad else {}
    assert tally.dropped == expected


@given(st.lists(st.integers(-3, 9), max_size=40), st.integers(0, 5))
def test_the_first_one_too_many_is_an_error(rows, max_bad):
    bad = [i for i, x in enumerate(rows) if x < 0]
    tolerance = Tolerance(FILE, Tally(), max_bad, row="record")
    batches = tolerance.batches(builder(rows), range(len(rows)))
    if len(bad) <= max_bad:
        assert sum(batch.num_rows for batch in batches) == len(rows) - len(bad)
    else:
        with pytest.raises(InputError, match=rf"there/file: record {bad[max_bad]}: negative "):
            list(batches)


def test_the_allowance_is_the_files_not_the_blocks():
    tolerance = Tolerance(FILE, Tally(), max_bad=2)
    for number in (1, 2):
        assert not list(tolerance.batches(builder([-1]), [number]))
    with pytest.raises(InputError, match=r"line 3: .*more than the 2 bad ones allowed"):
        list(tolerance.batches(builder([-1]), [3]))


def test_few_rows_are_built_twice():
    """One bad row in a thousand costs a few halves, not a thousand rows one by one."""
    calls = []
    inner = builder([0] * 700 + [-1] + [0] * 323)

    def build(start, stop):
        calls.append(stop - start)
        return inner(start, stop)

    list(Tolerance(FILE, Tally(), 1).batches(build, range(1024)))
    assert len(calls) == 21  # all, and two halves at each of ten levels
    assert sum(calls) < 3 * 1024
