import io
import pickle
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmnotes.data import ArrayImages, FolderImages, ZipImages, stored
from mmnotes.errors import InputError

COLORS = {"red.png": (255, 0, 0), "green.png": (0, 255, 0), "blue.png": (0, 0, 255)}
NAMES = ["red.png", "green.png", None, "blue.png"]


@pytest.fixture(params=["zip", "folder", "array"])
def four(request, tmp_path, pictures):
    """Red, green, none, blue; from each kind of store."""
    members = {name: pictures.encode(color, format="PNG") for name, color in COLORS.items()}
    if request.param == "zip":
        return ZipImages(pictures.zipped(tmp_path / "four.zip", members), NAMES)
    if request.param == "folder":
        for name, content in members.items():
            (tmp_path / name).write_bytes(content)
        return FolderImages(tmp_path, NAMES)
    array = np.zeros((4, 40, 40, 3), np.uint8)
    for i, color in ((0, "red.png"), (1, "green.png"), (3, "blue.png")):
        array[i] = COLORS[color]
    return ArrayImages(array, np.array([True, True, False, True]))


def centre(picture):
    return picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))


class TestAnyStore:
    def test_is_a_sequence_of_pictures_in_order(self, four):
        assert len(four) == 4
        assert [None if p is None else centre(p) for p in four] == [
            (255, 0, 0),
            (0, 255, 0),
            None,
            (0, 0, 255),
        ]
        assert centre(four[-1]) == (0, 0, 255)
        with pytest.raises(IndexError):
            four[4]
        with pytest.raises(TypeError):
            four[0:2]

    def test_selects_by_row_number_and_by_mask_and_stays_as_it_was(self, four):
        chosen = four.select(np.array([3, 0, 0]))
        assert [centre(p) for p in chosen] == [(0, 0, 255), (255, 0, 0), (255, 0, 0)]
        assert centre(chosen.select(np.array([True, False, False]))[0]) == (0, 0, 255)
        assert len(four) == 4

    def test_gives_colours_and_presence(self, four):
        pixels, present = four.rgb(8)
        assert pixels.shape == (4, 8, 8, 3)
        assert pixels.dtype == np.float32
        assert present.tolist() == [True, True, False, True]
        np.testing.assert_allclose(pixels[0, 4, 4], [1, 0, 0], atol=1e-6)
        assert not pixels[2].any()

    def test_gives_grey_as_the_eye_weighs_it(self, four):
        pixels, present = four.grey(8)
        assert pixels.shape == (4, 64)
        assert pixels.dtype == np.float32
        np.testing.assert_allclose(pixels[[0, 1, 3], 30], [0.299, 0.587, 0.114], atol=0.005)
        assert present.sum() == 3

    def test_a_picture_declared_absent_is_no_reason_to_warn(self, four):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            four.grey(8)
        assert four.report().counts == {
            "readable": 3,
            "no_picture": 1,
            "absent": 0,
            "unreadable": 0,
            "oversized": 0,
        }

    def test_survives_pickling(self, four):
        again = pickle.loads(pickle.dumps(four))
        np.testing.assert_array_equal(again.grey(8)[0], four.grey(8)[0])

    def test_is_the_same_however_many_threads(self, four):
        many = four.select(np.arange(1000) % 4)
        one, three = many.rgb(8, n_jobs=1), many.rgb(8, n_jobs=3)
        np.testing.assert_array_equal(one[0], three[0])
        np.testing.assert_array_equal(one[1], three[1])

    def test_refuses_a_square_without_pixels(self, four):
        with pytest.raises(InputError, match="at least one pixel"):
            four.grey(0)

    def test_may_be_empty(self, four):
        pixels, present = four.select(np.array([], int)).grey(8)
        assert pixels.shape == (0, 64)
        assert present.shape == (0,)


