"""What is a ranker asked to get right: each row, each pair, or the whole order of an impression?

Every objective maps ``(scores, clicks, groups, weights)`` to a loss to minimise, a scalar:

scores : (n_rows,) float
clicks : (n_rows,) 0 or 1, of the dtype of the scores
groups : (n_rows,) int64
    The impression of each row, numbered from 0, in any order.
weights : (n_rows,) float from 0 up, or None for ones
    Of a click, how often it counts: the inverse of the probability that it was looked at, say. Of a
    row without a click, how many such rows stand in its impression. 0 is as if it were not there.

``pointwise`` looks at every row by itself. The others compare the rows of an impression, so an
impression without a click, or with nothing else, gives them nothing: see :func:`comparable`. Nor do
they change when a number is added to all scores of an impression, which is why what they learn are
no log-odds of a click.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Objective = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]

_TEMPERATURE = 0.1  # of approximate ranks; 1/10 as in Qin et al. (2010) and Bruch et al. (2019)
_TINY = 1e-12  # a weight below which there is nothing to divide by


def pointwise(
    scores: Tensor, clicks: Tensor, groups: Tensor, weights: Tensor | None = None
) -> Tensor:
    """How badly do the scores, as log-odds, predict each row's click? The mean log loss.

    Examples
    --------
    >>> scores, clicks = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0])
    >>> round(pointwise(scores, clicks, torch.tensor([0, 0])).item(), 4)
    0.6931
    """
    if weights is None:
        return functional.binary_cross_entropy_with_logits(scores, clicks)
    loss = functional.binary_cross_entropy_with_logits(scores, clicks, reduction="none")
    return _mean(loss, weights)


def pairwise(
    scores: Tensor, clicks: Tensor, groups: Tensor, weights: Tensor | None = None
) -> Tensor:
    """How badly do they tell the clicked from the unclicked row of a pair? RankNet's log loss.

    The mean over all pairs of a clicked and an unclicked row of one impression of
    ``-log σ(s_clicked - s_unclicked)``; a pair weighs what its rows weigh, multiplied. If clicks
    are independent with log-odds ``a_impression + s_row``, this is the log loss of which of the two
    was clicked given that one was, in which ``a`` has cancelled: so the objective finds ``s``
    whatever ``a`` is.

    References
    ----------
    Burges et al. (2005), https://doi.org/10.1145/1102351.1102363

    Examples
    --------
    >>> scores, clicks = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0])
    >>> round(pairwise(scores, clicks, torch.tensor([0, 0])).item(), 4)
    0.6931
    >>> pairwise(scores, clicks, torch.tensor([0, 1])).item()
    0.0
    """
    clicked, other = _rivals(clicks, groups)
    apart = clicks[other] == 0
    clicked, other = clicked[apart], other[apart]
    loss = functional.softplus(scores[other] - scores[clicked])
    return _mean(loss, None if weights is None else weights[clicked] * weights[other])


def softmax(
    scores: Tensor, clicks: Tensor, groups: Tensor, weights: Tensor | None = None
) -> Tensor:
    """How unlikely is each click, if it was a choice among the rows of its impression?

    The mean over clicks of ``-log(exp s_clicked / Σ exp s)``, the sum over its impression: the
    cross entropy of ListNet's first place (Cao et al. 2007) with every click counted alike. Clicks
    of one impression compete with each other too, which holds the scores close together where many
    rows are clicked; where one is, this is the log loss of which it was.

    References
    ----------
    Cao et al. (2007), https://doi.org/10.1145/1273496.1273513; as a bound on NDCG, Bruch et al.
    (2019), https://doi.org/10.1145/3341981.3344221

    Examples
    --------
    >>> scores, clicks = torch.zeros(4), torch.tensor([1.0, 0.0, 0.0, 0.0])
    >>> round(softmax(scores, clicks, torch.zeros(4, dtype=torch.int64)).item(), 4)  # log 4
    1.3863
    """
    copies = _copies(clicks, weights).clamp_min(_TINY)
    total = _log_sum_exp(scores + copies.log(), groups)
    chosen = _clicked(clicks, groups, weights)
    loss = (total[groups] - scores)[chosen]
    return _mean(loss, None if weights is None else weights[chosen])


def ndcg(scores: Tensor, clicks: Tensor, groups: Tensor, weights: Tensor | None = None) -> Tensor:
    """How far from 1 is the mean NDCG over impressions, with ranks made differentiable?

    The rank of a clicked row is ``1 + Σ σ((s_other - s_clicked) / 0.1)`` over the other rows of
    its impression: a count of the rows above it, each of which passes it gradually. The full list
    counts, with the usual discount ``1 / log2(1 + rank)``. A click's gain is its weight; the ideal
    is that of clicks of weight 1, so that the weighted sum stays linear in the weights.

    References
    ----------
    Qin, Liu and Li (2010), https://doi.org/10.1007/s10791-009-9124-x; the temperature is that of
    Bruch et al. (2019), https://doi.org/10.1145/3331184.3331347

    Examples
    --------
    >>> scores, clicks = torch.tensor([2.0, 1.0]), torch.tensor([0.0, 1.0])
    >>> round(ndcg(scores, clicks, torch.tensor([0, 0])).item(), 4)  # 1 - 1 / log2(3)
    0.3691
    """
    clicked, other = _rivals(clicks, groups)
    apart = clicked != other
    clicked, other = clicked[apart], other[apart]
    above = torch.sigmoid((scores[other] - scores[clicked]) / _TEMPERATURE)
    above = above * _copies(clicks, weights)[other]
    rank = torch.ones_like(scores).index_add(0, clicked, above)
    chosen = _clicked(clicks, groups, weights)
    n_clicks = _sum(chosen.to(scores.dtype), groups)  # (n_groups,)
    places = torch.arange(1, len(scores) + 1, dtype=scores.dtype, device=scores.device)
    ideal = functional.pad((1 / torch.log2(1 + places)).cumsum(0), (1, 0))[n_clicks.long()]
    groups = groups[chosen]
    lost = 1 - n_clicks[groups] / (ideal[groups] * torch.log2(1 + rank[chosen]))
    # Each impression counts once, so a click counts as one over the clicks of its impression.
    share = 1 / n_clicks[groups]
    return _mean(lost, share if weights is None else share * weights[chosen])


OBJECTIVES: dict[str, Objective] = {
    "pointwise": pointwise,
    "pairwise": pairwise,
    "softmax": softmax,
    "ndcg": ndcg,
}


def comparable(clicks: Tensor, groups: Tensor, weights: Tensor | None = None) -> Tensor:
    """Which rows are of an impression that holds both a click and a row without? (n_rows,) bool.

    Rows of weight 0 do not count as either.
    """
    there = torch.ones_like(clicks) if weights is None else (weights > 0).to(clicks.dtype)
    n_clicks, n_others = _sum(there * clicks, groups), _sum(there * (1 - clicks), groups)
    return ((n_clicks > 0) & (n_others > 0))[groups]


class Members:
    """Which rows does each group hold? One sort answers for all groups.

    Parameters
    ----------
    groups : (n_rows,) int64, numbered from 0

    Examples
    --------
    >>> Members(torch.tensor([1, 0, 1])).of(torch.tensor([1, 0])).tolist()
    [0, 2, 1]
    """

    def __init__(self, groups: Tensor) -> None:
        self.sizes = torch.bincount(groups)  # (n_groups,)
        self._starts = self.sizes.cumsum(0) - self.sizes
        self._rows = torch.argsort(groups, stable=True)

    def of(self, which: Tensor) -> Tensor:
        """Row numbers of these groups (m,), one group after the other; a group may come twice."""
        sizes = self.sizes[which]
        # Places start, start + 1, … of each group among the sorted rows, end to end.
        shift = torch.repeat_interleave(self._starts[which] - (sizes.cumsum(0) - sizes), sizes)
        return self._rows[shift + torch.arange(len(shift), device=shift.device)]


def _rivals(clicks: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Every clicked row with every row of its impression, itself included: two (n_pairs,) int64."""
    members = Members(groups)
    clicked = torch.nonzero(clicks > 0).squeeze(1)
    own = groups[clicked]
    return torch.repeat_interleave(clicked, members.sizes[own]), members.of(own)


