"""Matrices come back as SciPy wrote them, and nothing else comes back at all."""

import os
import pickle
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mmnotes.data.raw import pickles
from mmnotes.data.raw.pickle_records import MAX_INSTRUCTIONS, Call, Name, records
from mmnotes.data.raw.pickles import read_matrix
from mmnotes.errors import InputError

CLASSES = [
    getattr(sparse, f"{form}_{kind}")
    for form in ("coo", "csr", "csc")
    for kind in ("matrix", "array")
]
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


@pytest.fixture
def read(tmp_path):
    """Read the matrix in these bytes."""

    def of(content):
        file = tmp_path / "a.pkl"
        file.write_bytes(content)
        return read_matrix(file)

    return of


def same(found, expected):
    expected = expected.tocoo()
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.row, expected.row)
    np.testing.assert_array_equal(found.col, expected.col)
    np.testing.assert_array_equal(found.data, expected.data)
    assert found.data.dtype == expected.data.dtype.newbyteorder("=")


def dense(shape, dtype):
    values = np.random.default_rng(0).integers(0, 3, shape)
    return values.astype(dtype)


class TestEveryWriter:
    @pytest.mark.parametrize("protocol", PROTOCOLS)
    @pytest.mark.parametrize("dtype", ["f4", "f8", "i1", "i8", "u2", "?"])
    @pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
    def test_as_scipy_wrote_it(self, read, made, dtype, protocol):
        matrix = made(dense((5, 7), dtype))
        same(read(pickle.dumps(matrix, protocol)), matrix)

    @pytest.mark.parametrize("protocol", PROTOCOLS)
    @pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
    def test_empty(self, read, made, protocol):
        for shape in ((0, 0), (3, 0), (4, 2)):
            matrix = made(np.zeros(shape))
            same(read(pickle.dumps(matrix, protocol)), matrix)

    def test_order_repeats_and_zeros_stay(self, read):
        matrix = sparse.coo_matrix(([1.0, 0, 3], ([2, 0, 2], [1, 1, 1])), shape=(3, 2))
        found = read(pickle.dumps(matrix, 4))
        assert found.row.tolist() == [2, 0, 2]
        assert found.data.tolist() == [1, 0, 3]

    def test_wide_indices_and_the_other_byte_order(self, read):
        matrix = sparse.coo_matrix(dense((5, 7), "f8"))
        state = matrix.__dict__
        state["coords"] = tuple(index.astype(">i8") for index in matrix.coords)
        expected = sparse.coo_matrix(matrix.toarray())
        state["data"] = matrix.data.astype(">f8")
        same(read(pickle.dumps(matrix, 4)), expected)

    def test_modules_and_fields_of_old_versions(self, read):
        expected = sparse.coo_matrix(dense((5, 7), "f4"))
        matrix = sparse.coo_matrix(expected)
        matrix.__dict__["row"], matrix.__dict__["col"] = matrix.__dict__.pop("coords")
        content = pickle.dumps(matrix, 3)
        content = content.replace(b"scipy.sparse._coo", b"scipy.sparse.coo")
        content = content.replace(b"numpy._core", b"numpy.core")
        assert b"numpy.core.multiarray" in content
        same(read(content), expected)

    @given(
        st.integers(0, 6),
        st.integers(0, 6),
        st.integers(0, 2**32 - 1),
        st.sampled_from(CLASSES),
        st.sampled_from(PROTOCOLS),
    )
    @settings(max_examples=50, deadline=None)
    def test_any_matrix(self, tmp_path_factory, n, m, seed, made, protocol):
        rng = np.random.default_rng(seed)
        matrix = made((rng.random((n, m)) < 0.4) * rng.normal(size=(n, m)))
        file = tmp_path_factory.mktemp("any") / "a.pkl"
        file.write_bytes(pickle.dumps(matrix, protocol))
        same(read_matrix(file), matrix)


