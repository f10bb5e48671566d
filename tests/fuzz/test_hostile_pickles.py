"""Pickles and torch files, broken at random or written to do harm: a matrix, or a clear no.

How many are tried is the hypothesis profile's to say.
"""

import io
import pickle
import pickletools
import sys
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mmnotes.data.raw.pickles import read_matrix
from mmnotes.errors import InputError

SUNG = []
CANARY = types.ModuleType("canary")
CANARY.sing = lambda *words: SUNG.append(words)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A file in a folder where nothing else may appear, with a canary that pickles can name."""
    sys.modules["canary"] = CANARY
    folder = tmp_path_factory.mktemp("hostile")
    yield folder / "a.pkl"
    del sys.modules["canary"]
    assert not SUNG
    assert {each.name for each in folder.iterdir()} <= {"a.pkl", "a.pt"}


def outcome(read, *args):
    """What it read, or None; and why not."""
    try:
        return read(*args), ""
    except InputError as error:
        return None, str(error)


def check(file, content):
    file.write_bytes(content)
    matrix, refusal = outcome(read_matrix, file)
    if matrix is None:
        assert refusal.startswith(str(file))
        return
    assert isinstance(matrix, sparse.coo_array)
    assert np.isfinite(matrix.data).all()
    for index, n in zip(matrix.coords, matrix.shape, strict=True):
        assert len(index) == len(matrix.data)
        assert ((index >= 0) & (index < n)).all()


def matrices():
    values = np.arange(20).reshape(4, 5) % 3
    for form in ("coo", "csr", "csc"):
        for dtype in ("f4", "i8", "?"):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                matrix = getattr(sparse, f"{form}_matrix")(values.astype(dtype))
                yield pickle.dumps(matrix, protocol)


WHOLE = list(matrices())


@st.composite
def mutated(draw, files):
    """A real file with a few bytes changed, cut, doubled or taken from another."""
    originals = st.sampled_from(files)
    content = bytearray(draw(originals))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = start + draw(st.integers(0, 12))
        other = draw(originals)
        from_there = draw(st.integers(0, len(other)))
        content[start:stop] = draw(
            st.binary(max_size=9) | st.just(other[from_there : from_there + stop - start])
        )
    return bytes(content)


def short(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


NAMES = [
    *[("scipy.sparse._coo", "coo_matrix"), ("scipy.sparse._csr", "csr_array")],
    *[("numpy._core.multiarray", "_reconstruct"), ("numpy._core.numeric", "_frombuffer")],
    *[("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"), ("builtins", "bytes")],
    *[("canary", "sing"), ("builtins", "eval"), ("builtins", "getattr"), ("os", "system")],
    *[("scipy.sparse._coo", "np.load"), ("numpy", "ndarray.tofile"), ("copyreg", "__newobj__")],
]
WORDS = ["_shape", "coords", "data", "indptr", "indices", "row", "i4", "<", "latin1", "C", "b"]
INSTRUCTIONS = (
    st.sampled_from([short(m) + short(n) + b"\x93" for m, n in NAMES])
    | st.sampled_from([f"c{m}\n{n}\n".encode() for m, n in NAMES])
    | st.sampled_from([f"(i{m}\n{n}\n".encode() for m, n in NAMES])
    | st.sampled_from([short(word) for word in WORDS])
    | st.sampled_from(
        [b"(", b")", b"\x85", b"\x86", b"\x87", b"t", b"}", b"s", b"u", b"N", b"\x88"]
    )
    | st.sampled_from([b"R", b"\x81", b"b", b"\x94", b"2", b"0", b"\x92", b"o", b"Q", b"e", b"]"])
    | st.integers(0, 9).map(lambda n: b"h" + bytes([n]))
    | st.integers(0, 255).map(lambda n: b"K" + bytes([n]))
    | st.integers(-(2**31), 2**31 - 1).map(lambda n: b"J" + n.to_bytes(4, "little", signed=True))
    | st.integers(0, 2**32 - 1).map(lambda n: b"r" + n.to_bytes(4, "little"))
    | st.integers(0, 2**64 - 1).map(lambda n: b"\x8e" + n.to_bytes(8, "little"))
    | st.binary(max_size=20).map(lambda b: b"C" + bytes([len(b)]) + b)
    | st.tuples(st.sampled_from(pickletools.opcodes), st.binary(max_size=9)).map(
        lambda each: each[0].code.encode("latin1") + each[1]
    )
)


@st.composite
def states(draw):
    """A matrix whose state is anything: of the right names, with the wrong things in them."""
    matrix = sparse.coo_matrix(np.eye(3))
    numbers = st.integers(-3, 9) | st.integers()
    arrays = st.builds(
        lambda n, kind, fill: np.full(n, fill).astype(kind),
        st.integers(0, 5) | st.tuples(st.integers(0, 2), st.integers(0, 2)),
        st.sampled_from(["i4", "u8", "f4", "f8", ">f8", "?", "c8", "U3", "S2", "O", "M8[s]"]),
        st.integers(-2, 9),
    )
    value = st.recursive(
        numbers | arrays | st.text(max_size=3) | st.none() | st.booleans() | st.floats(),
        lambda inner: st.tuples(inner) | st.tuples(inner, inner) | st.lists(inner, max_size=3),
        max_leaves=5,
    )
    fields = st.sampled_from([*WORDS, "col", "maxprint"])
    matrix.__dict__.update(draw(st.dictionaries(fields, value, min_size=1, max_size=4)))
    return pickle.dumps(matrix, draw(st.integers(2, pickle.HIGHEST_PROTOCOL)))


@given(mutated(WHOLE))
@settings(deadline=None)
def test_a_broken_pickle(file, content):
    check(file, content)


@given(st.lists(INSTRUCTIONS, max_size=30))
@settings(deadline=None)
def test_a_pickle_that_no_pickler_writes(file, instructions):
    check(file, b"\x80\x04" + b"".join(instructions) + b".")


@given(st.lists(INSTRUCTIONS, max_size=9), st.integers(0, 60), st.sampled_from(WHOLE))
@settings(deadline=None)
def test_instructions_amid_a_matrix(file, instructions, at, whole):
    places = [place for _, _, place in pickletools.genops(whole)]
    place = places[at % len(places)]
    check(file, whole[:place] + b"".join(instructions) + whole[place:])


@given(states())
@settings(deadline=None)
def test_a_matrix_of_anything(file, content):
    check(file, content)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_bytes(file, content):
    check(file, content)


@given(st.data())
@settings(deadline=None)
def test_a_torch_file(file, data):
    torch = pytest.importorskip("torch")
    from mmnotes.data.raw.torch_graphs import read_graph

    stream = io.BytesIO()
    torch.save(torch.eye(3).to_sparse(), stream)
    file = file.with_suffix(".pt")
    file.write_bytes(data.draw(mutated([stream.getvalue()])))
    graph, refusal = outcome(read_graph, file, 3)
    if graph is None:
        assert refusal.startswith(str(file))
    else:
        assert set(graph.index.ravel()) <= {0, 1, 2}
