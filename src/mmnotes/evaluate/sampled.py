"""What a metric says when each relevant item meets a few sampled negatives in place of all."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.measures import measure_all
from mmnotes.evaluate.protocol import FullRanking
from mmnotes.evaluate.ranks import Ranks
from mmnotes.evaluate.users import PerUser, per_user


def sampled_ranking(
    ranking: FullRanking,
    n_negatives: int = 99,
    metrics: Sequence[str] = ("hit@10", "ndcg@10"),
    random_state: int = 0,
) -> FullRanking:
    """What would the metrics be among n sampled negatives, as many papers report them?

    Each relevant item is ranked against ``n_negatives`` of the user's candidates that are not
    relevant, drawn without replacement and for each item anew; a user's value is the mean over
    their items (He et al. 2017, https://doi.org/10.1145/3038912.3052569). The counts of the full
    ranking say how many of these candidates stand above the item, so how many of the sample do is
    hypergeometric, and no score is needed.

    Such a metric is not a small version of the full one: it can order two models the other way
    (Krichene and Rendle 2020, https://doi.org/10.1145/3394486.3403226).

    Parameters
    ----------
    ranking : FullRanking
        Of all candidates.
    n_negatives : int
    metrics : sequence of str
        As for :func:`~mmnotes.evaluate.ranking.rank_metrics`.
    random_state : int

    Returns
    -------
    FullRanking
        Chance, too, is among the sample. ``ranks`` has one group for each relevant item.

    Raises
    ------
    InputError
        If ``n_negatives`` is below 1, or beyond a user's candidates that are not relevant.

    Examples
    --------
    >>> from mmnotes.evaluate import full_ranking
    >>> scores = np.arange(1000.0)[None]
    >>> all_items = full_ranking(lambda users: scores, ([0], [949]), n_items=1000)
    >>> print(all_items)
    recall@20 0.0000 (chance 0.0200) over 1 users, among all items (1,000)
    ndcg@20 0.0000 (chance 0.0070) over 1 users, among all items (1,000)
    >>> print(sampled_ranking(all_items, metrics=["recall@20"]))
    recall@20 1.0000 (chance 0.2000) over 1 users, among 99 sampled of all items (100)
    """
    ranks = ranking.ranks
    sampled = _sample(ranks, n_negatives, np.random.default_rng(random_state))
    users = ranks.groups[ranks.group]
    name = f"{n_negatives} sampled of {ranking.candidates.name}"
    return FullRanking(
        metrics=_by_user(sampled, users, metrics),
        chance=_by_user(sampled.constant(), users, metrics),
        candidates=replace(ranking.candidates, name=name),
        n_candidates=n_negatives + 1,
        ranks=sampled,
        n_left_out=ranking.n_left_out,
        n_outside=ranking.n_outside,
    )


def _sample(ranks: Ranks, n_negatives: int, rng: np.random.Generator) -> Ranks:
    """One group for each relevant item: itself and its sampled negatives."""
    negatives = (ranks.sizes - ranks.n_relevant)[ranks.group]
    short = np.flatnonzero(negatives < n_negatives)
    if n_negatives < 1:
        raise InputError(f"n_negatives must be a whole number from 1, not {n_negatives!r}")
    if len(short):
        raise InputError(
            f"user {ranks.groups[ranks.group[short[0]]]} has {negatives[short[0]]} candidates that "
            f"are not relevant: too few to draw {n_negatives} of them ({len(short)} items in all)"
        )
    above, tied = ranks.above - ranks.runs.before, ranks.tied - ranks.runs.length
    drawn_above = rng.hypergeometric(above, negatives - above, n_negatives)
    drawn_tied = rng.hypergeometric(tied, negatives - above - tied, n_negatives - drawn_above)
    item = np.arange(len(above))
    sizes = np.full(len(item), n_negatives + 1)
    return Ranks(item, sizes, item, ranks.grade, drawn_above, drawn_tied + 1)


def _by_user(ranks: Ranks, users: np.ndarray, metrics: Sequence[str]) -> dict[str, PerUser]:
    values = measure_all(ranks, metrics)
    return {name: per_user(value, users[value.groups]) for name, value in values.items()}
