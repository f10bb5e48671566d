"""Where the relevant rows stand: all that a ranking metric needs to know of a ranking."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmnotes.errors import InputError

TIES = ("average", "best", "worst", "id")


@dataclass(frozen=True)
class PerGroup:
    """One value for each group that holds a relevant row.

    Parameters
    ----------
    groups : (n_groups,)
        The ids, ascending.
    values : (n_groups,) float64
        The metric.
    n_left_out : int
        Groups for which the metric has no value: without a relevant row no order is better than
        another (nor, for the area under the curve, without a row that is not relevant). They are
        counted here and not averaged in as zeros.
    """

    groups: np.ndarray
    values: np.ndarray
    n_left_out: int = 0

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Runs:
    """The relevant rows of a group that share a score with each relevant row.

    All arrays are (n_relevant,) and int.

    Parameters
    ----------
    before
        Relevant rows of the group with a greater score.
    length
        Relevant rows of the group with an equal score, the row itself among them.
    place
        Where the row stands among those, from 0, the greatest grade first.
    """

    before: np.ndarray
    length: np.ndarray
    place: np.ndarray


@dataclass(frozen=True)
class Ranks:
    """Where does each relevant row stand in its group?

    A metric adds up what relevant rows earn at their ranks. So the scores of all the other rows
    come down to two counts for each relevant row, and everything else is computed from these.

    Parameters
    ----------
    groups : (n_groups,)
        Ids, ascending. Groups without a relevant row are among them.
    sizes : (n_groups,) int
        Rows, that is candidates, of each group.
    group : (n_relevant,) int
        The place in ``groups`` of each relevant row's group.
    grade : (n_relevant,) float64
        Its label, above 0.
    above : (n_relevant,) int
        Rows of its group with a greater score.
    tied : (n_relevant,) int
        Rows of its group with an equal score, itself among them. A random order of these puts it
        on each of the ranks ``above + 1`` to ``above + tied`` equally often.
    """

    groups: np.ndarray
    sizes: np.ndarray
    group: np.ndarray
    grade: np.ndarray
    above: np.ndarray
    tied: np.ndarray

    @cached_property
    def n_relevant(self) -> np.ndarray:
        """Relevant rows of each group, (n_groups,) int."""
        return np.bincount(self.group, minlength=len(self.groups))

    def per_group(self, values: np.ndarray) -> np.ndarray:
        """Sums over the relevant rows of each group, (n_groups,) float64."""
        return np.bincount(self.group, weights=values, minlength=len(self.groups))

    @cached_property
    def runs(self) -> Runs:
        """Which relevant rows stand on the same ranks."""
        order = np.lexsort((-self.grade, self.above, self.group))
        group, above = self.group[order], self.above[order]
        row = np.arange(len(order))
        new_group = np.diff(group, prepend=-1) != 0
        new_run = new_group | (np.diff(above, prepend=-1) != 0)
        run_start = np.maximum.accumulate(np.where(new_run, row, 0))
        group_start = np.maximum.accumulate(np.where(new_group, row, 0))
        lengths = np.diff(np.flatnonzero(new_run), append=len(order))
        length = np.repeat(lengths, lengths)
        back = inverse(order)
        return Runs((run_start - group_start)[back], length[back], (row - run_start)[back])

    def resolved(self, ties: str) -> "Ranks":
        """The ranks when ties fall as well or as badly as they can.

        Parameters
        ----------
        ties : {"best", "worst", "average"}
            Of the rows with an equal score, the relevant ones come first, the greatest grade ahead;
            or last, the smallest grade ahead; or all orders count equally, as they do already.

        Raises
        ------
        InputError
            For any other rule. ``"id"`` needs the rows that are not here: whoever counts them
            resolves it.
        """
        if ties == "average":
            return self
        if ties not in ("best", "worst"):
            raise InputError(f"ranks can be resolved to 'average', 'best' or 'worst', not {ties!r}")
        run = self.runs
        # The last place of the run less the places of the better grades, which are worst off.
        shift = run.place if ties == "best" else self.tied - 1 - run.place
        return replace(self, above=self.above + shift, tied=np.ones_like(self.tied))

    def where(self, kept: np.ndarray) -> "Ranks":
        """The same for some of the groups, (n_groups,) bool."""
        rows = kept[self.group]
        place = np.cumsum(kept) - 1
        return Ranks(
            self.groups[kept],
            self.sizes[kept],
            place[self.group[rows]],
            self.grade[rows],
            self.above[rows],
            self.tied[rows],
        )

    def constant(self) -> "Ranks":
        """The ranks under a scorer that says the same of every row: chance."""
        return replace(self, above=np.zeros_like(self.above), tied=self.sizes[self.group])


def check_ties(ties: str) -> None:
    """Refuse a tie rule that nobody knows."""
    if ties not in TIES:
        raise InputError(f"ties must be one of {', '.join(TIES)}, not {ties!r}")


def inverse(order: np.ndarray) -> np.ndarray:
    """Where each element went: the inverse of a permutation, (n,) int."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place