def _clicked(clicks: Tensor, groups: Tensor, weights: Tensor | None) -> Tensor:
    """Which rows are clicks that count, in impressions that can be compared? (n_rows,) bool."""
    counts = comparable(clicks, groups, weights) & (clicks > 0)
    return counts if weights is None else counts & (weights > 0)


def _copies(clicks: Tensor, weights: Tensor | None) -> Tensor:
    """How many rows each row stands for in its impression, (n_rows,): a click for one at most."""
    if weights is None:
        return torch.ones_like(clicks)
    return torch.where(clicks > 0, (weights > 0).to(weights.dtype), weights)


def _log_sum_exp(values: Tensor, groups: Tensor) -> Tensor:
    """Log of the sum of ``exp(values)`` in each group, (n_groups,)."""
    highest = values.new_full((int(groups.max()) + 1,), -torch.inf)
    highest = highest.scatter_reduce(0, groups, values.detach(), "amax")
    highest = torch.where(highest.isfinite(), highest, 0)  # a number that no row has
    return _sum((values - highest[groups]).exp(), groups).log() + highest


def _sum(values: Tensor, groups: Tensor) -> Tensor:
    """The sum in each group, (n_groups,)."""
    return values.new_zeros(int(groups.max()) + 1).index_add(0, groups, values)


def _mean(values: Tensor, weights: Tensor | None) -> Tensor:
    """The weighted mean; 0, with a gradient of 0, where nothing carries weight."""
    if weights is None:
        return values.sum() / max(len(values), 1)
    return (values * weights).sum() / weights.sum().clamp_min(_TINY)
