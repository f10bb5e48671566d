"""What a prepared dataset folder is made of, before it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mmnotes.data.embedding import Embedding
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError


@dataclass(frozen=True)
class Parts:
    """The files of a dataset folder, not yet written.

    Parameters
    ----------
    tables : mapping of DataFrame or Path
        What becomes ``NAME.parquet``; a path is that of a parquet file, which is moved there.
    tally : Tally
        What was read and what was dropped.
    vectors : mapping of (n_rows, d) float arrays, or Path
        What becomes ``NAME.npy``, in the type that it has, block by block if it is memory-mapped; a
        path is that of an ``.npy`` file, which is moved there.
    archives : mapping of mappings of arrays
        What becomes ``NAME.npz``. A graph has ``neighbors`` (n_items, k) int32 and ``cosine``
        (n_items, k) float32.
    embeddings : mapping of str
        Vectors of the items by name: the stem of the file.
    graphs : mapping of str
        Neighbours of the items by name: the stem of the file.
    made_by : mapping of Embedding
        What is known of the making of an embedding, by its name.
    reader : str
        Module of ``mmnotes.data`` that reads the folder.

    Raises
    ------
    InputError
        If an embedding or a graph has no file, or an array could only be written as a pickle.
    """

    tables: Mapping[str, pd.DataFrame | Path]
    tally: Tally
    vectors: Mapping[str, np.ndarray | Path] = field(default_factory=dict)
    archives: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    embeddings: Mapping[str, str] = field(default_factory=dict)
    graphs: Mapping[str, str] = field(default_factory=dict)
    made_by: Mapping[str, Embedding] = field(default_factory=dict)
    reader: str = "folder"

    def __post_init__(self) -> None:
        for named, files, suffix in (
            (self.embeddings, self.vectors, ".npy"),
            (self.graphs, self.archives, ".npz"),
        ):
            for name, stem in named.items():
                if stem not in files:
                    raise InputError(f"{name!r} is to lie in {stem}{suffix}, which is not given")
        arrays = {f"{stem}.npy": vectors for stem, vectors in self.vectors.items()}
        arrays |= {f"{stem}.npz": a for stem, each in self.archives.items() for a in each.values()}
        for file, array in arrays.items():
            if not isinstance(array, Path) and array.dtype.hasobject:
                raise InputError(f"{file} would hold Python objects, which only a pickle can")
