import dataclasses
import gzip
import hashlib
import io
import shutil
import time
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from mmnotes.data.fetching.download import download
from mmnotes.data.fetching.partial import PartialFile
from mmnotes.data.fetching.transfer import Wanted
from mmnotes.errors import InputError

BODY = np.random.default_rng(0).bytes(100_000)
OTHER = np.random.default_rng(1).bytes(100_000)
SHA = hashlib.sha256(BODY).hexdigest()
KNOWN = Wanted(len(BODY), SHA)
PAGE = b"\n<!DOCTYPE html><html><title>Sign in</title></html>"


@pytest.fixture
def get(server, tmp_path, quick):
    """Fetch one path of the server as ``file.bin``, and look at what lies there afterwards."""

    def get(*urls, name="file.bin", wanted=None, manners=quick):
        target = tmp_path / name
        try:
            return target, download(urls, target, wanted, manners)
        finally:
            if not target.exists():
                left = {file.name for file in tmp_path.glob(f"{name}*")}
                assert left <= {f"{name}.part", f"{name}.part.toml"}

    return get


def names(folder):
    return sorted(file.name for file in folder.iterdir())


class TestWhole:
    def test_a_file(self, server, answer, get, tmp_path):
        url = server.give("/a", answer(BODY))
        target, came = get(url)
        assert target.read_bytes() == BODY
        assert (came.url, came.bytes, came.sha256, came.refusals) == (url, len(BODY), SHA, ())
        assert names(tmp_path) == ["file.bin"]

    def test_says_who_asks_and_wants_the_bytes_as_they_are(self, server, answer, get):
        get(server.give("/a", answer(BODY)))
        ((_, headers),) = server.requests
        assert headers["User-Agent"].startswith("mmnotes/")
        assert "github.com/mmnotes" in headers["User-Agent"]
        assert headers["Accept-Encoding"] == "identity"

    def test_a_file_without_a_length(self, server, answer, get):
        target, _ = get(server.give("/a", answer(BODY, Content_Length=None)))
        assert target.read_bytes() == BODY

    def test_a_redirect(self, server, answer, get):
        url = server.give("/a", answer(b"", 302, Location=server.give("/b", answer(BODY))))
        assert get(url)[0].read_bytes() == BODY

    def test_a_file_that_is_described_as_compressed_is_kept_as_it_is(self, server, answer, get):
        body = gzip.compress(BODY)
        answers = answer(body, Content_Encoding="gzip", Content_Type="application/json")
        target, _ = get(server.give("/a", answers), name="a.json.gz")
        assert target.read_bytes() == body

    def test_an_empty_folder_is_made(self, server, answer, tmp_path, quick):
        target = tmp_path / "x" / "y" / "file.bin"
        download([server.give("/a", answer(BODY))], target, manners=quick)
        assert target.read_bytes() == BODY


