"""What a network is built from: who took what, and what is known of the items, as tensors."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.features.content import Content
from mmnotes.recommenders.base import taken
from mmnotes.recommenders.bipartite import Bipartite


@dataclass(frozen=True)
class Problem:
    """Training pairs and content, checked against each other.

    Parameters
    ----------
    n_users, n_items : int
    user, item : (n_pairs,) int64
        Each pair once, by user and then by item.
    warm : (n_items,) bool
        Items with a training pair. The others are *cold*: no graph of training holds them, they
        are never drawn as negatives, and they get their vectors by the inductive path alone.
    content : Content or None
    device : torch.device
    """

    n_users: int
    n_items: int
    user: torch.Tensor
    item: torch.Tensor
    warm: torch.Tensor
    content: Content | None
    device: torch.device

    @classmethod
    def of(
        cls, interactions: Interactions, content: Content | None, device: torch.device
    ) -> "Problem":
        """Tensors of the training part and its content.

        Raises
        ------
        InputError
            If the content is of another number of items.
        """
        if content is not None and len(content) != interactions.n_items:
            raise InputError(
                f"content of {len(content)} items, but interactions with {interactions.n_items}"
            )
        pairs = taken(interactions).tocoo()
        user, item = (torch.from_numpy(part.astype(np.int64)).to(device) for part in pairs.coords)
        warm = torch.zeros(interactions.n_items, dtype=torch.bool, device=device)
        warm[item] = True
        return cls(interactions.n_users, interactions.n_items, user, item, warm, content, device)

    def known_content(self, model: str) -> Content:
        """The content, for a model that cannot do without."""
        if self.content is None:
            raise InputError(f"{model} learns from content: give fit(interactions, content)")
        return self.content

    def values(self, name: str) -> torch.Tensor:
        """The vectors of one modality, (n_items, d) float32; zeros where an item has none."""
        block = self.known_content("this model")[name].block
        return constant(block.values, self.device)

    def present(self, name: str) -> torch.Tensor:
        """Which items have the modality, (n_items,) bool."""
        block = self.known_content("this model")[name].block
        return constant(block.present, self.device)

    def bipartite(self, normalise: str) -> Bipartite:
        """Users and the items that they took, see :class:`Bipartite`."""
        return Bipartite(self.user, self.item, (self.n_users, self.n_items), normalise)


def constant(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """An array that nobody writes to, as a tensor; on a CPU the two share their memory.

    Parameters
    ----------
    array : of any shape
        It may be read-only, as arrays are that other processes share.
    device : torch.device
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)
