import numpy as np
import pandas as pd
import pytest

from mmnotes.data import LoggedActions
from mmnotes.errors import InputError


def log(**changes) -> LoggedActions:
    columns = {
        "action": np.array([0, 2, 1]),
        "reward": np.array([1, 0, 0]),
        "propensity": np.array([0.5, 0.25, 1.0]),
        "n_actions": 3,
        **changes,
    }
    return LoggedActions(**columns)


def test_columns_are_widened():
    made = log(action=np.array([0, 2, 1], np.int8), time=[1, 2, 3])
    assert len(made) == 3
    assert made.action.dtype == np.int64
    assert made.reward.dtype == made.propensity.dtype == made.time.dtype == np.float64
    assert made.position is None


def test_where_takes_every_column_along():
    context = pd.DataFrame({"age": [20, 30, 40]}, index=[7, 8, 9])
    kept = log(position=np.array([1, 2, 3]), context=context).where(np.array([False, True, True]))
    assert kept.action.tolist() == [2, 1]
    assert kept.position.tolist() == [2, 3]
    assert kept.context["age"].tolist() == [30, 40]
    assert kept.context.index.tolist() == [0, 1]
    assert kept.time is None
    assert kept.n_actions == 3
    with pytest.raises(InputError, match="a mask of 3 rows"):
        log().where(np.array([1, 2]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reward": [1, 0]}, "LoggedActions: columns differ in length"),
        ({"context": pd.DataFrame({"a": [1]})}, "'context': 1"),
        ({"action": [0, 1, 3]}, r"action ids run from 0 to 3, but must lie in 0 … 2"),
        ({"action": [0, 1, -1]}, "action ids run from -1 to 1"),
        ({"action": [0.0, 1.0, 2.0]}, "whole numbers, not float64"),
        ({"propensity": [0.5, 0, 0]}, r"row 1, propensity is 0.0 \(2 such rows in all\).*\(0, 1\]"),
        ({"propensity": [0.5, -0.1, 1]}, r"row 1, propensity is -0.1"),
        ({"propensity": [0.5, 1, 1.01]}, r"row 2, propensity is 1.01"),
        ({"propensity": [0.5, np.nan, 1]}, r"row 1, propensity is nan .* must be finite"),
        ({"reward": [0, np.inf, 1]}, r"row 1, reward is inf .* must be finite"),
        ({"reward": ["a", "b", "c"]}, "reward must hold numbers only"),
        ({"reward": np.zeros((3, 2))}, r"reward must be \(n_rounds,\), not \(3, 2\)"),
        ({"time": [0, 1, np.nan]}, "row 2, time is nan"),
        ({"position": [1, 0, 2]}, "row 1, position is 0 .* counts from 1"),
        ({"position": [1, np.nan, 2]}, "row 1, position is nan"),
    ],
)
def test_what_cannot_have_been_logged(changes, said):
    arrays = {k: v if isinstance(v, pd.DataFrame) else np.array(v) for k, v in changes.items()}
    with pytest.raises(InputError, match=said):
        log(**arrays)