class TestCuts:
    def test_goes_on_where_it_was_cut(self, server, answer, get):
        url = server.give("/a", answer(BODY, cut=60_000, ETag='"1"'), answer(BODY, ETag='"1"'))
        target, _ = get(url)
        assert target.read_bytes() == BODY
        assert server.ranges("/a") == [None, "bytes=60000-"]
        assert server.requests[1][1]["If-Range"] == '"1"'

    def test_goes_on_by_the_date_where_there_is_no_tag(self, server, answer, get):
        date = "Wed, 21 Oct 2015 07:28:00 GMT"
        weak = {"ETag": 'W/"1"', "Last_Modified": date}
        url = server.give("/a", answer(BODY, cut=60_000, **weak), answer(BODY, **weak))
        target, _ = get(url)
        assert target.read_bytes() == BODY
        assert server.requests[1][1]["If-Range"] == date

    def test_goes_on_in_another_process(self, server, answer, get, quick, tmp_path):
        url = server.give("/a", answer(BODY, cut=60_000, ETag='"1"'), answer(BODY, ETag='"1"'))
        with pytest.raises(InputError, match="stopped short 1 times, at last with"):
            get(url, manners=dataclasses.replace(quick, cuts=0))
        assert (tmp_path / "file.bin.part").read_bytes() == BODY[:60_000]
        target, _ = get(url)
        assert target.read_bytes() == BODY
        assert server.ranges("/a") == [None, "bytes=60000-"]

    def test_begins_again_where_nothing_tells_the_versions_apart(self, server, answer, get):
        target, _ = get(server.give("/a", answer(BODY, cut=60_000), answer(BODY)))
        assert target.read_bytes() == BODY
        assert server.ranges("/a") == [None, None]

    def test_goes_on_without_a_tag_where_the_checksum_is_known(self, server, answer, get):
        url = server.give("/a", answer(BODY, cut=60_000), answer(BODY))
        target, _ = get(url, wanted=KNOWN)
        assert target.read_bytes() == BODY
        assert server.ranges("/a") == [None, "bytes=60000-"]

    def test_goes_on_at_a_mirror_where_the_checksum_is_known(self, server, answer, get):
        first = server.give("/a", answer(BODY, cut=60_000), answer(b"", 404))
        target, came = get(first, server.give("/b", answer(BODY)), wanted=KNOWN)
        assert target.read_bytes() == BODY
        assert came.refusals == (f"{first} answered 404 Not Found",)
        assert server.ranges("/b") == ["bytes=60000-"]

    def test_never_glues_two_versions_together(self, server, answer, get):
        url = server.give("/a", answer(OTHER, cut=60_000, ETag='"1"'), answer(BODY, ETag='"2"'))
        assert get(url)[0].read_bytes() == BODY

    @pytest.mark.parametrize("tags", [('"1"', '"2"'), (None, None)])
    def test_not_even_if_the_server_or_a_mirror_would(self, server, answer, get, tags):
        """A server that says 206 for a changed file; two servers with different files."""
        old, new = tags
        url = server.give(
            "/a", answer(OTHER, cut=60_000, ETag=old), answer(BODY, ETag=new, lies=True)
        )
        target, _ = get(url, wanted=KNOWN)
        assert target.read_bytes() == BODY

    def test_a_server_that_sends_another_piece_than_asked_for(self, server, answer, get):
        piece = answer(BODY[10:], 206, ETag='"1"', Content_Range="bytes 10-99999/100000")
        url = server.give("/a", answer(BODY, cut=60_000, ETag='"1"'), piece, answer(BODY))
        assert get(url)[0].read_bytes() == BODY

    def test_a_server_that_sends_a_part_of_the_rest(self, server, answer, get):
        piece = {"ETag": '"1"', "Content_Range": "bytes 60000-69999/100000"}
        url = server.give(
            "/a",
            answer(BODY, cut=60_000, ETag='"1"'),
            answer(BODY[60_000:70_000], 206, **piece),
            answer(BODY, ETag='"1"'),
        )
        assert get(url)[0].read_bytes() == BODY
        assert server.ranges("/a") == [None, "bytes=60000-", "bytes=70000-"]

    def test_a_server_that_knows_no_ranges(self, server, answer, get):
        url = server.give(
            "/a", answer(BODY, cut=60_000, ETag='"1"'), answer(BODY, ETag='"1"', ranges=False)
        )
        assert get(url)[0].read_bytes() == BODY

    def test_what_was_whole_already_is_not_sent_again(self, server, answer, get, tmp_path):
        url = server.give("/a", answer(BODY, ETag='"1"'))
        (tmp_path / "file.bin.part").write_bytes(BODY)
        (tmp_path / "file.bin.part.toml").write_text(f"url = '{url}'\netag = '\"1\"'\n")
        assert get(url)[0].read_bytes() == BODY
        assert server.ranges("/a") == ["bytes=100000-"]

    def test_what_was_longer_than_the_file_is_forgotten(self, server, answer, get, tmp_path):
        (tmp_path / "file.bin.part").write_bytes(BODY + b"more")
        target, _ = get(server.give("/a", answer(BODY)), wanted=KNOWN)
        assert target.read_bytes() == BODY

    @pytest.mark.parametrize("note", ["", "url = 3", "nonsense = 'x'", "url = 'unfinis"])
    def test_a_broken_note_is_none(self, server, answer, get, tmp_path, note):
        (tmp_path / "file.bin.part").write_bytes(OTHER[:500])
        (tmp_path / "file.bin.part.toml").write_text(note)
        assert get(server.give("/a", answer(BODY)))[0].read_bytes() == BODY
        assert server.ranges("/a") == [None]

    def test_has_an_end(self, server, answer, get, quick):
        url = server.give("/a", answer(BODY, cut=10, ETag='"1"'))
        with pytest.raises(InputError, match=r"stopped short 5 times, at last with .*"):
            get(url)
        assert len(server.requests) == 1 + quick.cuts

    def test_a_silent_server(self, server, answer, get, quick):
        url = server.give("/a", answer(BODY[:4], slow=0.3), answer(BODY))
        manners = dataclasses.replace(quick, read=0.05)
        start = time.monotonic()
        assert get(url, manners=manners)[0].read_bytes() == BODY
        assert time.monotonic() - start < 5


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "words"),
        [(403, "403 Forbidden"), (404, "404 Not Found"), (410, "410 Gone"), (204, "204 No Conten")],
    )
    def test_goes_on_to_the_next_address(self, server, answer, get, status, words):
        first = server.give("/a", answer(b"", status))
        target, came = get(first, server.give("/b", answer(BODY)))
        assert target.read_bytes() == BODY
        assert came.refusals[0].startswith(f"{first} answered {words}")
        assert len(server.ranges("/a")) == 1

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_asks_again_later(self, server, answer, get, status):
        url = server.give("/a", answer(b"", status), answer(b"", status), answer(BODY))
        assert get(url)[0].read_bytes() == BODY
        assert len(server.requests) == 3

    def test_not_for_ever(self, server, answer, get, quick):
        with pytest.raises(InputError, match=r"file\.bin did not come:\n  .*answered 503 Service"):
            get(server.give("/a", answer(b"", 503)))
        assert len(server.requests) == 1 + quick.retries

    def test_waits_as_long_as_it_is_told(self, server, answer, get):
        url = server.give("/a", answer(b"", 429, Retry_After="1"), answer(BODY))
        start = time.monotonic()
        assert get(url)[0].read_bytes() == BODY
        assert time.monotonic() - start >= 1

    def test_but_not_a_day(self, server, answer, get):
        url = server.give("/a", answer(b"", 429, Retry_After="86400"), answer(BODY))
        start = time.monotonic()
        with pytest.raises(InputError, match="answered 429 Too Many Requests"):
            get(url)
        assert time.monotonic() - start < 10
        assert len(server.requests) == 1

    def test_a_wait_that_is_no_number(self, server, answer, get):
        with pytest.raises(InputError, match=r"could not be reached \(Invalid Retry-After"):
            get(server.give("/a", answer(b"", 429, Retry_After="soon"), answer(BODY)))

    def test_a_server_that_is_not_there(self, server, answer, get):
        target, came = get("http://127.0.0.1:9/x", server.give("/b", answer(BODY)))
        assert target.read_bytes() == BODY
        assert "127.0.0.1:9/x could not be reached (" in came.refusals[0]
        assert "refused" in came.refusals[0]

    @pytest.mark.parametrize("url", ["nonsense", "ftp://x/y", "file:///etc/hostname", "http://["])
    def test_an_address_that_is_none(self, get, url):
        with pytest.raises(InputError, match=r"could not be reached \("):
            get(url)

    def test_endless_redirects(self, server, answer, get):
        url = server.give("/a", answer(b"", 302, Location="/a"))
        with pytest.raises(InputError, match=r"could not be reached .*redirects"):
            get(url)

    def test_a_redirect_to_nowhere(self, server, answer, get):
        url = server.give("/a", answer(b"", 302, Location="http://["))
        with pytest.raises(InputError, match=r"could not be reached \(Invalid IPv6 URL"):
            get(url)

    def test_no_address_at_all(self, get):
        with pytest.raises(InputError, match="it has no address"):
            get()


