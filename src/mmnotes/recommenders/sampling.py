"""Which pairs and which negatives a step of training sees."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from mmnotes.errors import InputError
from mmnotes.recommenders.problem import Problem

PAIRS = ("pairs", "users")
NEGATIVES = ("warm", "all")


@dataclass(frozen=True)
class Batch:
    """Users, an item that each took, and one that each did not. All are (n,) int64."""

    user: torch.Tensor
    positive: torch.Tensor
    negative: torch.Tensor

    def __len__(self) -> int:
        return len(self.user)

    def of(
        self, users: torch.Tensor, items: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Rows of users (n_users, d), and of items (n_items, d) taken and not, (n, d) each."""
        # Each look-up costs a pass over the whole table on the way back: so one for all items.
        both = items.index_select(0, torch.cat([self.positive, self.negative]))
        return users.index_select(0, self.user), *both.split(len(self))


class Sampler:
    """Batches of an epoch, the same for the same seed and epoch, whatever came before.

    Parameters
    ----------
    problem : Problem
    batch_size : int
    pairs : {"pairs", "users"}
        Every training pair once an epoch; or for every batch users drawn without replacement, and
        one pair of each, as many batches as ``pairs`` would make, as LATTICE and MICRO draw them:
        pairs of users who took little are then seen more often.
    negatives : {"warm", "all"}
        Uniform over the items with a training pair, or over all. With all, cold items are pushed
        away from everybody and never pulled back.
    random_state : int

    Raises
    ------
    InputError
        If a setting is out of range, or a user took every item that could be a negative.
    """

    def __init__(
        self,
        problem: Problem,
        batch_size: int,
        pairs: str = "pairs",
        negatives: str = "warm",
        random_state: int = 0,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1, not {batch_size!r}")
        if pairs not in PAIRS or negatives not in NEGATIVES:
            raise InputError(
                f"pairs={pairs!r} and negatives={negatives!r}: choose from {', '.join(PAIRS)} and "
                f"{', '.join(NEGATIVES)}"
            )
        self._user, self._item = problem.user.cpu().numpy(), problem.item.cpu().numpy()
        self._n_items, self._device = problem.n_items, problem.device
        self._taken = self._user * problem.n_items + self._item  # ascending
        warm = np.flatnonzero(problem.warm.cpu().numpy())
        self._pool = warm if negatives == "warm" else np.arange(problem.n_items)
        starts = np.searchsorted(self._user, np.arange(problem.n_users + 1))
        counts = np.diff(starts)
        if counts.max() >= len(self._pool):
            raise InputError(
                f"user {counts.argmax()} took all {len(self._pool)} items, so there is none to "
                "draw as a negative: leave such users out of the training part"
            )
        self._starts, self._buyers = starts, np.flatnonzero(counts)
        self._batch_size, self._pairs, self._random_state = batch_size, pairs, random_state

    def __len__(self) -> int:
        """Batches of an epoch."""
        return -(-len(self._user) // self._batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch."""
        rng = np.random.default_rng([int(self._random_state), number])
        chosen = rng.permutation(len(self._user)) if self._pairs == "pairs" else self._by_user(rng)
        user, positive = self._user[chosen], self._item[chosen]
        columns = [
            torch.from_numpy(column).to(self._device)
            for column in (user, positive, self._negatives(user, rng))
        ]
        for parts in zip(*(column.split(self._batch_size) for column in columns), strict=True):
            yield Batch(*parts)

    def _by_user(self, rng: np.random.Generator) -> np.ndarray:
        """Rows of pairs: in each batch different users, where there are as many."""
        n_rows, rows = len(self._user), []
        for start in range(0, n_rows, self._batch_size):
            wanted = min(self._batch_size, n_rows - start)
            users = rng.choice(self._buyers, wanted, replace=wanted > len(self._buyers))
            rows.append(rng.integers(self._starts[users], self._starts[users + 1]))
        return np.concatenate(rows)

    def _negatives(self, user: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An item for each user that they did not take, (n,)."""
        items = rng.choice(self._pool, len(user))
        again = np.arange(len(user))
        while len(again):
            pair = user[again] * self._n_items + items[again]
            place = np.minimum(np.searchsorted(self._taken, pair), len(self._taken) - 1)
            again = again[self._taken[place] == pair]
            items[again] = rng.choice(self._pool, len(again))
        return items
