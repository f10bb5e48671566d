"""Arithmetic over recorded values, and nothing else: what a claim may say."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate

_BINARY: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type, Callable] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable] = {"abs": abs, "min": min, "max": max}
RESERVED = frozenset(_FUNCTIONS)
_PARTS = ("value", "low", "high")


def names(expression: str) -> frozenset[str]:
    """The recorded values that an expression speaks of.

    Raises
    ------
    InputError
        If it is not an expression of the kind that ``evaluate`` takes, or speaks of no value.
    """
    tree = _parse(expression)
    found = frozenset(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id not in _FUNCTIONS
    )
    if not found:
        raise InputError(f"expression {expression!r} names no recorded value: it cannot fail")
    return found


def evaluate(expression: str, values: Mapping[str, Any]) -> bool:
    """Whether the expression is true of these values.

    Parameters
    ----------
    expression : str
        Comparisons of recorded values, such as ``gain.low > 0 and abs(naive) < 0.1``. It may hold
        names, ``name.value``, ``name.low``, ``name.high``, numbers, ``+ - * /``, comparisons,
        ``and``, ``or``, ``not``, ``abs``, ``min`` and ``max``. A bare name is its value.
    values : mapping of name to float, int, bool, Estimate, or an entry of the page's records

    Raises
    ------
    InputError
        If it holds anything else, names a value that is not there or an interval that the value
        does not have, divides by zero, or is not true or false.

    Examples
    --------
    >>> evaluate("gain.low > 0", {"gain": Estimate(0.03, 0.01, 0.05)})
    True
    >>> evaluate("gain < 2 * chance", {"gain": 0.03, "chance": 0.01})
    False
    """
    names(expression)
    result = _Reader(expression, values).read(_parse(expression))
    if not isinstance(result, bool):
        raise InputError(
            f"expression {expression!r} is {result}, neither true nor false: compare it with "
            "something"
        )
    return result


class _Reader:
    """Reads one expression over one set of values."""

    def __init__(self, expression: str, values: Mapping[str, Any]):
        self.expression = expression
        self.values = values

    def read(self, node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._part(name, "value")
            case ast.Attribute(value=ast.Name(id=name), attr=part):
                return self._part(name, part)
            case ast.BoolOp(op=op, values=parts):
                truths = [self._truth(part) for part in parts]
                return all(truths) if isinstance(op, ast.And) else any(truths)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._truth(operand)
            case ast.UnaryOp(op=op, operand=operand):
                return -self.read(operand) if isinstance(op, ast.USub) else +self.read(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(_BINARY[type(op)], self.read(left), self.read(right))
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [self.read(side) for side in (left, *others)]
                pairs = zip(ops, sides[:-1], sides[1:], strict=True)
                return all(_COMPARE[type(op)](a, b) for op, a, b in pairs)
            case ast.Call(func=ast.Name(id=name), args=args):
                return _FUNCTIONS[name](*[self.read(arg) for arg in args])
        raise AssertionError(f"unchecked node {node!r}")  # _parse lets none of these through

    def _part(self, name: str, part: str) -> float | bool:
        if name not in self.values:
            raise InputError(
                f"expression {self.expression!r} names {name!r}, which no cell recorded; "
                f"recorded are: {', '.join(sorted(self.values)) or 'none'}"
            )
        entry = self.values[name]
        if isinstance(entry, Estimate):
            return getattr(entry, part)
        number = entry.get(part) if isinstance(entry, Mapping) else entry
        if number is None or (part != "value" and not isinstance(entry, Mapping)):
            raise InputError(
                f"expression {self.expression!r}: {name!r} has no interval, so no {part!r}; "
                "record it as an Estimate"
            )
        return number

    def _truth(self, node: ast.AST) -> bool:
        truth = self.read(node)
        if not isinstance(truth, bool):
            raise InputError(
                f"expression {self.expression!r}: {ast.unparse(node)!r} is {truth}, neither true "
                "nor false"
            )
        return truth

    def _arithmetic(self, operation: Callable, left: float, right: float) -> float:
        try:
            return operation(left, right)
        except ZeroDivisionError as error:
            raise InputError(f"expression {self.expression!r} divides by zero") from error


def _parse(expression: str) -> ast.expr:
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise InputError(f"expression {expression!r} cannot be read: {error}") from error
    for node in ast.walk(tree):
        if not _allowed(node):
            what = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
            raise InputError(
                f"expression {expression!r}: {what!r} is not allowed; use names, .value, .low, "
                ".high, numbers, + - * /, comparisons, and, or, not, abs, min, max"
            )
    return tree


def _allowed(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.Attribute(value=ast.Name(), attr=part):
            return part in _PARTS
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            enough = len(args) == 1 if name == "abs" else len(args) >= 2
            return name in _FUNCTIONS and enough and not keywords
        case ast.Name() | ast.Load() | ast.BoolOp() | ast.And() | ast.Or() | ast.Compare():
            return True
        case ast.UnaryOp(op=op):
            return isinstance(op, ast.Not | ast.USub | ast.UAdd)
        case ast.BinOp(op=op):
            return type(op) in _BINARY
    return type(node) in (*_BINARY, *_COMPARE, ast.Not, ast.USub, ast.UAdd)