class TestWrongFiles:
    def test_a_wrong_checksum(self, server, answer, get, tmp_path):
        with pytest.raises(InputError, match=f"gave a file with sha256 .*, not {SHA}"):
            get(server.give("/a", answer(OTHER)), wanted=KNOWN)
        assert names(tmp_path) == []

    def test_a_wrong_checksum_leads_to_the_next_address(self, server, answer, get):
        urls = server.give("/a", answer(OTHER)), server.give("/b", answer(BODY))
        target, came = get(*urls, wanted=KNOWN)
        assert target.read_bytes() == BODY
        assert len(came.refusals) == 1

    def test_another_size_is_seen_before_the_file_comes(self, server, answer, get, tmp_path):
        with pytest.raises(InputError, match="has 99,999 bytes, not the 100,000 that are known"):
            get(server.give("/a", answer(BODY[1:])), wanted=KNOWN)
        assert names(tmp_path) == []

    def test_more_than_was_said_is_not_kept(self, server, answer, get, tmp_path):
        url = server.give("/a", answer(BODY * 100, Content_Length=None))
        with pytest.raises(InputError, match="sent more than the 100,000 bytes"):
            get(url, wanted=KNOWN)
        assert names(tmp_path) == []

    def test_less_than_is_known_without_a_length(self, server, answer, get, tmp_path):
        url = server.give("/a", answer(BODY[:500], Content_Length=None))
        with pytest.raises(InputError, match="gave 500 bytes, not the 100,000"):
            get(url, wanted=KNOWN)
        assert names(tmp_path) == []

    @pytest.mark.parametrize("name", ["a.json.gz", "a.pkl", "a.csv", "a.b", "a.zip", "a.txt"])
    @pytest.mark.parametrize("honest", [True, False])
    def test_a_page_instead_of_the_file(self, server, answer, get, tmp_path, name, honest):
        kind = "text/html; charset=utf-8" if honest else "application/octet-stream"
        with pytest.raises(InputError, match="gave an HTML page instead of the file"):
            get(server.give("/a", answer(PAGE, Content_Type=kind)), name=name)
        assert names(tmp_path) == []

    @pytest.mark.parametrize("lost", [1, 4, 10, 50_000])
    def test_a_truncated_gzip(self, server, answer, get, tmp_path, lost):
        body = gzip.compress(BODY)[:-lost]
        with pytest.raises(InputError, match="gave a gzip file that is not whole"):
            get(server.give("/a", answer(body)), name="a.json.gz")
        assert names(tmp_path) == []

    def test_a_damaged_gzip(self, server, answer, get):
        body = bytearray(gzip.compress(b"a line\n" * 1000))
        body[20] ^= 255
        with pytest.raises(InputError, match="gave a gzip file that is not whole"):
            get(server.give("/a", answer(bytes(body))), name="a.json.gz")

    def test_a_gzip_of_several_members(self, server, answer, get):
        body = gzip.compress(BODY) + gzip.compress(OTHER)
        assert get(server.give("/a", answer(body)), name="a.gz")[0].read_bytes() == body

    def test_a_truncated_zip(self, server, answer, get, tmp_path):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a", BODY)
        url = server.give("/a", answer(stream.getvalue()[:-30]), answer(stream.getvalue()))
        with pytest.raises(InputError, match="gave a zip file that is not whole"):
            get(url, name="a.zip")
        assert names(tmp_path) == []
        assert get(url, name="a.zip")[0].read_bytes() == stream.getvalue()

    def test_image_features_with_half_a_record(self, server, answer, get):
        records = b"B000000000" + bytes(4 * 4096)
        assert get(server.give("/a", answer(records * 3)), name="x.b")[0].exists()
        with pytest.raises(InputError, match="no whole number of records of 16,394 bytes"):
            get(server.give("/b", answer(records * 2 + records[:-4])), name="y.b")

    def test_something_compressed_on_the_way(self, server, answer, get):
        body = gzip.compress(BODY)
        with pytest.raises(InputError, match="sent it as gzip, though asked for it as it is"):
            get(server.give("/a", answer(body, Content_Encoding="gzip")), name="a.csv")

    @pytest.mark.parametrize(
        ("name", "body", "message"),
        [
            ("a.bin", b"", "gave an empty file"),
            ("a.pkl", b"x" * 50, r"does not begin as a \.pkl file does"),
            ("a.gz", b"x" * 50, r"does not begin as a \.gz file does"),
            ("a.csv", b"a,b\n\0\0\0", r"no text, though it ends in \.csv"),
        ],
    )
    def test_something_else_than_the_name_promises(self, server, answer, get, name, body, message):
        with pytest.raises(InputError, match=message):
            get(server.give("/a", answer(body)), name=name)

    def test_what_stood_there_before_stays(self, server, answer, get, tmp_path):
        (tmp_path / "file.bin").write_bytes(b"old")
        with pytest.raises(InputError):
            get(server.give("/a", answer(OTHER)), wanted=KNOWN)
        assert (tmp_path / "file.bin").read_bytes() == b"old"
        assert names(tmp_path) == ["file.bin"]


class TestDisk:
    def test_too_little_room_is_said_before_anything_comes(
        self, server, answer, get, tmp_path, monkeypatch
    ):
        room = SimpleNamespace(free=64 * 2**20 + 99_999)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
        url = server.give("/a", answer(BODY))
        with pytest.raises(
            InputError, match="100,000 bytes are still to come, but only 67,208,863"
        ):
            get(url)
        assert names(tmp_path) == []
        room.free += 1
        assert get(url)[0].read_bytes() == BODY

    def test_a_disk_that_fills_up(self, server, answer, tmp_path, quick, monkeypatch):
        monkeypatch.setattr(PartialFile, "discard", lambda self: None)
        (tmp_path / "file.bin.part").symlink_to("/dev/full")
        message = r"file\.bin\.part: cannot be written \(No space left on device\); make room"
        with pytest.raises(InputError, match=message):
            download([server.give("/a", answer(BODY))], tmp_path / "file.bin", KNOWN, quick)
        assert not (tmp_path / "file.bin").exists()
