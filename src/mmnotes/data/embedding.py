"""Where vectors came from, and whether they still are what was written."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from mmnotes.data.extras import need
from mmnotes.data.files import read_vectors, refuse_rows
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError

_BLOCK_BYTES = 2**24  # hashed at once, so that an array on disk need not fit into memory
_SHA256 = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True)
class Embedding:
    """What made these vectors, and from what? Empty where unknown.

    Parameters
    ----------
    model : str
        The encoder, ``"sentence-transformers/all-MiniLM-L6-v2"``.
    revision : str
        Its version: a commit, a date, a release.
    preprocessing : str
        What was done to the input, in words: ``"title and description, cut at 256 tokens"``.
    input_sha256 : str
        Of the texts (``texts_sha256``) or arrays (``array_sha256``) that went in.
    output_sha256 : str
        Of the vectors, ``array_sha256``.

    Raises
    ------
    InputError
        If a field is no text, or a checksum is not 64 hexadecimal digits.
    """

    model: str = ""
    revision: str = ""
    preprocessing: str = ""
    input_sha256: str = ""
    output_sha256: str = ""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, str):
                raise InputError(f"embedding: {name} must be text, not {value!r}")
            if name.endswith("sha256") and not _SHA256.fullmatch(value):
                raise InputError(f"embedding: {name} must be 64 hexadecimal digits, not {value!r}")

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Self:
        """The record that a TOML table holds; its key ``file`` is the reader's own.

        Raises
        ------
        InputError
            If a field is unknown or wrong; the message begins with ``where``.
        """
        unknown = set(table) - {field.name for field in fields(cls)} - {"file"}
        if unknown:
            raise InputError(f"{where}: unknown fields {sorted(unknown)} of an embedding")
        try:
            return cls(**{name: value for name, value in table.items() if name != "file"})
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    def table(self) -> dict[str, str]:
        """What is known, as a TOML table."""
        return {name: value for name, value in asdict(self).items() if value}

    def of(self, vectors: np.ndarray) -> Self:
        """The same record with the checksum of these vectors."""
        return replace(self, output_sha256=array_sha256(vectors))

    def check(self, vectors: np.ndarray, where: str, input_sha256: str = "") -> None:
        """Refuse vectors, or an input, that are not those of this record; what is unknown passes.

        Raises
        ------
        InputError
            If a checksum differs; the message begins with ``where``.
        """
        if self.output_sha256 and array_sha256(vectors) != self.output_sha256:
            raise InputError(
                f"{where}: the vectors are not those that were recorded (output_sha256 "
                f"{self.output_sha256[:12]}…): make or fetch them again"
            )
        if input_sha256 and self.input_sha256 and input_sha256 != self.input_sha256:
            raise InputError(
                f"{where}: the vectors were made from another input (input_sha256 "
                f"{self.input_sha256[:12]}…, not {input_sha256[:12]}…): make them again"
            )


def save_embedding(file: str | Path, vectors: np.ndarray, record: Embedding) -> Embedding:
    """Write vectors as float32 to ``NAME.npy``, and what made them beside it to ``NAME.toml``.

    Parameters
    ----------
    file : path
        Ends with ``.npy``.
    vectors : (n, d) float
    record : Embedding

    Returns
    -------
    Embedding
        The record with the checksum of what was written.

    Raises
    ------
    InputError
        If the name ends otherwise, the vectors are of another shape or type, or hold NaN or
        infinity (also where float32 cannot hold a number). Then nothing is written.
    """
    file = Path(file)
    if file.suffix != ".npy":
        raise InputError(f"{file}: name a file that ends with .npy")
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise InputError(
            f"{file}: vectors must be (n, d) floating-point numbers, not {vectors.dtype} of "
            f"shape {vectors.shape}"
        )
    with np.errstate(over="ignore"):  # refused below, with the row
        vectors = vectors.astype(np.float32, copy=False)
    refuse_rows(~np.isfinite(vectors).all(axis=1), file, "holds NaN or infinity")
    record = record.of(vectors)
    text = need("tomli_w").dumps(record.table())
    # The record last: if all ends between the two, the next reader is told of a mismatch.
    with replaced(file) as part:
        np.save(part, vectors, allow_pickle=False)
    with replaced(_beside(file)) as part:
        part.write_text(text, encoding="utf-8")
    return record


def load_embedding(
    file: str | Path, n_rows: int, of: str, input_sha256: str = ""
) -> tuple[np.ndarray, Embedding]:
    """Read vectors and what made them, and make sure that they belong together.

    Parameters
    ----------
    file : path
        ``NAME.npy``, with ``NAME.toml`` beside it.
    n_rows : int
        Rows that there must be.
    of : str
        What has as many rows, for the message.
    input_sha256 : str, optional
        Of what the vectors are to describe.

    Returns
    -------
    vectors : (n_rows, d) float32
    record : Embedding

    Raises
    ------
    InputError
        If a file is absent or broken, or the vectors are of another number of rows, were changed
        since, or were made from another input.
    """
    file = Path(file)
    record = Embedding.from_table(_read(_beside(file)), str(_beside(file)))
    vectors = read_vectors(file, n_rows, of)
    record.check(vectors, str(file), input_sha256)
    return vectors, record


def array_sha256(values: np.ndarray) -> str:
    """Which array is this? A sha256 over its type, shape and numbers, however they lie in memory.

    Examples
    --------
    >>> array_sha256(np.eye(2)) == array_sha256(np.eye(2, order="F"))
    True
    >>> array_sha256(np.zeros((2, 3))) == array_sha256(np.zeros((3, 2)))
    False

    Raises
    ------
    InputError
        If it holds Python objects, which have no bytes of their own.
    """
    if values.dtype.hasobject:
        raise InputError(f"an array of {values.dtype} has no checksum: make it numbers or texts")
    kind = values.dtype.newbyteorder("<")
    total = hashlib.sha256(f"{kind.str} {values.shape}\0".encode())
    rows = np.atleast_1d(values)
    step = max(1, _BLOCK_BYTES * len(rows) // max(1, rows.nbytes))
    for start in range(0, len(rows), step):
        total.update(np.ascontiguousarray(rows[start : start + step], dtype=kind).data)
    return total.hexdigest()


def texts_sha256(texts: Iterable[str]) -> str:
    """Which texts are these, in this order? For photos, give the checksums of their files.

    Examples
    --------
    >>> texts_sha256(["a shirt", "blue"]) == texts_sha256(["a", " shirtblue"])
    False
    """
    total = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()


def _beside(file: Path) -> Path:
    return file.with_suffix(".toml")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{file}: no such file; it says what made the vectors") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not TOML ({error}); make or fetch it again") from None
