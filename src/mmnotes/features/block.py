"""One modality's features: a matrix, and which items have any."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError


@dataclass(frozen=True)
class FeatureBlock:
    """One modality of every item.

    Parameters
    ----------
    values : (n_items, d) float32
        Zero rows where the modality is missing.
    present : (n_items,) bool
        False where the item has no such modality: no title, no readable photo, no metadata.

    Raises
    ------
    InputError
        If the shapes differ, or a value is NaN or infinite.
    """

    values: np.ndarray
    present: np.ndarray

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.present.shape != self.values.shape[:1]:
            raise InputError(
                f"a feature block needs values (n, d) and present (n,), "
                f"not {self.values.shape} and {self.present.shape}"
            )
        bad = np.flatnonzero(~np.isfinite(self.values).all(axis=1))
        if len(bad):
            raise InputError(
                f"{len(bad)} feature rows hold NaN or infinity, the first is row {bad[0]}: "
                "mark them as not present, with zeros in their place"
            )

    def __len__(self) -> int:
        return len(self.values)

    def without(self, rows: np.ndarray) -> "FeatureBlock":
        """The same block with the modality missing where the mask (n_items,) is True."""
        values = np.where(rows[:, None], np.float32(0), self.values)
        return FeatureBlock(values, self.present & ~rows)


@dataclass(frozen=True)
class ModalityColumns:
    """Where a modality lies in a stacked matrix: its values, and its presence column (1 or 0)."""

    values: slice
    present: int


Layout = Mapping[str, ModalityColumns]


def stack(blocks: Mapping[str, FeatureBlock]) -> tuple[np.ndarray, dict[str, ModalityColumns]]:
    """Put the modalities side by side.

    Returns
    -------
    X : (n_items, Σ (d + 1)) float32
        For each modality its values, then one column that is 1 where it is present.
    layout : dict of ModalityColumns
        Where each modality lies in X; what the rankers of ``mmnotes.fusion`` ask for.

    Raises
    ------
    InputError
        If there is no block, or the blocks differ in length.
    """
    lengths = {name: len(block) for name, block in blocks.items()}
    if len(set(lengths.values())) != 1:
        raise InputError(f"feature blocks must have one row an item each, not {lengths}")
    parts, layout, start = [], {}, 0
    for name, block in blocks.items():
        stop = start + block.values.shape[1]
        parts += [block.values, block.present[:, None]]
        layout[name] = ModalityColumns(slice(start, stop), stop)
        start = stop + 1
    return np.concatenate(parts, axis=1, dtype=np.float32), layout
