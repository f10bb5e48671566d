"""What is known of every item before anybody took it: vectors and nearest items, by modality."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mmnotes.data.graphs import Neighbors
from mmnotes.data.prepared import Dataset
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock
from mmnotes.features.graphs import item_graph
from mmnotes.features.spectral import spectral_features

SPECTRAL = "spectral stand-ins of the published graph"
N_NEIGHBORS = 10  # of an item, itself among them, as in the published graphs


@dataclass(frozen=True)
class Modality:
    """One modality of every item.

    Parameters
    ----------
    block : FeatureBlock of n_items
        Vectors, kept as float32, and which items have one.
    graph : Neighbors of n_items
        The nearest items of each, itself among them. An item without the modality is its own
        neighbour, ``k`` times, with cosines of NaN.
    origin : str
        Where the vectors came from, in words for a table: ``"published vectors"``.

    Raises
    ------
    InputError
        If vectors and neighbours are of different numbers of items.
    """

    block: FeatureBlock
    graph: Neighbors
    origin: str = ""

    def __post_init__(self) -> None:
        if len(self.block) != len(self.graph):
            raise InputError(
                f"vectors of {len(self.block)} items, but neighbours of {len(self.graph)}"
            )
        if self.block.values.dtype != np.float32:
            block = FeatureBlock(self.block.values.astype(np.float32), self.block.present)
            object.__setattr__(self, "block", block)

    def __len__(self) -> int:
        return len(self.block)

    @classmethod
    def of_vectors(
        cls,
        values: np.ndarray,
        present: np.ndarray | None = None,
        k: int = N_NEIGHBORS,
        origin: str = "vectors",
        folder: str | Path | None = None,
    ) -> "Modality":
        """Vectors alone: their neighbours are computed, see :func:`item_graph`.

        A row of zeros is an item without the modality.

        Parameters
        ----------
        values : (n_items, d) float
        present : (n_items,) bool, optional
            Items that may have the modality; by default all. The rows of the others are not
            looked at.
        k : int
            Neighbours of an item, itself among them.
        folder : path, optional
            Where graphs are kept.

        Raises
        ------
        InputError
            If a value is NaN or infinite, a length is wrong, or there are fewer than ``k`` items
            with the modality.
        """
        block = _block(values, present)
        graph = item_graph(block.values, k, block.present, folder=folder)
        return cls(block, graph, origin)


@dataclass(frozen=True)
class Content:
    """Modalities by name, all of the same items.

    Raises
    ------
    InputError
        If there is no modality, or they are of different numbers of items.

    Examples
    --------
    >>> rows = np.eye(3, dtype=np.float32)
    >>> content = Content({"image": Modality.of_vectors(rows, k=2)})
    >>> len(content), content.names
    (3, ('image',))
    """

    modalities: Mapping[str, Modality]

    def __post_init__(self) -> None:
        sizes = {name: len(modality) for name, modality in self.modalities.items()}
        if not sizes:
            raise InputError("content needs at least one modality")
        if len(set(sizes.values())) > 1:
            raise InputError(f"modalities of different numbers of items: {sizes}")

    def __len__(self) -> int:
        return len(next(iter(self.modalities.values())))

    def __getitem__(self, name: str) -> Modality:
        if name not in self.modalities:
            raise InputError(f"there is no modality {name!r}; there is {', '.join(self.names)}")
        return self.modalities[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.modalities)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the modalities, in order."""
        return tuple(self.modalities)

    @property
    def origin(self) -> str:
        """Where the vectors came from, for the line below a table."""
        return "; ".join(f"{name}: {self[name].origin}" for name in self.names)

    def only(self, names: Sequence[str]) -> "Content":
        """The same with these modalities alone, in this order."""
        return Content({name: self[name] for name in names})

    def changed(self, name: str, modality: Modality) -> "Content":
        """The same with one modality in the place of another.

        Raises
        ------
        InputError
            If there is no such modality.
        """
        _ = self[name]
        return replace(self, modalities={**self.modalities, name: modality})


def dataset_content(
    dataset: Dataset,
    names: Sequence[str] = ("image", "text"),
    n_components: int = 128,
    folder: str | Path | None = None,
) -> Content:
    """What does a dataset know of its items? Its vectors, and its graphs where it brings some.

    Where only a graph was published, :func:`spectral_features` of it stand in for the vectors, and
    the modality's ``origin`` says so. They are drawn out to a root mean square length of one, which
    is the length of a sentence's vector: eigenvectors are shorter the more items there are, and a
    linear map of short vectors learns slowly.

    Parameters
    ----------
    dataset : Dataset
    names : sequence of str
        Modalities: names of embeddings or graphs of the dataset.
    n_components : int
        Dimensions of the stand-ins.
    folder : path, optional
        Where graphs that are computed here are kept.

    Raises
    ------
    InputError
        If the dataset has neither vectors nor a graph of a modality.
    """
    return Content({name: _modality(dataset, name, n_components, folder) for name in names})


def _modality(
    dataset: Dataset, name: str, n_components: int, folder: str | Path | None
) -> Modality:
    values, graph = dataset.embeddings.get(name), dataset.graphs.get(name)
    if graph is None:
        if values is None:
            there = ", ".join([*dataset.embeddings, *dataset.graphs]) or "nothing"
            raise InputError(
                f"dataset {dataset.name!r} has no vectors and no graph {name!r}; it has {there}"
            )
        return Modality.of_vectors(values, origin="vectors of the dataset", folder=folder)
    if values is None:
        return Modality(_stand_ins(graph, n_components), graph, SPECTRAL)
    return Modality(_block(values), graph, "vectors and graph of the dataset")


def _stand_ins(graph: Neighbors, n_components: int) -> FeatureBlock:
    block = spectral_features(graph, n_components)
    # Each of the columns has length one.
    longer = np.float32(np.sqrt(np.count_nonzero(block.present) / n_components))
    return replace(block, values=block.values * longer)


def _block(values: np.ndarray, present: np.ndarray | None = None) -> FeatureBlock:
    """Vectors in memory of our own kind, and whose row is not zero, of those that are present."""
    values = np.asarray(values, np.float32)
    block = FeatureBlock(values, np.ones(len(values), bool) if present is None else present)
    absent = ~block.present
    if values[absent].any():
        block = block.without(absent)
    return replace(block, present=block.present & np.any(values != 0, axis=1))
