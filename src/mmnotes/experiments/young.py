"""New items that gather clicks: who ranks them how well, while all else stays the same?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.full import full_ranking
from mmnotes.evaluate.protocol import Candidates, FullRanking
from mmnotes.evaluate.scorers import ScoreFunction
from mmnotes.experiments.blending import blended


@dataclass(frozen=True)
class Young:
    """Items whose training rows are handed out a few at a time.

    What is asked stays the same however many rows they have: the same test rows, among the same
    candidates, with the same pairs left out. So figures for different numbers can be compared.
    Rows of the validation part are neither trained on, nor asked for, nor left out.

    Parameters
    ----------
    interactions : Interactions
        With a split.
    candidates : Candidates
        The young items; they are ranked among each other.
    turn : (n_rows,) int
        For a training row of a young item its place in the item's queue, from 0; else -1.
    """

    interactions: Interactions
    candidates: Candidates
    turn: np.ndarray

    @classmethod
    def draw(
        cls, interactions: Interactions, random_state: int, least: int, share: float = 0.2
    ) -> "Young":
        """A share of all items, drawn among those that have enough training rows.

        So young items are more popular in the end than the catalogue is: what is found for them
        need not hold for items that stay rare.

        Parameters
        ----------
        interactions : Interactions
            With a split.
        random_state : int
            Of the items, and of the order in which their rows are handed out.
        least : int
            Training rows that an item must have.
        share : float
            Of all items, those that nobody took included.

        Raises
        ------
        InputError
            If there are not as many such items.
        """
        rng = np.random.default_rng(random_state)
        training = np.asarray(interactions.split == "train")
        counts = np.bincount(interactions.item[training], minlength=interactions.n_items)
        old, wanted = np.flatnonzero(counts >= least), round(share * interactions.n_items)
        if not 0 < wanted <= len(old):
            raise InputError(
                f"{wanted} items are to be young, but {len(old)} have {least} training rows or more"
            )
        items = np.sort(rng.permutation(old)[:wanted])
        turn = np.full(len(interactions), -1)
        rows = rng.permutation(np.flatnonzero(training & np.isin(interactions.item, items)))
        rows = rows[np.argsort(interactions.item[rows], kind="stable")]  # item by item
        of_item = interactions.item[rows]
        turn[rows] = np.arange(len(rows)) - np.searchsorted(of_item, of_item)
        return cls(interactions, Candidates("young items", items), turn)

    def train(self, n_rows: int) -> Interactions:
        """The training part when each young item has so many rows, or all that it ever gets.

        Parameters
        ----------
        n_rows : int
            Of each young item, from 0; the first of its queue.

        Raises
        ------
        InputError
            If it is negative.
        """
        if n_rows < 0:
            raise InputError(f"n_rows must be at least 0, not {n_rows}")
        training = np.asarray(self.interactions.split == "train")
        return self.interactions.where(training & (self.turn < n_rows))

    @property
    def truth(self) -> Interactions:
        """The test rows of the young items."""
        test = self.interactions.part("test")
        return test.where(np.isin(test.item, self.candidates.items))

    @property
    def seen(self) -> Interactions:
        """Pairs that are not ranked: the whole training part, however little of it was used."""
        return self.interactions.part("train")

    def ask(self, score: ScoreFunction, metrics: Sequence[str] = ("recall@20",)) -> FullRanking:
        """How well does this scorer rank the young items, by user?"""
        return full_ranking(score, self.truth, self.seen, self.candidates, metrics)

    def growing(
        self,
        fit: Callable[[Interactions], Sequence[ScoreFunction]],
        n_rows: Sequence[int],
        blends: Mapping[str, Callable[[int], Sequence[float]]],
    ) -> dict[tuple[str, int], FullRanking]:
        """How well are they ranked, at each number of training rows and by each blend?

        Parameters
        ----------
        fit : function
            From a training part to scorers that were fitted on it.
        n_rows : sequence of int
        blends : dict of functions
            By name; from the number of rows to the scorers' weights in
            :func:`~mmnotes.experiments.blending.blended`. Those of one scorer are ``(1, 0)``.

        Returns
        -------
        dict from (name, number of rows) to FullRanking
        """
        found = {}
        for n in n_rows:
            scorers = fit(self.train(n))
            for name, weights in blends.items():
                score = blended(scorers, self.candidates.items, weights(n))
                found[name, n] = self.ask(score)
        return found
