"""A fault to be shown: an item graph in a file that does not know which features it is of."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mmnotes.data.files import read_arrays
from mmnotes.data.graphs import Neighbors
from mmnotes.data.writing import replaced
from mmnotes.errors import InputError
from mmnotes.features.content import Content


def with_kept_graphs(content: Content, file: str | Path) -> Content:
    """The same features with the graphs of whoever came here first.

    Where there is no file yet, the content's own graphs are written there and nothing changes.
    From then on every content gets these graphs, also one whose features were replaced: so do
    models that keep their graph as ``mm_adj_10.pt``, under the number of neighbours alone.
    :func:`mmnotes.features.graphs.item_graph` shows how to keep a graph without the fault.

    Parameters
    ----------
    content : Content
    file : path
        Of NumPy arrays, whatever its name.

    Raises
    ------
    InputError
        If the file cannot be written, or holds no graphs of these modalities and so many items.
    """
    file = Path(file)
    if not file.exists():
        _write(content, file)
        return content
    arrays = read_arrays(
        file, [f"{name}-{part}" for name in content for part in ("index", "cosine")]
    )
    modalities = {}
    for name in content:
        try:
            graph = Neighbors(arrays[f"{name}-index"], arrays[f"{name}-cosine"])
            modalities[name] = replace(content[name], graph=graph)
        except ValueError as error:
            raise InputError(f"{file}: modality {name}: {error}; remove the file") from error
    return Content(modalities)


def _write(content: Content, file: Path) -> None:
    arrays: dict[str, Any] = {}
    for name in content:
        graph = content[name].graph
        arrays |= {f"{name}-index": graph.index, f"{name}-cosine": graph.cosine}
    try:
        with replaced(file) as part, part.open("wb") as handle:
            np.savez(handle, **arrays)
    except OSError as error:
        raise InputError(f"{file}: the graphs cannot be kept there ({error})") from error
