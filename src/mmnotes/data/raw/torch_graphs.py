"""Neighbour graphs in torch files, as LATTICE's descendants cache them."""

import zipfile
from pathlib import Path

import numpy as np
import torch

from mmnotes.data.archive import open_zip, read_member
from mmnotes.data.graphs import Neighbors
from mmnotes.data.raw.pickle_records import Name, records
from mmnotes.errors import InputError

_NAMES = {
    Name("torch._utils", "_rebuild_sparse_tensor"),
    Name("torch._utils", "_rebuild_tensor_v2"),
    Name("torch.serialization", "_get_layout"),
    Name("torch", "Size"),
    *(Name("torch", f"{kind}Storage") for kind in ("Long", "Int", "Float", "Double")),
    Name("collections", "OrderedDict"),
}
_MOST = 2**16  # bytes that describe the tensor; some 400 do
# Cosines that were divided and multiplied in float32 come back this well.
_TOLERANCE = 1e-4
_OTHER = "it is no graph that was normalised as LATTICE's is"


def read_graph(file: Path, n_items: int) -> Neighbors:
    """Which items are each item's nearest, and how near?

    The file holds A = D^-1/2 S D^-1/2, where S keeps the k largest cosines of each row, as
    ``compute_normalized_laplacian`` of LATTICE has it (Zhang and others 2021,
    https://doi.org/10.1145/3474085.3475259). An item's cosine with itself is 1, so A_ii = 1 / d_i,
    and S_ij = A_ij sqrt(d_i d_j). Where the k nearest of an item leave itself out, as they do when
    many items share one vector, d_i is unknown and so are the cosines that it is part of: NaN.

    Parameters
    ----------
    file : Path
        A torch file of one sparse COO tensor, (n_items, n_items) float, with k entries a row.
    n_items : int

    Returns
    -------
    Neighbors
        The nearest first. The order of the file is kept if the cosines fall in it but for rounding,
        since ties are in the order that its author used; else by cosine, then by number, the
        unknown ones last.

    Raises
    ------
    InputError
        If the file is broken or holds anything else; the message names it.
    """
    row, column, value = _entries(file, n_items)
    counts = np.bincount(row, minlength=n_items)
    if len(row) == 0 or (counts != counts[0]).any():
        fewest, most = counts.min(), counts.max()
        raise InputError(f"{file}: items have {fewest} to {most} neighbours, not all the same k")
    by_row = np.argsort(row, kind="stable")
    index = column[by_row].reshape(n_items, -1)
    cosine = _cosines(file, index, value[by_row].reshape(n_items, -1))
    if (np.diff(cosine, axis=1) > _TOLERANCE).any():
        order = np.lexsort((index, -cosine))
        index, cosine = (np.take_along_axis(each, order, axis=1) for each in (index, cosine))
    return Neighbors(index, cosine)


def _cosines(file: Path, index: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Cosines, (n_items, k), from the entries of the normalised graph."""
    itself = index == np.arange(len(index))[:, None]
    # A degree is a sum of k cosines, so at most k.
    if (value[itself] < (1 - _TOLERANCE) / index.shape[1]).any():
        raise InputError(f"{file}: an entry A_ii is below 1 / k; {_OTHER}")
    degree = np.full(len(index), np.nan)
    degree[itself.any(axis=1)] = 1 / value[itself]
    cosine = value * np.sqrt(degree[:, None] * degree[index])
    if np.nanmax(np.abs(cosine), initial=0) > 1 + _TOLERANCE:
        raise InputError(f"{file}: cosines leave -1 … 1; {_OTHER}")
    return cosine


def _entries(file: Path, n_items: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and value of each entry, (n_entries,) int64, int64 and float64."""
    tensor = _load(file)
    index, value = tensor._indices(), tensor._values()
    n = value.numel()
    # Nothing is spread out before this: a tensor of one stored number can claim any size.
    if index.shape != (2, n) or value.shape != (n,) or n > file.stat().st_size:
        raise InputError(
            f"{file}: the entries of the tensor do not fit one another; fetch it again"
        )
    if tensor.shape != (n_items, n_items) or index.is_floating_point():
        raise InputError(f"{file}: {tuple(tensor.shape)}, but there are {n_items} items")
    row, column = index.numpy().astype(np.int64)
    if n and (min(row.min(), column.min()) < 0 or max(row.max(), column.max()) >= n_items):
        raise InputError(f"{file}: an entry is of no item in 0 … {n_items - 1}; fetch it again")
    if len(np.unique(row * n_items + column)) < n:
        raise InputError(f"{file}: an item has the same neighbour twice; fetch it again")
    values = value.numpy().astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError(f"{file}: item {row[~np.isfinite(values)][0]} has a cosine that is NaN")
    return row, column, values


def _load(file: Path) -> torch.Tensor:
    """The sparse tensor in a torch file."""
    with open_zip(file) as archive:
        members = archive.infolist()
    # torch stores its members as they are; one that were deflated could be a bomb.
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise InputError(f"{file}: its members are compressed, which torch does not do")
    described = [each.filename for each in members if each.filename.endswith("/data.pkl")]
    if len(described) != 1:
        raise InputError(f"{file}: not a torch file: there is not one data.pkl; fetch it again")
    # torch with weights_only admits many names, some of which take any amount of memory.
    records(read_member(file, described[0], _MOST), _NAMES, file)
    # As in data/files.py: in a broken file torch stumbles anywhere in its parser.
    try:
        tensor = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{file}: not a whole torch file ({error}); fetch it again") from error
    if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.sparse_coo:
        raise InputError(f"{file}: holds something else than one sparse COO tensor")
    return tensor
