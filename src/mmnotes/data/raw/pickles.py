"""SciPy matrices in pickles, as the datasets of DiffMM and its family come, without unpickling."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from mmnotes.data.files import read_whole
from mmnotes.data.raw.pickle_records import Call, Name, records
from mmnotes.errors import InputError

MAX_BYTES = 2**31
MAX_SIDE = 2**25  # rows or columns; a header can claim any number of them for nothing

_FORMS = ("coo", "csr", "csc")
# The same classes and functions have lived in several modules of SciPy and NumPy.
_MATRICES = {
    Name(f"scipy.sparse.{module}", f"{form}_{kind}"): form
    for form in _FORMS
    for kind in ("matrix", "array")
    for module in (form, f"_{form}", "_arrays")
}
_RECONSTRUCT = {Name(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")}
_FROM_BUFFER = {Name(f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")}
_ARRAY = Name("numpy", "ndarray")
_DTYPE = Name("numpy", "dtype")
_ENCODE = Name("_codecs", "encode")  # bytes in protocol 2
_EMPTY = {Name("__builtin__", "bytes"), Name("builtins", "bytes")}  # no bytes in protocol 2
_NAMES = {*_MATRICES, *_RECONSTRUCT, *_FROM_BUFFER, _ARRAY, _DTYPE, _ENCODE, *_EMPTY}

_TYPES = {"b1", "f4", "f8", *(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8))}


def read_matrix(file: Path) -> sparse.coo_array:
    """Which entries does the matrix in this pickle have?

    Nothing that the pickle names is imported or called; see ``pickle_records``.

    Parameters
    ----------
    file : Path
        A pickle of protocol 2 to 5 of a matrix or array of SciPy in COO, CSR or CSC form.

    Returns
    -------
    coo_array (n_rows, n_columns)
        Entries in the order of the file, repeated ones and zeros included; indices are int64.

    Raises
    ------
    InputError
        If there is no such file, it is too large or truncated, holds anything else, or its indices
        or sizes do not fit one another.
    """
    top = records(read_whole(file, MAX_BYTES), _NAMES, file)
    if not isinstance(top, Call) or top.name not in _MATRICES or type(top.state) is not dict:
        raise InputError(f"{file}: is a pickle of something else than one SciPy matrix")
    return _Matrix(file, top.state).of_form(_MATRICES[top.name])


class _Matrix:
    """The state that SciPy would have given to a matrix, checked field by field."""

    def __init__(self, file: Path, state: dict[str, Any]) -> None:
        self._file = file
        self._state = state

    def of_form(self, form: str) -> sparse.coo_array:
        shape = self._shape()
        values = self._array(self._state.get("data"), "data", "bfiu")
        if not np.isfinite(values).all():
            raise self._wrong("data", "holds NaN or infinity")
        rows, columns = self._coordinates() if form == "coo" else self._compressed(form, shape)
        for name, index, n in (("row", rows, shape[0]), ("column", columns, shape[1])):
            if len(index) != len(values):
                raise self._wrong("data", f"has {len(values)} values for {len(index)} indices")
            if len(index) and (index.min() < 0 or index.max() >= n):
                raise self._wrong(f"the {name} indices", f"leave 0 … {n - 1}")
        return sparse.coo_array((values, (rows, columns)), shape=shape)

    def _shape(self) -> tuple[int, int]:
        shape = self._state.get("_shape")
        if type(shape) is not tuple or len(shape) != 2 or any(type(n) is not int for n in shape):
            raise self._wrong("_shape", "is not two whole numbers")
        if not all(0 <= n <= MAX_SIDE for n in shape):
            raise self._wrong("_shape", f"leaves 0 … {MAX_SIDE}")
        return shape

    def _coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        pair = self._state.get("coords", (self._state.get("row"), self._state.get("col")))
        if type(pair) is not tuple or len(pair) != 2:
            raise self._wrong("coords", "is not a pair of arrays")
        row, column = (self._array(index, "coords", "iu").astype(np.int64) for index in pair)
        return row, column

    def _compressed(self, form: str, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of each entry of a matrix whose rows (CSR) or columns (CSC) are packed."""
        ends = self._array(self._state.get("indptr"), "indptr", "iu").astype(np.int64)
        minor = self._array(self._state.get("indices"), "indices", "iu").astype(np.int64)
        n_major = shape[0] if form == "csr" else shape[1]
        counts = np.diff(ends)
        if len(ends) != n_major + 1 or ends[0] != 0 or ends[-1] != len(minor) or (counts < 0).any():
            raise self._wrong("indptr", "does not fit the shape and the indices")
        major = np.repeat(np.arange(n_major), counts)
        return (major, minor) if form == "csr" else (minor, major)

    def _array(self, record: Any, field: str, kinds: str) -> np.ndarray:
        """The one-dimensional array that a record describes, in the byte order of this machine."""
        if isinstance(record, Call) and record.name in _RECONSTRUCT:
            _, shape, kind, _, raw = self._tuple(record.state, 5, field)
        elif isinstance(record, Call) and record.name in _FROM_BUFFER:
            raw, kind, shape, _ = self._tuple(record.args, 4, field)
        else:
            raise self._wrong(field, "is no array")
        dtype = self._dtype(kind, field)
        content = self._bytes(raw, field)
        (n,) = self._tuple(shape, 1, field)
        if type(n) is not int or n * dtype.itemsize != len(content):
            raise self._wrong(field, "has another size than it says")
        if dtype.kind not in kinds:
            raise self._wrong(field, f"holds {dtype}, not numbers of the right kind")
        values = np.frombuffer(content, "u1" if dtype.kind == "b" else dtype)
        # A copy: it can be written to, and the bytes of the file can go.
        return values != 0 if dtype.kind == "b" else values.astype(dtype.newbyteorder("="))

    def _dtype(self, record: Any, field: str) -> np.dtype:
        if not isinstance(record, Call) or record.name != _DTYPE:
            raise self._wrong(field, "has no type")
        code = record.args[0] if record.args else None
        order = record.state[1] if type(record.state) is tuple and len(record.state) > 1 else None
        if type(code) is not str or code not in _TYPES or order not in ("<", ">", "|"):
            raise self._wrong(field, "holds something else than plain numbers")
        return np.dtype(f"{order}{code}")

    def _bytes(self, record: Any, field: str) -> bytes | bytearray:
        if isinstance(record, bytes | bytearray):
            return record
        if isinstance(record, Call) and record.name in _EMPTY and record.args == ():
            return b""
        if isinstance(record, Call) and record.name == _ENCODE and record.args[1:] == ("latin1",):
            with suppress(AttributeError, UnicodeEncodeError):
                return record.args[0].encode("latin1")
        raise self._wrong(field, "has no bytes")

    def _tuple(self, record: Any, n: int, field: str) -> tuple:
        if type(record) is not tuple or len(record) != n:
            raise self._wrong(field, "is not described as NumPy describes arrays")
        return record

    def _wrong(self, field: str, fault: str) -> InputError:
        return InputError(f"{self._file}: the matrix is broken: {field} {fault}; fetch it again")
