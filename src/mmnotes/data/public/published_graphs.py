"""What Amazon Baby and Amazon Sports have in common: a split, ids, and neighbours of the items."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mmnotes.data.raw.diffmm import read_interactions
from mmnotes.data.raw.mmrec import raw_ids
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.torch_graphs import read_graph
from mmnotes.errors import InputError

GRAPHS = {"image": "image_knn10", "text": "text_knn10"}


class Published(NamedTuple):
    """Interactions (user, item, split), items (item, asin), and the neighbours by file."""

    interactions: pd.DataFrame
    items: pd.DataFrame
    graphs: dict[str, dict[str, np.ndarray]]


def read_published(folder: Path, name: str, tally: Tally) -> Published:
    """Read the split of JClAF, and the ids and graphs of SAIA, which are numbered alike.

    Parameters
    ----------
    folder : Path
        Holds ``Datasets/NAME/`` (see ``raw.diffmm``), and in ``data/NAME/`` ``i_id_mapping.csv``,
        ``image_adj_10_True.pt`` and ``text_adj_10_True.pt``.
    name : str
        "baby" or "sports".

    Raises
    ------
    InputError
        If a file is missing, broken, or of another number of items.
    """
    interactions, n_items = read_interactions(folder / "Datasets" / name, tally)
    ids = folder / "data" / name / "i_id_mapping.csv"
    items = raw_ids(ids, "itemID", "item")
    if items is None or len(items) != n_items:
        found = "no file" if items is None else f"{len(items)} items"
        raise InputError(f"{ids}: {found}, but the split has {n_items} items; fetch it again")
    graphs = {}
    for kind, stem in GRAPHS.items():
        graph = read_graph(ids.with_name(f"{kind}_adj_10_True.pt"), n_items)
        tally.read(f"cosines of {kind} neighbours", graph.cosine.size)
        tally.read(f"cosines of {kind} neighbours unknown", int(np.isnan(graph.cosine).sum()))
        graphs[stem] = {"neighbors": graph.index.astype(np.int32), "cosine": graph.cosine}
    tally.read("items", n_items)
    return Published(interactions, items, graphs)
