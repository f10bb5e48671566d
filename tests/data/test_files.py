import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data import files
from mmnotes.errors import InputError

HOW = {
    "npy": (
        lambda file: np.save(file, np.eye(3)),
        lambda file: files.read_vectors(file, 3, "items.parquet"),
    ),
    "npz": (
        lambda file: np.savez_compressed(file, one=np.arange(30), two=np.eye(3)),
        lambda file: files.read_arrays(file, ("one", "two")),
    ),
    "parquet": (
        lambda file: pd.DataFrame({"n": [1, 2], "text": ["a", None]}).to_parquet(file),
        lambda file: files.read_table(file, ("n", "text")),
    ),
}


class Bomb:
    """Goes off when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise RuntimeError('unpickled')",))


@pytest.fixture
def arrays(tmp_path):
    file = tmp_path / "a.npz"
    np.savez_compressed(file, one=np.arange(300), two=np.eye(3))
    return file


class TestArrays:
    def test_by_name(self, arrays):
        found = files.read_arrays(arrays, ("two",))
        assert list(found) == ["two"]
        np.testing.assert_array_equal(found["two"], np.eye(3))

    def test_absent(self, arrays):
        with pytest.raises(InputError, match=r"a\.npz: arrays \['three'\] are missing"):
            files.read_arrays(arrays, ("one", "three"))

    @pytest.mark.parametrize("keep", [0, 0.3, 0.6, 0.99])
    def test_cut(self, arrays, keep):
        whole = arrays.read_bytes()
        arrays.write_bytes(whole[: int(keep * len(whole))])
        with pytest.raises(InputError, match=r"a\.npz: not a whole array"):
            files.read_arrays(arrays, ("one", "two"))

    def test_a_flipped_byte(self, arrays):
        content = bytearray(arrays.read_bytes())
        content[100] ^= 255  # within the compressed first array
        arrays.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.npz: not whole arrays"):
            files.read_arrays(arrays, ("one", "two"))

    def test_a_single_array_in_its_place(self, arrays):
        with arrays.open("wb") as stream:
            np.save(stream, np.eye(3))
        with pytest.raises(InputError, match=r"a\.npz: holds a single array without a name"):
            files.read_arrays(arrays, ("one",))

    def test_a_pickle_is_not_opened(self, arrays):
        np.savez(arrays, one=np.array([Bomb()], dtype=object))
        with pytest.raises(InputError, match=r"a\.npz: not whole arrays .*allow_pickle"):
            files.read_arrays(arrays, ("one",))


class TestVectors:
    def read(self, tmp_path, vectors, **options):
        np.save(tmp_path / "v.npy", vectors, **options)
        return files.read_vectors(tmp_path / "v.npy", 3, "items.parquet")

    def test_as_saved(self, tmp_path):
        assert self.read(tmp_path, np.eye(3, dtype=np.float16)).dtype == np.float16

    def test_whole_numbers_are_no_vectors(self, tmp_path):
        with pytest.raises(InputError, match=r"v\.npy: holds int64, not floating-point"):
            self.read(tmp_path, np.eye(3, dtype=np.int64))

    def test_a_pickle_is_not_opened(self, tmp_path):
        with pytest.raises(InputError, match=r"v\.npy: not a whole array .*allow_pickle"):
            self.read(tmp_path, np.array([Bomb()] * 3, dtype=object), allow_pickle=True)

    def test_an_archive_in_its_place(self, arrays):
        with pytest.raises(InputError, match=r"a\.npz: holds several arrays, not one"):
            files.read_vectors(arrays, 3, "items.parquet")


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["npy", "npz", "parquet"]),
    at=st.integers(0, 10_000),
    byte=st.integers(0, 255),
    cut=st.booleans(),
)
def test_a_changed_file_is_read_or_refused(tmp_path_factory, kind, at, byte, cut):
    """Whatever stands in a file, no error but an InputError comes out."""
    file = tmp_path_factory.mktemp("changed") / f"a.{kind}"
    write, read = HOW[kind]
    write(file)
    content = bytearray(file.read_bytes())
    at %= len(content)
    content[at] = byte
    file.write_bytes(content[: at + 1] if cut else content)
    with contextlib.suppress(InputError):
        read(file)


class TestColumns:
    def test_whole_numbers(self):
        table = pd.DataFrame({"n": np.array([3, 1], np.int8)})
        found = files.whole_numbers("f", table, "n", low=0)
        assert (found.tolist(), found.dtype) == ([3, 1], np.int64)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ([1, 5], "f: row 1 has a number out of 0 … 4 in column 'n', and 1 rows in all"),
            ([-1, 4], "f: row 0 has a number out of 0 … 4"),
            ([1.0, 2.0], "f: column 'n' holds float64, not whole numbers"),
            (["1", "2"], "not whole numbers"),
            (pd.array([1, None], dtype="Int64"), "not whole numbers"),
        ],
    )
    def test_other_than_whole_numbers(self, values, said):
        with pytest.raises(InputError, match=said):
            files.whole_numbers("f", pd.DataFrame({"n": values}), "n", low=0, high=4)

    def test_a_number_too_big_for_int64(self):
        table = pd.DataFrame({"n": np.array([2**63], np.uint64)})
        with pytest.raises(
            InputError, match="f: row 0 has a number out of 0 … 9223372036854775807"
        ):
            files.whole_numbers("f", table, "n", low=0)

    def test_numbers(self):
        table = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "text": ["a", None]})
        np.testing.assert_array_equal(files.numbers("f", table, "n"), [1, np.nan])
        with pytest.raises(InputError, match="f: column 'text' must hold numbers"):
            files.numbers("f", table, "text")
        assert files.texts(table, "text").tolist() == ["a", ""]
