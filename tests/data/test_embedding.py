import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mmnotes.data import Embedding, array_sha256, load_embedding, save_embedding, texts_sha256
from mmnotes.data import embedding as module
from mmnotes.errors import InputError

TITLES = ["a red shirt", "", "blue ±"]
RECORD = Embedding(
    model="all-MiniLM-L6-v2",
    revision="c9745ed",
    preprocessing='title, cut at "256" tokens',
    input_sha256=texts_sha256(TITLES),
)


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


class TestRoundTrip:
    def test_vectors_and_record_come_back(self, tmp_path, vectors):
        file = tmp_path / "text.npy"
        kept = save_embedding(file, vectors, RECORD)
        back, record = load_embedding(file, 3, "the catalog", texts_sha256(TITLES))
        np.testing.assert_array_equal(back, vectors)
        assert record == kept
        assert kept.model == RECORD.model
        assert kept.output_sha256 == array_sha256(vectors)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["text.npy", "text.toml"]

    @pytest.mark.parametrize("dtype", [np.float16, np.float64, ">f4"])
    def test_any_float_becomes_float32(self, tmp_path, vectors, dtype):
        save_embedding(tmp_path / "text.npy", vectors.astype(dtype), Embedding())
        back, record = load_embedding(tmp_path / "text.npy", 3, "the catalog")
        assert back.dtype == np.float32
        np.testing.assert_array_equal(back, vectors.astype(dtype).astype(np.float32))
        assert record.table() == {"output_sha256": array_sha256(back)}

    def test_a_second_save_replaces_the_first(self, tmp_path, vectors):
        save_embedding(tmp_path / "text.npy", vectors, RECORD)
        save_embedding(tmp_path / "text.npy", -vectors, RECORD)
        np.testing.assert_array_equal(load_embedding(tmp_path / "text.npy", 3, "it")[0], -vectors)


class TestMismatch:
    @pytest.fixture
    def file(self, tmp_path, vectors):
        save_embedding(tmp_path / "text.npy", vectors, RECORD)
        return tmp_path / "text.npy"

    def test_changed_vectors(self, file, vectors):
        vectors[1, 2] += 1e-6
        np.save(file, vectors)
        with pytest.raises(InputError, match=r"text\.npy: the vectors are not those .* recorded"):
            load_embedding(file, 3, "the catalog")

    def test_rows_in_another_order(self, file, vectors):
        np.save(file, vectors[::-1])
        with pytest.raises(InputError, match="not those that were recorded"):
            load_embedding(file, 3, "the catalog")

    def test_another_number_of_rows(self, file):
        with pytest.raises(InputError, match=r"shape \(3, 4\), but the catalog has 5 rows"):
            load_embedding(file, 5, "the catalog")

    def test_another_input(self, file):
        with pytest.raises(InputError, match="made from another input"):
            load_embedding(file, 3, "the catalog", texts_sha256(TITLES[::-1]))

    def test_a_pickle(self, file, vectors):
        np.save(file, vectors.astype(object), allow_pickle=True)
        with pytest.raises(InputError, match="not a whole array"):
            load_embedding(file, 3, "the catalog")

    def test_no_record(self, file):
        file.with_suffix(".toml").unlink()
        with pytest.raises(InputError, match=r"text\.toml: no such file"):
            load_embedding(file, 3, "the catalog")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"model = ", "not TOML"),
            (b"\xff", "not TOML"),
            (b"modle = 'a'", r"text\.toml: unknown fields \['modle'\]"),
            (b"model = 3", "model must be text, not 3"),
            (b"output_sha256 = 'abc'", "output_sha256 must be 64 hexadecimal digits"),
        ],
    )
    def test_a_broken_record(self, file, text, said):
        file.with_suffix(".toml").write_bytes(text)
        with pytest.raises(InputError, match=said):
            load_embedding(file, 3, "the catalog")


class TestSave:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            (np.zeros(3), "floating-point numbers, not float64 of shape"),
            (np.zeros((3, 2), int), "floating-point numbers, not int64"),
            (np.array([[1.0, 2], [3, np.nan]]), "row 1 holds NaN"),
            (np.array([[1.0, 1e300], [3, 4]]), "row 0 holds NaN or infinity"),
        ],
    )
    def test_bad_vectors_leave_nothing(self, tmp_path, values, said):
        with pytest.raises(InputError, match=said):
            save_embedding(tmp_path / "text.npy", values, RECORD)
        assert not list(tmp_path.iterdir())

    def test_a_name_that_no_reader_would_find(self, tmp_path, vectors):
        with pytest.raises(InputError, match=r"ends with \.npy"):
            save_embedding(tmp_path / "text.bin", vectors, RECORD)

    def test_a_failure_leaves_the_old_vectors(self, tmp_path, vectors, monkeypatch):
        file = tmp_path / "text.npy"
        save_embedding(file, vectors, RECORD)

        def full(*_, **__):
            raise OSError("no space left on device")

        monkeypatch.setattr(module.np, "save", full)
        with pytest.raises(OSError, match="no space"):
            save_embedding(file, -vectors, RECORD)
        assert len(list(tmp_path.iterdir())) == 2
        np.testing.assert_array_equal(load_embedding(file, 3, "it")[0], vectors)


def test_a_record_is_a_table_of_what_is_known():
    assert Embedding.from_table({"file": "text", **RECORD.table()}, "dataset.toml") == RECORD
    assert Embedding().table() == {}


def test_what_is_unknown_passes(vectors):
    Embedding().check(vectors, "text.npy", texts_sha256(TITLES))


class TestChecksums:
    @given(arrays(np.float32, array_shapes(max_dims=2, max_side=9)), st.integers(1, 200))
    @settings(max_examples=50, deadline=None)
    def test_of_an_array_does_not_depend_on_blocks_or_layout(self, values, size):
        whole = hashlib.sha256(f"<f4 {values.shape}\0".encode() + values.tobytes()).hexdigest()
        before, module._BLOCK_BYTES = module._BLOCK_BYTES, size
        try:
            assert array_sha256(np.asfortranarray(values)) == whole
            assert array_sha256(values.astype(">f4")) == whole
        finally:
            module._BLOCK_BYTES = before

    def test_of_an_array_on_disk(self, tmp_path, vectors):
        np.save(tmp_path / "a.npy", vectors)
        mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
        assert array_sha256(mapped) == array_sha256(vectors)

    @pytest.mark.parametrize(
        "other", [np.zeros((2, 3), np.float64), np.zeros((3, 2), np.float32), np.zeros(6, "f4")]
    )
    def test_of_arrays_tell_types_and_shapes_apart(self, other):
        assert array_sha256(other) != array_sha256(np.zeros((2, 3), np.float32))

    def test_of_nothing(self):
        assert array_sha256(np.zeros((0, 3))) != array_sha256(np.zeros((0, 4)))
        assert array_sha256(np.float64(1).reshape(())) != array_sha256(np.ones(1))

    def test_of_objects_there_is_none(self):
        with pytest.raises(InputError, match="an array of object has no checksum"):
            array_sha256(np.array([{}]))

    @given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
    def test_of_texts_tell_lists_apart(self, one, other):
        assert (texts_sha256(one) == texts_sha256(other)) == (one == other)

    def test_of_a_text_that_is_no_valid_unicode(self):
        assert texts_sha256(["\ud800"]) != texts_sha256(["\ud801"])
