import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmnotes.data.raw import literals
from mmnotes.data.raw.literals import parse
from mmnotes.data.raw.tolerance import Malformed

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_what_python_prints_is_read_as_python_reads_it(value):
    text = repr(value)
    try:
        line = text.encode()
    except UnicodeEncodeError:
        return
    assert repr(parse(line)) == repr(ast.literal_eval(text)) == text


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"  {'a': 1}\r", {"a": 1}),
        (b"{u'a': u'\\u00e9\\xe9\\U0001f600'}", {"a": "éé😀"}),
        (b"{'a': \"it's\", 'b': 'say \"x\"'}", {"a": "it's", "b": 'say "x"'}),
        (b"['[[[[[[[[[[[[[[[[[[[[[[[[', '\\'[[[[[[[[[[[[[[[[']", ["[" * 24, "'" + "[" * 16]),
        (b"[1.5e-3, -2, 1e5,]", [0.0015, -2, 1e5]),
        ("{'é': 'ß'}".encode(), {"é": "ß"}),
    ],
)
def test_what_is_a_literal(line, value):
    assert parse(line) == value


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"x", b"()", b"(1,)", b"b'a'", b"f'{1}'", b"...", b"1_000", b"1j", b"0x1f", b"01"),
        *(b"[1 2]", b"['a' 'b']", b"'''a'''", b"[]]", b"[", b"{'a'", b"{'a' 1}", b"{:}", b"1 if 1"),
        *(b"-'a'", b"--1", b"+1", b"~1", b"not 1", b"1+1", b"'a'*9", b"[*'a']", b"{**{}}"),
        *(
            b"'\\d'",
            b"'\\777'",
            b"'\\N{DIGIT ONE}'",
            b"'\\U00110000'",
            b"'a\nb'",
            b"'a\rb'",
            b"'\0'",
        ),
        *(b"#", b"[1] #", b"True1", b"1True", b"NaN", b"nan", b"null", b"true", b"__debug__"),
        *(b"open('a')", b"lambda: 0", b"[x for x in 'a']", b"().__class__", b"a.b", b"a[0]"),
        *(b"'\xff'", b"'\xed\xa0\x80'", b"{[]: 1}", b"{{}: 1}", b"9" * 40, b"1e9999"),
    ],
)
def test_what_is_none(line):
    with pytest.raises(Malformed, match=r"the line is no (Python literal|t UTF-8)|not UTF-8"):
        parse(line)


@pytest.mark.parametrize("n", [literals.MAX_DEPTH, literals.MAX_DEPTH + 1, 100_000])
def test_nesting_has_an_end(n):
    line = b"[" * n + b"]" * n
    if n == literals.MAX_DEPTH:
        assert parse(line) == ast.literal_eval(line.decode())
    else:
        with pytest.raises(Malformed, match=r"the line is nested too deep .more than 16 levels"):
            parse(line)


def test_length_has_an_end():
    line = b"['" + b"a" * (literals.MAX_LENGTH - 4) + b"']"
    assert len(parse(line)[0]) == literals.MAX_LENGTH - 4
    with pytest.raises(Malformed, match="the line is too long"):
        parse(line + b" ")
