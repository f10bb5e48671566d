import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmnotes.evaluate import Estimate

WIDE = Estimate(0.5, -0.2, 1.3, 100, 5)


def test_within_keeps_the_ends_in_range_and_all_else():
    assert WIDE.within(0, 1) == replace(WIDE, low=0, high=1)
    assert WIDE.within(-1, 2) == WIDE
    assert WIDE.within(0, 2) == replace(WIDE, low=0)


def test_within_moves_an_interval_that_lies_outside_to_the_edge():
    assert Estimate(1.0, 1.1, 1.2).within(0, 1) == Estimate(1.0, 1, 1)


@given(st.floats(-2, 2), st.floats(0, 2), st.floats(0, 2))
def test_within_never_turns_an_interval_round(value, below, above):
    kept = Estimate(value, value - below, value + above).within(0, 1)
    assert 0 <= kept.low <= kept.high <= 1
    assert kept.value == value
    assert kept.within(0, 1) == kept


def test_formats_as_three_numbers():
    assert f"{WIDE}" == str(WIDE) == "0.500 [-0.200, 1.300]"
    assert f"{WIDE:.1f}" == "0.5 [-0.2, 1.3]"
    assert f"{WIDE:.0%}" == "50% [-20%, 130%]"


def test_survives_json():
    assert Estimate.from_dict(json.loads(json.dumps(WIDE.to_dict()))) == WIDE


def test_cannot_be_changed():
    with pytest.raises(AttributeError):
        WIDE.low = 0
