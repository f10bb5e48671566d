"""Arrays, image vectors, pictures and archives, broken or written to do harm."""

import io
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmnotes.data.files import read_arrays, read_vectors
from mmnotes.data.raw.image_features import WIDTH, vectors
from mmnotes.data.raw.tally import Tally
from mmnotes.data.stored import FolderImages, ZipImages


class Deed:
    """A pickle of it does something when loaded."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return open, (str(self.file), "w")


def saved(array, save=np.save):
    stream = io.BytesIO()
    save(stream, array)
    return stream.getvalue()


WHOLE = [
    saved(np.arange(6, dtype="f4").reshape(3, 2)),
    saved(np.eye(3), np.savez),
    saved(np.eye(3), np.savez_compressed),
    saved(np.array([{"a": 1}], dtype=object)),
    pickle.dumps(np.eye(3)),
]


@st.composite
def mangled(draw, wholes):
    content = bytearray(draw(st.sampled_from(wholes)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = start + draw(st.integers(0, 8))
        content[start:stop] = draw(st.binary(max_size=8))
    return bytes(content)


# NumPy leaves the file of a broken archive to the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@given(st.sampled_from(WHOLE) | mangled(WHOLE) | st.binary(max_size=100))
@settings(deadline=None)
def test_a_file_of_arrays(outcome, hostile, content):
    hostile.write_bytes(content)
    for read, args in [(read_vectors, (3, "a table")), (read_arrays, (["arr_0"],))]:
        found, refusal = outcome(read, hostile, *args)
        if found is None:
            assert refusal.startswith(str(hostile))
        elif read is read_vectors:
            assert found.shape[0] == 3
            assert np.isfinite(found).all()


@pytest.mark.parametrize("wrap", [pickle.dumps, lambda deed: saved(np.array([deed], object))])
def test_a_pickle_where_an_array_is_expected(outcome, hostile, wrap):
    canary = hostile.with_name("canary")
    hostile.write_bytes(wrap(Deed(canary)))
    canary.unlink(missing_ok=True)  # pickling itself does nothing, but be sure
    for read, args in [(read_vectors, (1, "a table")), (read_arrays, (["arr_0"],))]:
        found, refusal = outcome(read, hostile, *args)
        assert found is None
        assert "not a whole array" in refusal
    assert not canary.exists()


def record(asin=b"B000000001", value=1.0):
    return asin + np.full(WIDTH, value, "<f4").tobytes()


@given(
    st.lists(
        st.builds(
            record,
            st.sampled_from(
                [b"B000000001", b"B000000002", b"\0" * 10, b"../../etc/", b"\xff" * 10]
            ),
            st.sampled_from([0.0, -1.0, 3e38, np.inf, np.nan]),
        ),
        max_size=4,
    ),
    st.binary(max_size=9),
    st.integers(0, 3),
)
@settings(deadline=None)
def test_image_vectors(outcome, hostile, records, tail, max_bad):
    hostile.write_bytes(b"".join(records) + tail)
    tally = Tally()
    blocks, refusal = outcome(lambda: list(vectors(hostile, tally, max_bad)))
    if blocks is None:
        assert refusal.startswith(f"{hostile}: ")
        return
    asins = [asin for block, _ in blocks for asin in block]
    assert set(asins) <= {"B000000001", "B000000002"}
    assert len(asins) == len(set(asins)) == tally.counts.get("image vectors", 0)
    assert all(np.isfinite(values).all() and values.shape[1] == WIDTH for _, values in blocks)
    assert len(asins) + sum(drop.n for drop in tally.dropped.values()) == len(records)


def picture(format, mode="RGB"):
    stream = io.BytesIO()
    Image.new(mode, (9, 7), 77).save(stream, format)
    return stream.getvalue()


PICTURES = [picture(format) for format in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PDF")]
PICTURES += [picture("PNG", mode) for mode in ("1", "P", "RGBA", "I;16")]


def chunk(name, data):
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def png_bomb(width, height):
    """A small file that says it is a large picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000_000, 9)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@given(st.sampled_from(PICTURES) | mangled(PICTURES) | st.binary(max_size=100))
@settings(deadline=None)
def test_a_picture(watch, hostile, content):
    hostile.write_bytes(content)
    with watch.over():
        report = FolderImages(hostile.parent, ["file", "absent", "\0"]).report()
    assert report.n == 3
    assert sum(report.counts.values()) == 3


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
@settings(deadline=None)
def test_a_picture_of_any_size(watch, hostile, width, height):
    hostile.write_bytes(png_bomb(width, height))
    with watch.over():
        report = FolderImages(hostile.parent, ["file"]).report()
    assert report.faulty or width * height <= 40_000_000


@pytest.mark.parametrize("name", ["../file", "/etc/passwd", "a/../../file", "a/../b/../../file"])
def test_a_name_that_leads_out_of_the_folder(outcome, hostile, name):
    images, refusal = outcome(FolderImages, hostile.parent, [name])
    assert images is None
    assert "leads out of" in refusal


NAMES = st.sampled_from(
    ["../up.jpg", "/abs.jpg", "a/../../up.jpg", "C:\\up.jpg", "..\\up.jpg", "", ".", "a\0b.jpg"]
) | st.text(max_size=8)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.dictionaries(NAMES, st.sampled_from(PICTURES) | st.binary(max_size=20), max_size=4))
@settings(deadline=None)
def test_names_in_an_archive_lead_nowhere(outcome, hostile, members):
    with zipfile.ZipFile(hostile, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name.encode("utf-8", "replace").decode()), content)
    report, refusal = outcome(lambda: ZipImages(hostile, [*members, "absent"]).report())
    if report is None:
        assert str(hostile) in refusal
    else:
        assert sum(report.counts.values()) == len(members) + 1
