import bz2
import gzip

import pytest

from mmnotes.data.raw import streams
from mmnotes.data.raw.streams import opened
from mmnotes.errors import InputError

TEXT = b"".join(b"line %d\n" % i for i in range(10_000))


def read(file, size=1000):
    with opened(file) as stream:
        return b"".join(iter(lambda: stream.read(size), b""))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_a_file_is_known_by_its_bytes_not_its_name(tmp_path, compress):
    file = tmp_path / "a.txt"
    file.write_bytes(compress(TEXT))
    assert read(file) == TEXT


def test_gzip_in_several_members_is_one_file(tmp_path):
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(TEXT) + gzip.compress(b"more"))
    assert read(file) == TEXT + b"more"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("share", [0.1, 0.9, 0.999])
def test_a_truncated_file_is_no_file(tmp_path, compress, share):
    file, whole = tmp_path / "a.gz", compress(TEXT)
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"a\.gz: not a whole file .* truncated: fetch it again"):
        read(file)


@pytest.mark.parametrize("at", [40, -6, -2])
def test_a_changed_byte_is_found(tmp_path, at):
    """In the data, in the checksum, in the length."""
    file, whole = tmp_path / "a.gz", bytearray(gzip.compress(TEXT))
    whole[at] ^= 0xFF
    file.write_bytes(whole)
    with pytest.raises(InputError, match="not a whole file"):
        read(file)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_bomb_stops_before_it_goes_off(tmp_path, compress):
    file = tmp_path / "bomb"
    file.write_bytes(compress(bytes(100 * 2**20)))
    n = 0

    def read_on():
        nonlocal n
        with opened(file) as stream:
            while chunk := stream.read(2**20):
                n += len(chunk)

    with pytest.raises(InputError, match=r"bytes grow to more than .*: a decompression bomb"):
        read_on()
    assert n <= 64 * 2**20 + streams.MAX_RATIO * file.stat().st_size


def test_a_file_that_shrinks_well_is_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "_SMALL", 0)
    file = tmp_path / "a.gz"
    file.write_bytes(gzip.compress(TEXT))
    assert read(file) == TEXT


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(InputError, match=r"absent: cannot be read .No such file.*check the path"):
        read(tmp_path / "absent")
    with pytest.raises(InputError, match=r"cannot be read .Is a directory"):
        read(tmp_path)
