r"""Lines that are Python literals, as in Amazon's metadata of 2014, read without running anything.

``ast.literal_eval`` runs no code, but its parser can be brought down: by nesting, by a chain of
signs, by endless digits. So a line must first be made of nothing but the tokens that printing a
dictionary yields, nested no deeper than a few levels. (Printing yields no ``\N{…}``, no invalid
escape, no two strings side by side: refusing them also keeps the parser's warnings away, and leaves
no doubt of where a string ends, and so of which brackets count.)
"""

import ast
import re
from typing import Any

from mmnotes.data.raw.tolerance import Malformed

MAX_DEPTH = 16  # the files have three: a list of lists in a dictionary
# In bytes, and far more than an item has to say. Of a line of nothing but digits and commas the
# parser makes 500 times as many bytes, until it is done.
MAX_LENGTH = 2**19

_NONE = "the line is no Python literal"
_ESCAPE = r"""\\(?:[\\'"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00[01][0-9a-fA-F]{5})"""
_TOKENS = re.compile(
    rf"""(?:
      [ \t\r]++
    | u?'[^'\\\r\n\0]*+(?:{_ESCAPE}[^'\\\r\n\0]*+)*+'(?=[ \t]*+(?:[],:}}]|\Z))
    | u?"[^"\\\r\n\0]*+(?:{_ESCAPE}[^"\\\r\n\0]*+)*+"(?=[ \t]*+(?:[],:}}]|\Z))
    | -?(?:0|[1-9][0-9]{{0,30}})(?:\.[0-9]{{1,30}})?(?:e[+-]?[0-9]{{1,3}})?(?![\w.])
    | (?:True|False|None)(?!\w)
    | [][{{}},:]
    )*+""",
    re.VERBOSE | re.ASCII,
)
_STRINGS = re.compile(r"""'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+\"""")
_BRACKETS = re.compile(r"[][{}]")


def parse(line: bytes) -> Any:
    r"""The dictionary, list, text or number that a line says; nothing is run.

    Raises
    ------
    Malformed
        If the line says anything else, or is longer than MAX_LENGTH or nested deeper than
        MAX_DEPTH.

    Examples
    --------
    >>> parse(b"{'asin': 'B0', 'price': 6.5, 'categories': [['Baby', 'Gifts']]}")
    {'asin': 'B0', 'price': 6.5, 'categories': [['Baby', 'Gifts']]}
    >>> parse(b"{'asin': __import__('os').getcwd()}")
    Traceback (most recent call last):
    mmnotes.data.raw.tolerance.Malformed: the line is no Python literal (from character 9 on)
    """
    if len(line) > MAX_LENGTH:
        raise Malformed("the line is too long", f"more than {MAX_LENGTH} bytes")
    try:
        text = line.strip().decode()
    except UnicodeDecodeError:
        raise Malformed("the line is not UTF-8") from None
    tokens = _TOKENS.match(text)
    if tokens is None or tokens.end() < len(text):
        place = 0 if tokens is None else tokens.end()
        raise Malformed(_NONE, f"from character {place} on")
    if _depth(text) > MAX_DEPTH:
        raise Malformed("the line is nested too deep", f"more than {MAX_DEPTH} levels")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError) as error:  # a list as a key is a TypeError
        raise Malformed(_NONE, getattr(error, "msg", str(error))) from None


def _depth(text: str) -> int:
    """How deep the brackets nest, as far as it takes to know that it is too deep."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(depth, deepest)
        if depth > MAX_DEPTH:
            break
    return deepest
