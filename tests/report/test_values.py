import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report.values import freeze, plain, thaw


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (7, 7),
    ],
)
def test_numpy_numbers_become_plain_ones(value, expected):
    converted = plain(value, "x")
    assert converted == expected
    assert type(converted) is type(expected)


def test_an_estimate_of_numpy_numbers_becomes_a_plain_one():
    estimate = Estimate(np.float64(0.2), np.float32(0.125), np.int64(1), np.int64(9), np.int64(5))
    fields = plain(estimate, "x").to_dict()
    assert fields == {
        "value": 0.2,
        "low": 0.125,
        "high": 1.0,
        "n_users": 9,
        "n_seeds": 5,
        "level": 0.95,
    }
    assert {type(field) for field in fields.values()} == {int, float}


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan"), Estimate(1, math.nan, 2)])
def test_nan_and_infinity_are_refused_by_name(value):
    with pytest.raises(InputError, match=r"record 'gain'.* is (nan|inf)"):
        plain(value, "record 'gain'")


@pytest.mark.parametrize("value", ["0.3", None, [1.0], np.array([1.0]), 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="must be one number"):
        plain(value, "x")


def test_an_interval_upside_down_is_refused():
    with pytest.raises(InputError, match="swap"):
        plain(Estimate(0.5, 0.6, 0.4), "x")


def test_a_payload_survives_json():
    payload = {
        "n": np.int64(3),
        "curve": (Estimate(0.1, 0.0, 0.2, 5, 5), 0.5),
        "array": np.arange(3),
        "deep": {"text": "a", "nothing": None, "flag": np.bool_(False)},
    }
    restored = thaw(json.loads(json.dumps(freeze(payload), allow_nan=False)))
    assert restored == {
        "n": 3,
        "curve": [Estimate(0.1, 0.0, 0.2, 5, 5), 0.5],
        "array": [0, 1, 2],
        "deep": {"text": "a", "nothing": None, "flag": False},
    }


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans()
payloads = st.recursive(
    numbers | st.text() | st.none() | numbers.map(lambda v: Estimate(float(v), float(v), float(v))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(payloads)
def test_freeze_and_thaw_are_inverse(payload):
    assert thaw(json.loads(json.dumps(freeze(payload)))) == payload


def test_the_bad_leaf_is_named():
    with pytest.raises(InputError, match=r"payload\['a'\]\[1\]\['b'\] is nan"):
        freeze({"a": [1, {"b": math.nan}]})


def test_tables_come_back_with_their_estimates_and_empty_cells():
    frame = pd.DataFrame(
        {"gain": [Estimate(0.2, 0.1, 0.3), None], "p": [0.01, math.nan], "users": [7, 9]},
        index=pd.Index(["new", "old"], name="ranker"),
    )
    restored = thaw(json.loads(json.dumps(freeze({"table": frame}), allow_nan=False)))["table"]
    assert restored.index.tolist() == ["new", "old"]
    assert restored.index.name == "ranker"
    assert restored.loc["new"].tolist() == [Estimate(0.2, 0.1, 0.3), 0.01, 7]
    assert restored.loc["old"].tolist() == [None, None, 9]
    with pytest.raises(InputError, match=r"payload\['p'\]\[0\] is inf"):
        freeze(pd.DataFrame({"p": [math.inf]}))


@pytest.mark.parametrize("key", [3, "__estimate__", "__frame__"])
def test_bad_keys_are_refused(key):
    with pytest.raises(InputError, match="key"):
        freeze({key: 1})
