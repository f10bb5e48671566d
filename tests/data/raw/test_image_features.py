import numpy as np
import pytest

from mmnotes.data.raw import image_features
from mmnotes.data.raw.image_features import WIDTH, vectors
from mmnotes.data.raw.tally import Dropped, Tally
from mmnotes.errors import InputError


def asin(i):
    return b"B%09d" % i


def write(file, asins, values):
    """As in the official files: ten letters, then the numbers, nothing between."""
    records = zip(asins, np.asarray(values, "<f4"), strict=True)
    file.write_bytes(b"".join(name + row.tobytes() for name, row in records))
    return file


def read(file, tally=None, max_bad=0):
    blocks = list(vectors(file, tally or Tally(), max_bad))
    if not blocks:
        return [], np.zeros((0, WIDTH), np.float32)
    return list(np.concatenate([a for a, _ in blocks])), np.concatenate([v for _, v in blocks])


@pytest.fixture
def values():
    return np.random.default_rng(0).standard_normal((7, WIDTH), dtype=np.float32)


@pytest.mark.parametrize("rows", [1, 2, 7, 512])
def test_vectors_come_as_written_whatever_the_block(tmp_path, monkeypatch, values, rows):
    monkeypatch.setattr(image_features, "_ROWS", rows)
    tally = Tally()
    names, found = read(write(tmp_path / "a.b", map(asin, range(7)), values), tally)
    assert names == [asin(i).decode() for i in range(7)]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values)
    assert tally == Tally({"image vectors": 7})


def test_of_a_repeated_asin_the_first_vector_stays(tmp_path, monkeypatch, values):
    monkeypatch.setattr(image_features, "_ROWS", 2)
    tally = Tally()
    names, found = read(write(tmp_path / "a.b", map(asin, [1, 2, 1, 1, 3, 2, 4]), values), tally)
    assert names == [asin(i).decode() for i in (1, 2, 3, 4)]
    np.testing.assert_array_equal(found, values[[0, 1, 4, 6]])
    assert tally.dropped == {
        "image vector of an ASIN that had one": Dropped(3, "a.b record 3"),
    }


@pytest.mark.parametrize("n", [1, 9, 10, 4 * WIDTH])
def test_a_truncated_file_is_an_error_whatever_is_allowed(tmp_path, values, n):
    file = write(tmp_path / "a.b", map(asin, range(7)), values)
    file.write_bytes(file.read_bytes()[:-n])
    with pytest.raises(InputError, match=r"a\.b: ends within record 7; a record is 16394 bytes"):
        read(file, max_bad=9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite(tmp_path, values, bad):
    values[3, 4000] = bad
    file = write(tmp_path / "a.b", map(asin, range(7)), values)
    with pytest.raises(InputError, match=r"a\.b: record 4: NaN or infinity in the vector; mend"):
        read(file)
    tally = Tally()
    _, found = read(file, tally, max_bad=1)
    np.testing.assert_array_equal(found, np.delete(values, 3, axis=0))
    assert tally.dropped == {"NaN or infinity in the vector": Dropped(1, "a.b record 4")}


@pytest.mark.parametrize("name", [b"B00000000\0", b"../../etc/", b"B 00000001", b"\xff" * 10])
def test_what_is_no_asin(tmp_path, values, name):
    file = write(tmp_path / "a.b", [asin(1), name], values[:2])
    with pytest.raises(InputError, match=r"record 2: no ASIN"):
        read(file)
    assert read(file, max_bad=1)[0] == [asin(1).decode()]


def test_a_bad_first_vector_leaves_its_asin_free(tmp_path, values):
    values[0, 0] = np.nan
    _, found = read(write(tmp_path / "a.b", [asin(1), asin(1)], values[:2]), max_bad=1)
    np.testing.assert_array_equal(found, values[1:2])


def test_an_empty_file_has_none(tmp_path):
    assert read(write(tmp_path / "a.b", [], np.zeros((0, WIDTH))))[0] == []
