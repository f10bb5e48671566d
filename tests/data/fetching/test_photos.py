import dataclasses
import io
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from mmnotes.data import FolderImages, decode
from mmnotes.data.fetching.photo_report import OUTCOMES
from mmnotes.data.fetching.photos import Limits, fetch_photos, photo_name
from mmnotes.data.fetching.public import is_public
from mmnotes.errors import InputError

LIMITS = Limits(pause=0, private=True)


@pytest.fixture
def photo(pictures):
    return pictures.encode()


@pytest.fixture
def bring(tmp_path, quick):
    """Fetch photos of ``{item: address}``; checks that every item has one outcome."""

    def bring(addresses, **changes):
        limits = dataclasses.replace(LIMITS, **changes)
        report = fetch_photos(
            list(addresses), list(addresses.values()), tmp_path, limits=limits, manners=quick
        )
        assert sum(report.counts.values()) == len(addresses)
        return {item: why for why, items in report.outcomes.items() for item in items} | {
            "hosts": report.hosts
        }

    return bring


class TestPhotos:
    def test_can_be_read_as_pictures_of_the_catalogue(self, server, answer, bring, photo, tmp_path):
        items = ["B1", "B2", "B3"]
        urls = [server.give("/1", answer(photo)), None, server.give("/3", answer(b"", 404))]
        outcomes = bring(dict(zip(items, urls, strict=True)))
        assert [outcomes[item] for item in items] == ["fetched", "no_address", "gone"]
        assert (tmp_path / "B1.jpg").read_bytes() == photo
        images = FolderImages(tmp_path, [photo_name(item) for item in items])
        assert images.report().counts["readable"] == 1
        assert images[0].size == (40, 40)

    def test_are_asked_for_only_once(self, server, answer, bring, photo):
        addresses = {
            "B1": server.give("/1", answer(photo)),
            "B2": server.give("/2", answer(b"", 404), answer(photo)),
            "B3": server.give("/3", answer(b"", 410), answer(photo)),
            "B4": server.give("/4", answer(photo[:30]), answer(photo)),
        }
        first = bring(addresses)
        assert list(first.values())[:4] == ["fetched", "gone", "gone", "unreadable"]
        second = bring(addresses)
        assert list(second.values())[:4] != ["fetched"] * 4
        assert [second[item] for item in addresses] == ["there", "gone", "gone", "fetched"]
        assert [len(server.ranges(f"/{i}")) for i in (1, 2, 3, 4)] == [1, 1, 1, 2]

    def test_a_memory_that_was_cut_short_is_used_as_far_as_it_goes(
        self, server, answer, bring, photo, tmp_path
    ):
        gone, cut = server.give("/1", answer(photo)), server.give("/2", answer(photo))
        (tmp_path / "not_to_be_had.tsv").write_text(f"gone\t{gone}\nodd\tx\ngone\t{cut}"[:-1])
        assert bring({"B1": gone, "B2": cut})["B1"] == "gone"
        assert not server.ranges("/1")
        assert len(server.ranges("/2")) == 1

    @pytest.mark.parametrize("url", ["", None, float("nan"), np.nan])
    def test_no_address(self, bring, url):
        assert bring({"B1": url})["B1"] == "no_address"

    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/hostname",
            "ftp://x/y.jpg",
            "data:image/png;base64,AAAA",
            "//x/y.jpg",
            "http://",
            "http://[",
            "http://x y/z.jpg",
            "http://x/\n",
            "nonsense",
            "http://" + "a" * 300 + "/x.jpg",
        ],
    )
    def test_bad_addresses(self, bring, url):
        assert bring({"B1": url})["B1"] == "bad_address"

    def test_a_cut_photo_is_not_kept(self, server, answer, bring, photo, tmp_path):
        url = server.give("/1", answer(photo, cut=50))
        assert bring({"B1": url})["B1"] == "refused"
        assert {file.name for file in tmp_path.iterdir()} == {".lock"}

    def test_a_page_instead_of_a_photo(self, server, answer, bring, tmp_path):
        url = server.give("/1", answer(b"<html>are you a robot?</html>", Content_Type="text/html"))
        assert bring({"B1": url})["B1"] == "unreadable"
        assert not (tmp_path / "B1.jpg").exists()

    def test_one_pixel_is_no_photo(self, server, answer, bring, pictures):
        dot = pictures.encode(size=(1, 1), format="GIF", mode="P", color=0)
        assert bring({"B1": server.give("/1", answer(dot))})["B1"] == "empty"

    @pytest.mark.parametrize("length", [None, "1000000"])
    def test_too_many_bytes(self, server, answer, bring, length, tmp_path):
        url = server.give("/1", answer(bytes(1_000_000), Content_Length=length))
        assert bring({"B1": url}, bytes=1000)["B1"] == "oversized"
        assert not (tmp_path / "B1.jpg").exists()

    def test_too_many_pixels(self, server, answer, bring, photo, monkeypatch):
        monkeypatch.setattr(decode, "MAX_PIXELS", 1599)
        assert bring({"B1": server.give("/1", answer(photo))})["B1"] == "oversized"

    def test_a_decompression_bomb(self, server, answer, bring, tmp_path):
        stream = io.BytesIO()
        Image.new("1", (15_000, 15_000)).save(stream, "PNG")
        assert bring({"B1": server.give("/1", answer(stream.getvalue()))})["B1"] == "oversized"
        assert not (tmp_path / "B1.jpg").exists()

    def test_a_server_that_takes_all_day(self, server, answer, bring, photo):
        url = server.give("/1", answer(photo, slow=0.02))
        start = time.monotonic()
        assert bring({"B1": url}, seconds=0.1)["B1"] == "refused"
        assert time.monotonic() - start < 2

    def test_no_id_leads_out_of_the_folder(self, server, answer, bring, photo, tmp_path):
        url = server.give("/1", answer(photo))
        bring({"../B1": url, "..": url, "/etc/x": url, "": url, "a\\b": url, "a\0b": url})
        photos = {file.name for file in tmp_path.rglob("*.jpg")}
        assert len(photos) == 6
        assert photos == {file.name for file in tmp_path.glob("*.jpg")} | {".jpg"}
        assert not list(tmp_path.parent.glob("*.jpg"))


