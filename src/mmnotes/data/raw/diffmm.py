"""Folders of DiffMM and its family: a pickled SciPy matrix a part, users × items."""

from pathlib import Path

import numpy as np
import pandas as pd

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.pickles import read_matrix
from mmnotes.data.raw.published_split import Part, folder_parts, joined
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

# Validation is called by the name of the dataset in JClAF: "sports_valid.pkl".
_FILES = {"train": "trnMat.pkl", "val": "valMat.pkl", "test": "tstMat.pkl"}
_OTHER_VALIDATION = "*_valid.pkl"


def read(folder: Path, tally: Tally) -> Parts:
    """What does a dataset folder of DiffMM hold?

    See https://github.com/HKUDS/DiffMM. The matrices are pickles, which can run code: they are read
    without unpickling, see ``pickle_records``.

    Parameters
    ----------
    folder : Path
        Holds ``trnMat.pkl``, ``tstMat.pkl``, and ``valMat.pkl`` or ``NAME_valid.pkl``; where they
        are there, ``image_feat.npy`` and ``text_feat.npy``, one row an item. Nothing else is read.
    tally : Tally
        Counts what was read and dropped.

    Returns
    -------
    Parts
        interactions by user and item: the entries that are not zero.

    Raises
    ------
    InputError
        If a file is missing, broken, or does not match the others; the message names it.
    """
    interactions, n_items = read_interactions(folder, tally)
    return folder_parts(folder, interactions, tally, n_items=n_items)


def read_interactions(folder: Path, tally: Tally) -> tuple[pd.DataFrame, int]:
    """The interactions, (n_rows, 3): user, item, split; and the number of items."""
    files = {name: folder / file for name, file in _FILES.items()}
    if not files["val"].is_file():
        files["val"] = _other_validation(folder)
    matrices = {name: read_matrix(file) for name, file in files.items()}
    shape = matrices["train"].shape
    parts = {}
    for name, file in files.items():
        matrix = matrices[name]
        if matrix.shape != shape:
            raise InputError(
                f"{file}: {matrix.shape} users × items, but {files['train'].name} has {shape}"
            )
        rows = pd.DataFrame({"user": matrix.row, "item": matrix.col})
        zero = np.flatnonzero(matrix.data == 0)
        if len(zero):
            tally.drop("an entry of zero", f"{file.name} entry {zero[0]}", len(zero))
        parts[name] = Part(rows.drop(index=zero), file, "entry")
    return joined(parts, tally), shape[1]


def _other_validation(folder: Path) -> Path:
    found = sorted(folder.glob(_OTHER_VALIDATION))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise InputError(
            f"{folder}: there must be one valMat.pkl or {_OTHER_VALIDATION}, but there is {names}"
        )
    return found[0]