def png_that_claims(width, height):
    """A PNG whose header claims more pixels than it has."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = b""
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        chunks += struct.pack(">I", len(body)) + kind + body + checksum
    return b"\x89PNG\r\n\x1a\n" + chunks


class TestBadPictures:
    @pytest.fixture(params=["zip", "folder"])
    def bad(self, request, tmp_path, pictures):
        whole = pictures.encode(size=(64, 64))
        members = {
            "good.jpg": whole,
            "corrupt.jpg": b"this is no picture",
            "truncated.jpg": whole[: len(whole) // 2],
            "empty.jpg": b"",
            "program.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            "bomb.png": png_that_claims(60_000, 60_000),
            "large.png": png_that_claims(9_000, 9_000),
        }
        names = [*members, "absent.jpg", None]
        if request.param == "zip":
            return ZipImages(pictures.zipped(tmp_path / "bad.zip", members), names)
        for name, content in members.items():
            (tmp_path / name).write_bytes(content)
        return FolderImages(tmp_path, names)

    def test_count_as_missing_with_one_warning_that_says_why(self, bad):
        with pytest.warns(UserWarning, match="7 of 9 pictures count as missing") as caught:
            pixels, present = bad.grey(8)
        assert len(caught) == 1
        message = str(caught[0].message)
        assert "1 absent (absent.jpg)" in message
        assert "4 unreadable (corrupt.jpg, truncated.jpg, empty.jpg, …)" in message
        assert "2 oversized (bomb.png, large.png)" in message
        assert present.tolist() == [True] + [False] * 8
        assert not pixels[1:].any()

    def test_are_none_one_by_one(self, bad):
        assert [picture is not None for picture in bad] == [True] + [False] * 8

    def test_are_named_in_the_report(self, bad):
        report = bad.report()
        assert report.oversized == ("bomb.png", "large.png")
        assert report.absent == ("absent.jpg",)
        assert report.unreadable == ("corrupt.jpg", "truncated.jpg", "empty.jpg", "program.eps")
        assert report.counts["readable"] == 1
        assert sum(report.counts.values()) == report.n == 9
        assert report.faulty == 7

    def test_a_file_too_large_is_not_read(self, bad, monkeypatch):
        monkeypatch.setattr(stored, "MAX_BYTES", 10)
        assert "good.jpg" in bad.report().oversized

    def test_a_report_without_fault_says_so(self):
        report = ArrayImages(np.zeros((2, 4, 4), np.uint8)).report()
        assert str(report) == "0 of 2 pictures count as missing: none at fault"

    @given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), min_size=1, max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_never_raise_whatever_the_bytes(self, tmp_path_factory, damages):
        noise = np.random.default_rng(0).integers(0, 255, (24, 24, 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(noise).save(stream, "JPEG")
        damaged = bytearray(stream.getvalue())
        for place, value in damages:
            damaged[place] = value
        folder = tmp_path_factory.mktemp("fuzz")
        (folder / "a.jpg").write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels, present = FolderImages(folder, ["a.jpg"]).grey(8)
        assert present[0] or not pixels.any()


class TestBadStores:
    def test_missing_folder(self, tmp_path):
        with pytest.raises(InputError, match="gone: no such folder of pictures"):
            FolderImages(tmp_path / "gone", ["a.jpg"])

    @pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd"])
    def test_name_that_leads_out_of_the_folder(self, tmp_path, name):
        with pytest.raises(InputError, match="row 1 leads out of"):
            FolderImages(tmp_path, ["a.jpg", name])

    def test_missing_zip(self, tmp_path):
        with pytest.raises(InputError, match=r"gone\.zip: no such file"):
            ZipImages(tmp_path / "gone.zip", [])

    def test_truncated_zip(self, tmp_path, pictures):
        path = pictures.zipped(tmp_path / "cut.zip", {"a.jpg": pictures.encode()})
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(InputError, match=r"cut\.zip: not a whole zip file.*truncated"):
            ZipImages(path, ["a.jpg"])

    def test_zip_that_goes_away_is_no_missing_picture(self, tmp_path, pictures):
        path = pictures.zipped(tmp_path / "gone.zip", {"a.jpg": pictures.encode()})
        stored = pickle.dumps(ZipImages(path, ["a.jpg"]))
        path.unlink()
        again = pickle.loads(stored)
        with pytest.raises(InputError, match=r"gone\.zip"):
            again.grey(8)
        with pytest.raises(InputError, match=r"gone\.zip"):
            again[0]

    @pytest.mark.parametrize(
        "array",
        [np.zeros((2, 4, 4), np.float32), np.zeros((4, 4), np.uint8), np.zeros((2, 4, 4, 4), "u1")],
    )
    def test_array_of_another_kind(self, array):
        with pytest.raises(InputError, match="uint8 of shape"):
            ArrayImages(array)

    def test_presence_of_another_length(self):
        with pytest.raises(InputError, match="2 pictures but presence of shape"):
            ArrayImages(np.zeros((2, 4, 4), np.uint8), np.ones(3, bool))


def test_memory_is_that_of_the_result():
    store = ArrayImages(np.zeros((4_000, 32, 32), np.uint8))
    tracemalloc.start()
    pixels, _ = store.grey(16, n_jobs=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * pixels.nbytes


def test_every_joined_apparel_photo_can_be_read(apparel):
    photos = apparel.catalog.images.select(np.arange(0, len(apparel), 40))
    assert photos.report().counts["readable"] == len(photos)