@given(st.text(max_size=20), st.text(max_size=20))
@example("\ud800", "?")
def test_every_id_has_a_plain_name_of_its_own(one, other):
    assert (photo_name(one) == photo_name(other)) == (one == other)
    assert Path(photo_name(one)).name == photo_name(one)
    assert photo_name(one).isascii()


class TestHosts:
    def test_one_that_refuses_again_and_again_is_left_alone(self, server, answer, bring, photo):
        addresses = {f"B{i}": server.give(f"/{i}", answer(b"", 403)) for i in range(5)}
        outcomes = bring(addresses, refusals=3)
        assert [outcomes[item] for item in addresses] == ["refused"] * 3 + ["given_up"] * 2
        assert outcomes["hosts"] == ("127.0.0.1",)
        assert len(server.requests) == 3
        for i in range(5):
            server.give(f"/{i}", answer(photo))
        assert set(list(bring(addresses).values())[:5]) == {"fetched"}

    def test_refusals_must_come_in_a_row(self, server, answer, bring, photo):
        kinds = [answer(b"", 403), answer(photo), answer(b"", 403), answer(b"", 404)] * 3
        addresses = {f"B{i}": server.give(f"/{i}", kind) for i, kind in enumerate(kinds)}
        assert bring(addresses, refusals=2)["hosts"] == ()

    def test_a_host_is_asked_slowly(self, server, answer, bring, photo):
        addresses = {f"B{i}": server.give(f"/{i}", answer(photo)) for i in range(4)}
        start = time.monotonic()
        bring(addresses, pause=0.1)
        assert time.monotonic() - start >= 0.3

    def test_another_host_need_not_wait_for_it(self, server, answer, bring, photo):
        here = server.give("/1", answer(photo))
        there = here.replace("127.0.0.1", "localhost")
        start = time.monotonic()
        outcomes = bring({"B1": here, "B2": there}, pause=5)
        assert time.monotonic() - start < 4
        assert outcomes["B2"] == "fetched"

    def test_a_host_that_asks_for_patience_gets_it(self, server, answer, bring, photo):
        url = server.give("/1", answer(b"", 429, Retry_After="1"), answer(photo))
        start = time.monotonic()
        assert bring({"B1": url})["B1"] == "fetched"
        assert time.monotonic() - start >= 1

    def test_a_host_that_asks_for_nonsense_has_refused(self, server, answer, bring):
        url = server.give("/1", answer(b"", 429, Retry_After="soon"))
        assert bring({"B1": url})["B1"] == "refused"

    def test_hosts_are_told_who_asks(self, server, answer, bring, photo):
        bring({"B1": server.give("/1", answer(photo))})
        assert server.requests[0][1]["User-Agent"].startswith("mmnotes/")