# Instructions, to write what no pickler would.
PROTO, STOP, MARK, NONE = b"\x80\x04", b".", b"(", b"N"
EMPTY_TUPLE, TUPLE1, TUPLE2, EMPTY_DICT, SETITEM = b")", b"\x85", b"\x86", b"}", b"s"
REDUCE, NEWOBJ, BUILD, STACK_GLOBAL, MEMOIZE = b"R", b"\x81", b"b", b"\x93", b"\x94"


def text(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


def name(module, attribute):
    return text(module) + text(attribute) + STACK_GLOBAL


MATRIX = name("scipy.sparse._coo", "coo_matrix")


class Loaded:
    """Calls something when it is unpickled."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def whole(protocol=4):
    return pickle.dumps(sparse.csr_matrix(dense((5, 7), "f4")), protocol)


def with_state(**fields):
    """A pickled matrix with other fields; None takes one away."""
    matrix = sparse.coo_matrix(dense((5, 7), "f4"))
    for field, value in fields.items():
        matrix.__dict__[field] = value
        if value is None:
            del matrix.__dict__[field]
    return pickle.dumps(matrix, 4)


HOSTILE = {
    "eval": (lambda: pickle.dumps(Loaded(eval, "1/0")), "names 'builtins.eval'"),
    "exec": (lambda: pickle.dumps(Loaded(exec, "1/0"), 2), "names '__builtin__.exec'"),
    "getattr": (lambda: pickle.dumps(getattr), "names 'builtins.getattr'"),
    "through a module": (
        lambda: PROTO + name("scipy.sparse._coo", "np.os.system") + STOP,
        "names 'scipy.sparse._coo.np.os.system'",
    ),
    "through a class": (
        lambda: PROTO + name("numpy", "ndarray.__reduce__") + STOP,
        "names 'numpy.ndarray.__reduce__'",
    ),
    "split elsewhere": (
        lambda: b"\x80\x02cscipy.sparse coo.coo_matrix\nos\n" + STOP,
        "names 'scipy.sparse.coo.coo_matrix os'",
    ),
    "instance": (lambda: b"\x80\x02(ios\nsystem\n.", "the instruction INST"),
    "object": (lambda: PROTO + MARK + MATRIX + b"o" + STOP, "the instruction OBJ"),
    "extension": (lambda: PROTO + b"\x82\x01" + STOP, "the instruction EXT1"),
    "keywords": (
        lambda: PROTO + MATRIX + EMPTY_TUPLE + EMPTY_DICT + b"\x92" + STOP,
        "the instruction NEWOBJ_EX",
    ),
    "copies": (lambda: PROTO + NONE + b"2" + STOP, "the instruction DUP"),
    "a long number": (
        lambda: PROTO + b"\x8b" + struct.pack("<i", 9) + bytes(9) + STOP,
        "the instruction LONG4",
    ),
    "a name that is none": (
        lambda: PROTO + NONE + NONE + STACK_GLOBAL + STOP,
        "by what is no text",
    ),
    "a call of text": (lambda: PROTO + text("a") + EMPTY_TUPLE + REDUCE + STOP, "no name"),
    "a call with text": (lambda: PROTO + MATRIX + text("a") + REDUCE + STOP, "no name"),
    "state of a name": (lambda: PROTO + MATRIX + NONE + BUILD + STOP, "sets the state"),
    "state twice": (
        lambda: PROTO + MATRIX + EMPTY_TUPLE + NEWOBJ + 2 * (EMPTY_DICT + BUILD) + STOP,
        "sets the state",
    ),
    "items of text": (
        lambda: PROTO + text("a") + text("b") + NONE + SETITEM + STOP,
        "what is no dictionary",
    ),
    "keys of tuples": (
        lambda: PROTO + EMPTY_DICT + EMPTY_TUPLE + NONE + SETITEM + STOP,
        "keys that are no text",
    ),
    "nothing on the stack": (lambda: PROTO + TUPLE1 + STOP, "more from the stack"),
    "nothing since the mark": (
        lambda: PROTO + NONE + MARK + TUPLE1 + STOP,
        "more from the stack",
    ),
    "no mark": (lambda: PROTO + b"t" + STOP, "not a whole pickle"),
    "nothing remembered": (lambda: PROTO + b"h\x07" + STOP, "not a whole pickle"),
    "two objects": (lambda: PROTO + NONE + NONE + STOP, "other than one object"),
    "no object": (lambda: PROTO + STOP, "other than one object"),
    "more behind": (lambda: whole() + b"\n", "goes on after its end"),
    "endless": (lambda: PROTO + NONE * MAX_INSTRUCTIONS + STOP, "instructions"),
    "no end": (lambda: PROTO + NONE, "not a whole pickle"),
    "empty": (lambda: b"", "not a whole pickle"),
    "no pickle": (lambda: b"<html>", "not a whole pickle|older than protocol 2"),
    "old": (lambda: whole(0), "save it again with protocol=4"),
    "claims bytes": (
        lambda: PROTO + b"\x8e" + struct.pack("<Q", 2**62) + STOP,
        "not a whole pickle",
    ),
    "an array": (lambda: pickle.dumps(np.eye(3), 4), "something else than one SciPy"),
    "stored elsewhere": (lambda: PROTO + NONE + b"Q" + STOP, "something else than one"),
    "a number": (lambda: pickle.dumps(7), "something else than one SciPy"),
    "another form": (lambda: pickle.dumps(sparse.dok_matrix((2, 2)), 4), "_reconstructor"),
    "a class without state": (lambda: PROTO + MATRIX + STOP, "something else than one"),
    "an array for a matrix": (
        lambda: PROTO + name("numpy", "ndarray") + EMPTY_TUPLE + NEWOBJ + STOP,
        "something else than one",
    ),
    "objects in an array": (
        lambda: with_state(data=np.array([Loaded(eval, "1/0")], object)),
        "names 'builtins.eval'|the instruction",
    ),
    "plain objects": (
        lambda: with_state(data=np.array([None], object)),
        "the instruction EMPTY_LIST",
    ),
    "records": (lambda: with_state(data=np.zeros(3, "i4,f4")), "plain numbers"),
    "complex": (lambda: with_state(data=np.zeros(3, complex)), "plain numbers"),
    "texts": (lambda: with_state(data=np.array(["a"])), "plain numbers"),
    "times": (lambda: with_state(data=np.zeros(3, "M8[s]")), "plain numbers"),
    "a table": (lambda: with_state(data=np.zeros((3, 3))), "described as NumPy"),
    "numbers for indices": (
        lambda: with_state(coords=(np.zeros(3), np.zeros(3))),
        "of the right kind",
    ),
    "a shape of text": (lambda: with_state(_shape=("5", "7")), "two whole numbers"),
    "a shape of truths": (lambda: with_state(_shape=(True, True)), "two whole numbers"),
    "a vast shape": (lambda: with_state(_shape=(2**40, 7)), "_shape leaves 0"),
    "a shape below zero": (lambda: with_state(_shape=(-5, 7)), "_shape leaves 0"),
    "no shape": (lambda: with_state(_shape=None), "two whole numbers"),
    "no data": (lambda: with_state(data=None), "data is no array"),
    "no coordinates": (lambda: with_state(coords=None), "coords is no array"),
    "coordinates of a line": (
        lambda: with_state(coords=(np.zeros(3, "i4"),)),
        "coords is not a pair",
    ),
    "fewer values": (lambda: with_state(data=np.ones(1)), "1 values for"),
    "NaN": (lambda: with_state(data=np.full(23, np.nan)), "NaN or infinity"),
    "a smaller shape": (lambda: with_state(_shape=(2, 7)), "the row indices leave 0 … 1"),
    "below the first": (
        lambda: with_state(coords=(np.full(23, -1), np.full(23, 0))),
        "the row indices leave 0 … 4",
    ),
    "beyond int64": (
        lambda: with_state(coords=(np.zeros(23, "i8"), np.full(23, 2**64 - 1, "u8"))),
        "the column indices leave 0 … 6",
    ),
}


class TestHostile:
    """Each of these is refused with a reason; were it unpickled, some would run."""

    @pytest.mark.parametrize("kind", HOSTILE)
    def test_is_refused(self, read, kind):
        content, fault = HOSTILE[kind]
        with pytest.raises(InputError, match=rf"a\.pkl: .*({fault})"):
            read(content())

    @pytest.mark.parametrize(
        "indptr",
        [[0, 1, 2, 3], [0, 2, 1, 3, 4, 5], [1, 2, 3, 4, 5, 5], [0, 9, 9, 9, 9, 5], [0] * 6],
        ids=["short", "falls", "begins late", "overshoots", "ends early"],
    )
    def test_rows_that_do_not_fit(self, read, indptr):
        matrix = sparse.csr_matrix(np.eye(5))
        matrix.__dict__["indptr"] = np.array(indptr, "i4")
        with pytest.raises(InputError, match="indptr does not fit"):
            read(pickle.dumps(matrix, 4))

    def test_a_size_that_is_not_there(self, read):
        content = whole()
        assert content.count(b"K\x06\x85") == 1  # (6,), the shape of indptr
        with pytest.raises(InputError, match="indptr has another size than it says"):
            read(content.replace(b"K\x06\x85", b"K\x05\x85"))

    def test_nothing_is_run(self, read, tmp_path):
        canary = tmp_path / "sang"
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(InputError):
                read(pickle.dumps(Loaded(os.system, f"touch '{canary}'"), protocol))
        assert not canary.exists()

    def test_tuples_that_double(self, read):
        """Two hundred doublings: whoever compares, hashes or prints them never ends."""
        doubled = EMPTY_TUPLE + MEMOIZE
        for at in range(200):
            doubled += b"h" + bytes([at]) + TUPLE2 + MEMOIZE
        state = EMPTY_DICT + text("_shape") + doubled + SETITEM
        started = time.process_time()
        with pytest.raises(InputError, match="two whole numbers"):
            read(PROTO + MATRIX + EMPTY_TUPLE + NEWOBJ + state + BUILD + STOP)
        assert time.process_time() - started < 1

    def test_a_vast_memo(self, read):
        """The C unpickler would take 32 GiB for this index."""
        with pytest.raises(InputError, match="something else"):
            read(b"\x80\x02Nr\xff\xff\xff\xff.")

    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_cut_anywhere(self, read, protocol):
        content = whole(protocol)
        for end in range(0, len(content), 5):
            with pytest.raises(InputError):
                read(content[:end])

    def test_no_file(self, tmp_path):
        with pytest.raises(InputError, match=r"none\.pkl: cannot be read"):
            read_matrix(tmp_path / "none.pkl")

    def test_too_large(self, read, monkeypatch):
        monkeypatch.setattr(pickles, "MAX_BYTES", 10)
        with pytest.raises(InputError, match="at most 10 are read"):
            read(whole())


class TestRecords:
    def test_a_call_is_a_record(self, tmp_path):
        found = records(pickle.dumps(Loaded(print, "no"), 4), {Name("builtins", "print")}, tmp_path)
        assert isinstance(found, Call)
        assert (found.name, found.args, found.state) == (("builtins", "print"), ("no",), None)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**500), 2**500) | st.text() | st.binary(),
            lambda inner: (
                st.tuples(inner, inner, inner, inner)
                | st.tuples(inner)
                | st.dictionaries(st.text(), inner)
            ),
        ),
        st.sampled_from([3, 4, 5]),
    )
    @settings(deadline=None)
    def test_plain_values_come_back(self, tmp_path_factory, value, protocol):
        assert records(pickle.dumps(value, protocol), (), tmp_path_factory.getbasetemp()) == value
