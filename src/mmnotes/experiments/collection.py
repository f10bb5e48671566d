"""What a grid of runs is about: who took what, and what is known of the items."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmnotes.data.clicked import clicked_pairs
from mmnotes.data.embedding import array_sha256
from mmnotes.data.market import Market
from mmnotes.data.prepared import Dataset
from mmnotes.data.splits import split
from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.protocol import Candidates
from mmnotes.features.content import Content, Modality, dataset_content


@dataclass(frozen=True)
class Collection:
    """Interactions and content, under the name that tables give them.

    Parameters
    ----------
    name : str
    interactions : Interactions
        With a split.
    content : Content or None
        None where no model asks for it.
    candidates : Candidates or None
        The items that the warm protocol ranks; None for all.

    Raises
    ------
    InputError
        If the interactions have no split, or the content is of another number of items.
    """

    name: str
    interactions: Interactions
    content: Content | None = None
    candidates: Candidates | None = None

    def __post_init__(self) -> None:
        if self.interactions.split is None:
            raise InputError(f"{self.name}: the interactions have no split: see mmnotes.data.split")
        if self.content is not None and len(self.content) != self.interactions.n_items:
            raise InputError(
                f"{self.name}: content of {len(self.content)} items, but interactions with "
                f"{self.interactions.n_items}"
            )

    @property
    def origin(self) -> str:
        """Where the vectors of the content came from, for a table; empty without content."""
        return self.content.origin if self.content else ""

    @cached_property
    def interactions_sha256(self) -> str:
        """Which pairs and split are these?"""
        rows = self.interactions
        names, split = np.unique(np.asarray(rows.split), return_inverse=True)
        return _sha256([rows.n_users, rows.n_items, *names], [rows.user, rows.item, split])

    @cached_property
    def content_sha256(self) -> str:
        """Which content is this? Empty if there is none."""
        if self.content is None:
            return ""
        parts: list[np.ndarray] = []
        for name in self.content:
            block, graph = self.content[name].block, self.content[name].graph
            parts += [block.values, block.present, graph.index, graph.cosine]
        return _sha256(self.content.names, parts)


def _sha256(words: Sequence[object], arrays: Sequence[np.ndarray]) -> str:
    said = "\0".join([*map(str, words), *map(array_sha256, arrays)])
    return hashlib.sha256(said.encode()).hexdigest()


def collection(dataset: Dataset, with_content: bool = True) -> Collection:
    """The interactions of a dataset, and its image and text as far as it has them.

    Raises
    ------
    InputError
        If the dataset has no interactions, or content is asked for and it has none.
    """
    if dataset.interactions is None:
        raise InputError(f"dataset {dataset.name!r} does not say who took what")
    content = None
    if with_content:
        known = {*dataset.embeddings, *dataset.graphs}
        names = [name for name in ("image", "text") if name in known]
        content = dataset_content(dataset, names or ("image", "text"))
    return Collection(dataset.name, dataset.interactions, content)


def market_collection(market: Market, random_state: int) -> Collection:
    """The clicks of a simulated market, split at random, and what titles and pictures really say.

    Metadata are left out: a part of taste that no content tells of.

    Parameters
    ----------
    market : Market
    random_state : int
        Of the split.
    """
    rows = split(clicked_pairs(market), "random", random_state=random_state).interactions
    vectors = {
        name: Modality.of_vectors(market.traits[name], origin="true traits")
        for name in ("image", "text")
    }
    return Collection("simulated market", rows, Content(vectors))
