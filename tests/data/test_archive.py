import zipfile

import pytest

from mmnotes.data import archive
from mmnotes.data.archive import read_member
from mmnotes.errors import InputError


def test_each_process_opens_its_own_zip(tmp_path, pictures, monkeypatch):
    path = pictures.zipped(tmp_path / "a.zip", {"a.jpg": pictures.encode()})
    store = archive.Archive(path)
    mine = store.opened()
    assert store.opened() is mine
    monkeypatch.setattr(archive.os, "getpid", lambda: -1)
    assert store.opened() is not mine


class TestReadMember:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("in/a.json", b"x" * 1000)
        return path

    def test_reads(self, path):
        assert read_member(path, "in/a.json", 1000) == b"x" * 1000

    def test_absent(self, path):
        with pytest.raises(InputError, match=r"a\.zip: has no member 'b\.json'"):
            read_member(path, "b.json", 1000)

    def test_too_large(self, path):
        with pytest.raises(InputError, match=r"in/a\.json is larger than 999 bytes"):
            read_member(path, "in/a.json", 999)

    def test_a_bomb_that_claims_to_be_small(self, path):
        """Both headers say 10 bytes, but the stream holds a thousand."""
        content = path.read_bytes()
        claimed = content.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        assert content != claimed
        path.write_bytes(claimed)
        with pytest.raises(InputError, match=r"in/a\.json cannot be read \(Bad CRC-32"):
            read_member(path, "in/a.json", 1000)

    def test_a_flipped_byte(self, path):
        content = bytearray(path.read_bytes())
        content[45] ^= 0xFF
        path.write_bytes(bytes(content))
        with pytest.raises(InputError, match=r"in/a\.json cannot be read"):
            read_member(path, "in/a.json", 1000)

    def test_encrypted_or_packed_otherwise(self, path):
        content = path.read_bytes()
        for at, bit, fault in ((6, 1, "password|encrypted"), (8, 97, "compression")):
            changed = bytearray(content)
            changed[at] ^= bit
            directory = content.index(b"PK\1\2")
            changed[directory + at + 2] ^= bit
            path.write_bytes(bytes(changed))
            with pytest.raises(InputError, match=rf"cannot be read \(.*({fault})"):
                read_member(path, "in/a.json", 1000)
