import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.raw import documents
from mmnotes.data.raw.documents import is_text, parse_json, read_json
from mmnotes.errors import InputError


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_json_wrote(value):
    assert parse_json(json.dumps(value).encode(), "a.json") == value


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "Expecting value"),
        (b'{"a": 1', "delimiter"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "key 'b' comes twice"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"[" + b"9" * 10_000 + b"]", "digits"),
        (b'"\xff"', "utf-8"),
        (b"__import__('os')", "Expecting value"),
        (b"\x80\x04N.", "utf-8"),
    ],
)
def test_refused(content, fault):
    with pytest.raises(InputError, match=rf"a\.json: not JSON to be trusted \(.*{fault}"):
        parse_json(content, "a.json")


def test_file(tmp_path, monkeypatch):
    file = tmp_path / "a.json"
    with pytest.raises(InputError, match=r"a\.json: cannot be read \(No such file"):
        read_json(file)
    file.write_text('{"a": 1}')
    assert read_json(file) == {"a": 1}
    monkeypatch.setattr(documents, "MAX_BYTES", 7)
    with pytest.raises(InputError, match="8 bytes, but at most 7 are read"):
        read_json(file)


def test_halves_of_characters():
    found = parse_json(rb'["\ud83d\ude00", "\ud83d", 1]', "a.json")
    assert [is_text(each) for each in found] == [True, False, False]