class TestPrivateMachines:
    """What an address in a catalogue must not make us do."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "2130706433"])
    def test_are_not_asked(self, server, answer, bring, photo, host):
        url = server.give("/1", answer(photo)).replace("127.0.0.1", host)
        assert bring({"B1": url}, private=False)["B1"] == "bad_address"
        assert server.requests == []

    def test_are_not_asked_over_tls(self, server, bring):
        url = server.url.replace("http:", "https:")
        assert bring({"B1": url}, private=False)["B1"] == "bad_address"

    def test_are_not_asked_after_a_redirect(
        self, server, other_server, answer, bring, photo, monkeypatch
    ):
        """The first host counts as public, the one it leads to does not."""
        target = other_server.give("/2", answer(photo))
        url = server.give("/1", answer(b"", 302, Location=target))
        judged = iter([True, False])
        monkeypatch.setattr("mmnotes.data.fetching.public.is_public", lambda _: next(judged))
        assert bring({"B1": url}, private=False)["B1"] == "bad_address"
        assert len(server.requests) == 1
        assert other_server.requests == []

    @pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://x/y", "http://["])
    def test_nor_other_places(self, server, answer, bring, location):
        url = server.give("/1", answer(b"", 302, Location=location))
        assert bring({"B1": url})["B1"] == "bad_address"

    @pytest.mark.parametrize(
        ("address", "public"),
        [
            ("93.184.215.14", True),
            ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
            ("10.0.0.1", False),
            ("100.64.0.1", False),
            ("169.254.169.254", False),
            ("172.16.0.1", False),
            ("192.168.0.1", False),
            ("224.0.0.1", False),
            ("255.255.255.255", False),
            ("::", False),
            ("::1", False),
            ("fe80::1%eth0", False),
            ("fc00::1", False),
            ("::ffff:10.0.0.1", False),
            ("::ffff:93.184.215.14", True),
            ("2002:7f00:1::", False),
            ("64:ff9b::7f00:1", False),
            ("64:ff9b::808:808", True),
        ],
    )
    def test_are_told_apart(self, address, public):
        assert is_public(address) == public


class TestRequest:
    @pytest.mark.parametrize(
        ("items", "urls", "message"),
        [
            (["a"], [], "1 items but 0 addresses of photos"),
            (["a", "b", "a"], [None] * 3, "item 'a' is there twice"),
            (["ä" * 100], [None], "has too long an id"),
        ],
    )
    def test_that_cannot_be_served(self, tmp_path, items, urls, message):
        with pytest.raises(InputError, match=message):
            fetch_photos(items, urls, tmp_path / "photos")
        assert not (tmp_path / "photos").exists()

    def test_for_nothing(self, tmp_path):
        report = fetch_photos([], [], tmp_path)
        assert str(report) == "0 photos: none asked for"
        assert list(report.counts) == list(OUTCOMES)

    def test_the_report_in_words(self, server, answer, tmp_path, quick):
        addresses = [server.give("/1", answer(b"", 403)), None, "nonsense"]
        limits = dataclasses.replace(LIMITS, refusals=1)
        report = fetch_photos(["a", "b", "c"], addresses, tmp_path, limits=limits, manners=quick)
        told = "3 photos: 1 no address, 1 bad address, 1 refused; gave up on 127.0.0.1"
        assert str(report) == told
