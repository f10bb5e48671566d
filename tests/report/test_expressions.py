import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report.expressions import evaluate, names
from mmnotes.report.values import record_entry

VALUES = {
    "gain": Estimate(0.03, 0.01, 0.05),
    "chance": 0.25,
    "n": 4,
    "collapsed": False,
    "kept": record_entry(Estimate(0.5, 0.4, 0.6), "", "simulated", "run"),
    "count": record_entry(7, "", "simulated", "run"),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("gain.low > 0", True),
        ("gain > 0.03", False),
        ("gain.value == gain", True),
        ("gain.low < gain < gain.high", True),
        ("0 < gain.high < 0.02", False),
        ("gain - 2 * chance / n + 1 > 0.9", True),
        ("abs(-gain) <= 0.03 and not collapsed", True),
        ("collapsed or gain.high < 0", False),
        ("min(gain, chance) == gain", True),
        ("max(gain, chance, n) == n", True),
        ("kept.low >= 0.4 and count == 7", True),
        ("gain != chance", True),
        ("+n == 4 and -n < 0", True),
        ("not (gain > 0)", False),
    ],
)
def test_what_an_expression_says(expression, expected):
    assert evaluate(expression, VALUES) is expected


@given(
    st.floats(-9, 9),
    st.floats(-9, 9),
    st.sampled_from([("<", operator.lt), (">=", operator.ge), ("==", operator.eq)]),
)
def test_comparisons_agree_with_python(a, b, sign):
    symbol, operation = sign
    assert evaluate(f"a {symbol} b", {"a": a, "b": b}) is operation(a, b)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "gain.__class__",
        "gain.n_users > 1",
        "(gain).real.imag > 0",
        "values['gain'] > 0",
        "[gain] > 0",
        "gain ** 2 > 0",
        "gain % 2 > 0",
        "gain if chance else n",
        "lambda: gain",
        "gain is True",
        "gain in chance",
        "'gain' > 0",
        "gain > True",
        "abs(gain, n) > 0",
        "max(gain) > 0",
        "min(gain, n, key=abs) > 0",
        "round(gain) > 0",
        "~n > 0",
        "(x := gain) > 0",
        "f'{gain}' > 0",
        "gain > 1j",
        "max(*gain) > 0",
    ],
)
def test_nothing_else_is_allowed(expression):
    with pytest.raises(InputError, match="not allowed"):
        evaluate(expression, VALUES)


@pytest.mark.parametrize("expression", ["gain >", "", "gain > 0; n", "gain\0"])
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(InputError, match="cannot be read"):
        evaluate(expression, VALUES)


def test_an_unknown_name_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'gian', which no cell recorded; .*chance.*gain"):
        evaluate("gian > 0", VALUES)


@pytest.mark.parametrize("expression", ["chance.low > 0", "count.high > 0", "collapsed.low > 0"])
def test_a_plain_number_has_no_interval(expression):
    with pytest.raises(InputError, match="no interval"):
        evaluate(expression, VALUES)


def test_a_plain_number_is_its_own_value():
    assert evaluate("chance.value == 0.25 and count.value == 7", VALUES)


@pytest.mark.parametrize("expression", ["1 < 2", "abs(-1) > 0"])
def test_an_expression_that_cannot_fail_is_refused(expression):
    with pytest.raises(InputError, match="cannot fail"):
        evaluate(expression, VALUES)


@pytest.mark.parametrize("expression", ["gain", "gain + chance", "gain and chance", "not gain"])
def test_a_number_is_no_truth(expression):
    with pytest.raises(InputError, match="neither true nor false"):
        evaluate(expression, VALUES)


def test_division_by_zero_is_said():
    with pytest.raises(InputError, match="divides by zero"):
        evaluate("gain / (n - n) > 0", VALUES)


def test_both_sides_are_read_even_when_one_decides():
    with pytest.raises(InputError, match="'nowhere'"):
        evaluate("gain > 0 or nowhere > 0", VALUES)


def test_names_leave_functions_out():
    assert names("abs(gain.low) > max(chance, n)") == {"gain", "chance", "n"}


def test_nan_makes_no_comparison_true():
    assert not evaluate("x > 0 or x <= 0", {"x": math.nan})
