"""Pairs of rows that may be among each other's nearest: found roughly, settled exactly."""

import numpy as np

_DECIMALS = 12  # cosines are equal if they agree to as many: the rest is rounding
_AT_ONCE = 1_000_000  # numbers in float64 held at once while settling: 8 MB a side
_WAITING = 2**22  # pairs that may wait to be settled, beside a few for each row


class Units:
    """Rows of a matrix at unit length, made when they are asked for: there is no copy of it.

    Parameters
    ----------
    values : (n, d) float
    rows : (m,) int
        Which of its rows; none is all zeros.
    lengths : (m,) float64
        Their lengths.
    """

    def __init__(self, values: np.ndarray, rows: np.ndarray, lengths: np.ndarray) -> None:
        self._values, self._rows, self._lengths = values, rows, lengths[:, None]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def width(self) -> int:
        """Numbers a row, d."""
        return self._values.shape[1]

    def single(self, which: slice | np.ndarray) -> np.ndarray:
        """Some of them, (b, d) float32, divided in float64 and then rounded."""
        part = self._values[self._rows[which]]
        # Into float32 by way of small buffers: the quotients never lie in memory as float64.
        out = np.empty(part.shape, np.float32)
        return np.divide(part, self._lengths[which], out=out, casting="same_kind")

    def _double(self, which: np.ndarray) -> np.ndarray:
        """Some of them, (b, d) float64."""
        units = self._values[self._rows[which]].astype(np.float64)
        units /= self._lengths[which]
        return units

    def cosines(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Cosines of pairs, (n_pairs,) float64, to twelve decimals; both ways round the same."""
        key = np.minimum(one, other).astype(np.int64) * len(self) + np.maximum(one, other)
        key, place = np.unique(key, return_inverse=True)
        left, right = np.divmod(key, len(self))
        out = np.empty(len(key))
        step = max(1, _AT_ONCE // self.width)
        for start in range(0, len(key), step):
            part = slice(start, start + step)
            own, back = np.unique(left[part], return_inverse=True)  # sorted, so few of them
            out[part] = np.einsum("ij,ij->i", self._double(own)[back], self._double(right[part]))
        return np.round(out, _DECIMALS)[place]


class Shortlist:
    """The ``keep`` nearest of every row, from rough cosines whose error is bounded.

    The bar of a row is the lowest of its ``keep`` best rough cosines so far. Each of those, and
    any other rough cosine, may be off by ``error``; so what lies more than two errors below the
    bar cannot be among the nearest, and all else is computed exactly. Memory grows with the
    number of rows: if too many pairs wait, as where most are tied, they are settled at once.

    Parameters
    ----------
    units : Units
    keep : int
        Neighbours of each row, which is one itself.
    error : float
        No rough cosine is further than this from the exact one.
    copies : (m,) int
        Items that share each row's vector. With ``keep`` of them, no other item comes near.
    """

    def __init__(self, units: Units, keep: int, error: float, copies: np.ndarray) -> None:
        self._units, self._keep, self._margin = units, keep, np.float32(2 * error)
        self._best = np.full((len(units), keep), -np.inf, np.float32)  # the lowest of them first
        self._best[copies >= keep] = 1
        none = np.empty(0, np.int32)
        self._settled = none, none, np.empty(0)
        self._waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._n_waiting = 0

    def offer(self, rows: slice, others: slice, rough: np.ndarray) -> None:
        """Consider a block of rough cosines, (rows, others) float32, for both of its sides.

        Offer each row its own block first: that sets its bar.
        """
        if rows == others:
            self._raise_bar(rows, rough)
            self._shortlist(rows, others, rough, side=0)
            return
        for side, (mine, theirs) in enumerate(((rows, others), (others, rows))):
            row, cosine = self._shortlist(mine, theirs, rough, side)
            self._raise_bar(mine, _as_rows(row, cosine, mine.stop - mine.start))

    def nearest(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The ``keep`` nearest of each row, or all if there are fewer: row, other row, cosine.

        Ordered by row, then the nearest first, then by number.
        """
        if self._waiting:
            self._settle()
        return self._settled

    def _raise_bar(self, mine: slice, rough: np.ndarray) -> None:
        both = np.concatenate([self._best[mine], rough], axis=1)
        last = both.shape[1] - self._keep
        self._best[mine] = np.partition(both, last, axis=1)[:, last:]

    def _shortlist(
        self, mine: slice, theirs: slice, rough: np.ndarray, side: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Let pairs wait that the bar does not rule out; returns rows of the block, and cosines."""
        low = self._best[mine, 0] - self._margin
        # One flat search is several times faster than np.nonzero of two dimensions.
        hits = np.flatnonzero(rough >= np.expand_dims(low, 1 - side))
        place = np.divmod(hits, rough.shape[1])
        row, other, cosine = place[side], place[1 - side], rough.ravel()[hits]
        pairs = [(row + mine.start).astype(np.int32), (other + theirs.start).astype(np.int32)]
        self._waiting.append((*pairs, cosine))
        self._n_waiting += len(hits)
        if self._n_waiting > _WAITING + 2 * self._best.size:
            self._settle()
        return row, cosine

    def _settle(self) -> None:
        """Compute the waiting pairs exactly, and keep the nearest of each row."""
        row, other, rough = map(np.concatenate, zip(*self._waiting, strict=True))
        near = rough >= self._best[row, 0] - self._margin  # the bar has risen since
        row, other = row[near], other[near]
        cosine = np.concatenate([self._settled[2], self._units.cosines(row, other)])
        row = np.concatenate([self._settled[0], row])
        other = np.concatenate([self._settled[1], other])
        order = np.lexsort((other, -cosine, row))
        order = order[first_of_each(row[order], self._keep)]
        self._settled = row[order], other[order], cosine[order]
        self._waiting, self._n_waiting = [], 0


def first_of_each(group: np.ndarray, keep: int) -> np.ndarray:
    """Which are the first ``keep`` of every group, where equal groups lie together in order?

    Examples
    --------
    >>> first_of_each(np.array([3, 3, 3, 7]), keep=2).tolist()
    [True, True, False, True]
    """
    return np.arange(len(group)) - np.searchsorted(group, group) < keep


def _as_rows(row: np.ndarray, value: np.ndarray, n_rows: int) -> np.ndarray:
    """Values by row as a matrix, (n_rows, most) float32, filled up with minus infinity."""
    order = np.argsort(row, kind="stable")
    row, value = row[order], value[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    out = np.full((n_rows, place.max(initial=-1) + 1), -np.inf, np.float32)
    out[row, place] = value
    return out
