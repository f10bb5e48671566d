"""Item graphs, kept on disk under the very features that they were built from."""

import hashlib
import warnings
from pathlib import Path

import numpy as np

from mmnotes.data.embedding import array_sha256
from mmnotes.data.files import read_arrays
from mmnotes.data.graphs import Neighbors
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError
from mmnotes.features.neighbors import cosine_neighbors

_METHOD = "cosine of float64, twelve decimals, ties by row"  # change it when the answer changes


def item_graph(
    values: np.ndarray,
    k: int = 10,
    present: np.ndarray | None = None,
    *,
    itself: bool = True,
    device: str = "auto",
    folder: str | Path | None = None,
) -> Neighbors:
    """Which items are nearest to which, computed once for the same features and settings?

    With a ``folder``, the graph is read from there if it was built from these very numbers, with
    the same settings, and else built and written there. The name of its file is a sha256 over
    both, so a feature that has changed can never meet an old graph.

    Parameters
    ----------
    values, k, present, itself, device
        As ``cosine_neighbors`` takes them, but an item counts among its own neighbours, as in
        published graphs.
    folder : path, optional
        Where graphs are kept; made if it is not there.

    Returns
    -------
    Neighbors
        An absent item is its own neighbour, ``k`` times, with cosines of NaN.

    Raises
    ------
    InputError
        As ``cosine_neighbors``, or if the folder cannot be made or written to.

    Warns
    -----
    UserWarning
        If a file of the folder is damaged; the graph is then built again.
    """
    if folder is None:
        return _built(values, k, present, itself, device)
    key = graph_key(values, k, present, itself=itself)
    file = Path(folder) / f"{key}.npz"
    if file.exists():
        try:
            return _read(file, key, (len(values), k))
        except InputError as error:
            told = f"a kept graph is damaged, and built again: {error}"
            warnings.warn(told, UserWarning, stacklevel=2)
    graph = _built(values, k, present, itself, device)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replaced(file) as part:
            np.savez(part, key=key, neighbors=graph.index.astype(np.int32), cosine=graph.cosine)
    except OSError as error:
        raise InputError(f"{file}: the graph cannot be kept there ({error})") from error
    return graph


def graph_key(
    values: np.ndarray, k: int, present: np.ndarray | None = None, *, itself: bool = True
) -> str:
    """Which features and settings is a graph of? A sha256 over them.

    The device is not among them, as it does not change the answer.
    """
    values = np.asarray(values)
    given = "all" if present is None else array_sha256(np.asarray(present))
    settings = f"{_METHOD}\0k={k}\0itself={bool(itself)}\0present={given}"
    return hashlib.sha256(f"{array_sha256(values)}\0{settings}".encode()).hexdigest()


def _built(
    values: np.ndarray, k: int, present: np.ndarray | None, itself: bool, device: str
) -> Neighbors:
    index, cosine = cosine_neighbors(values, k, present, itself=itself, device=device)
    own = np.broadcast_to(np.arange(len(index))[:, None], index.shape)
    return Neighbors(np.where(index < 0, own, index), cosine)


def _read(file: Path, key: str, shape: tuple[int, int]) -> Neighbors:
    arrays = read_arrays(file, ("key", "neighbors", "cosine"))
    if str(arrays["key"]) != key or arrays["neighbors"].shape != shape:
        raise InputError(f"{file}: holds the graph of other features or settings")
    try:
        return Neighbors(arrays["neighbors"], arrays["cosine"])
    except ValueError as error:
        raise InputError(f"{file}: {error}") from error
