import re

import pytest

from mmnotes.data.fetching.lock import NAME, Seen, read_lock, write_lock
from mmnotes.errors import InputError

SEEN = Seen("a/b.gz", 7, "0" * 64, "https://one.example/a/b.gz", "2026-11-21")


def test_what_was_written_is_read(tmp_path):
    assert read_lock(tmp_path) == {}
    other = Seen('odd "name".gz', 1, "1" * 64, "", "2026-11-21")
    seen = {each.path: each for each in (other, SEEN)}
    write_lock(tmp_path, seen)
    assert read_lock(tmp_path) == seen
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_does_not_depend_on_the_order(tmp_path):
    other = Seen("z", 1, "1" * 64, "", "2026-11-21")
    write_lock(tmp_path, {"z": other, SEEN.path: SEEN})
    first = (tmp_path / NAME).read_bytes()
    write_lock(tmp_path, {SEEN.path: SEEN, "z": other})
    assert (tmp_path / NAME).read_bytes() == first


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bytes = 7", "bytes = '7'", "file number 1 must have path, bytes, sha256, url, date"),
        ("bytes = 7", "", "file number 1 must have"),
        ("bytes = 7", "bytes = 7\nmore = 1", "file number 1 must have"),
        ("bytes = 7", "bytes = ", "fetched.toml: Invalid value"),
    ],
)
def test_a_broken_lock_is_named(tmp_path, old, new, message):
    write_lock(tmp_path, {SEEN.path: SEEN})
    file = tmp_path / NAME
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=re.escape(message)) as told:
        read_lock(tmp_path)
    assert "mend it, or remove it to trust the files as they are" in str(told.value)
