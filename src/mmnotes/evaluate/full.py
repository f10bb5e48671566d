"""Full ranking: every user's relevant items against all candidates, in blocks, without a top list.

A metric needs where the relevant items stand, so for each of them the candidates with a greater
score are counted. That reads every score once or twice; picking a top list reads them, and then
also moves what it picked.
"""

from collections.abc import Sequence

import numpy as np
import torch

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate.counting import Block, count
from mmnotes.evaluate.measures import check_metrics
from mmnotes.evaluate.protocol import Candidates, FullRanking, Pairs, Task, by_user, make_task
from mmnotes.evaluate.ranks import Ranks, check_ties, inverse
from mmnotes.evaluate.scorers import FunctionScorer, ScoreFunction, Scorer, Vectors, VectorScorer

_CELLS = {"cpu": 2**21, "cuda": 2**26}  # scores held at once: a CPU's cache, or a GPU kept busy
_FEWEST_ROWS = 16  # below this a product of matrices slows down


def full_ranking(
    scorer: Vectors | ScoreFunction,
    truth: Pairs,
    seen: Pairs | None = None,
    candidates: Candidates | None = None,
    metrics: Sequence[str] = ("recall@20", "ndcg@20"),
    ties: str = "average",
    block_rows: int | None = None,
    device: str = "auto",
    n_items: int | None = None,
) -> FullRanking:
    """How well does a model rank all candidates for each user?

    Parameters
    ----------
    scorer : (user vectors (n_users, d), item vectors (n_items, d)), or function
        Arrays or tensors, whose inner products are the scores; or a function from users (m,) int to
        scores (m, n_items), such as a recommender's ``score``, asked in blocks and in no particular
        order. Higher is better.
    truth : Interactions, or users and items (n_pairs,) int
        Who took what in the test. A pair that occurs twice counts once.
    seen : likewise, optional
        Pairs that are not ranked, as a rule those of the training part. Users that are in the truth
        and not here are ranked on all candidates.
    candidates : Candidates, optional
        The items that are ranked; all of them if not given.
    metrics : sequence of str
        As for :func:`~mmnotes.evaluate.ranking.rank_metrics`.
    ties : {"average", "best", "worst", "id"}
        Likewise; ``"id"`` puts the smaller item number first.
    block_rows : int, optional
        Users scored at once; candidates by memory if not given.
    device : str
        ``"auto"``: where the tensors are; for arrays a GPU if torch sees one.
    n_items : int, optional
        For a function, where neither truth nor seen knows it.

    Returns
    -------
    FullRanking
        Metrics by user, with what chance makes of them. Users without a relevant candidate are
        left out and counted.

    Raises
    ------
    InputError
        Empty truth; ids that are out of range or no whole numbers; a pair in both truth and seen;
        NaN in vectors or scores; an unknown metric, tie rule or device.

    References
    ----------
    Krichene and Rendle (2020), https://doi.org/10.1145/3394486.3403226, on why all of them.

    Examples
    --------
    >>> users, items = np.eye(2), np.array([[3.0, 0.0], [2.0, 1.0], [1.0, 1.0]])
    >>> print(full_ranking((users, items), ([0, 1], [1, 2]), ([0], [0]), metrics=["recall@1"]))
    recall@1 0.7500 (chance 0.4167) over 2 users, among all items (3)
    """
    check_ties(ties)
    check_metrics(metrics)
    n_users, n_items = _sizes(scorer, truth, seen, n_items)
    if candidates is None:
        candidates = Candidates("all items", np.arange(n_items))
    candidates = candidates.within(n_items)
    task = make_task(truth, seen, candidates, n_users, n_items)
    with torch.no_grad():
        if callable(scorer):
            model: Scorer = FunctionScorer(scorer, n_items, candidates, task.users[:1], device)
        else:
            model = VectorScorer(scorer[0], scorer[1], candidates, device)
        rows = _block_rows(block_rows, len(candidates), model.device)
        above, tied = _count(model, task, len(candidates), rows, ties == "id")
    ranks = _ranks(task, len(candidates), above, tied)
    ranks = ranks if ties == "id" else ranks.resolved(ties)
    return FullRanking(
        metrics=by_user(ranks, metrics),
        chance=by_user(ranks.constant(), metrics),
        candidates=candidates,
        n_candidates=len(candidates),
        ranks=ranks,
        n_left_out=task.n_left_out,
        n_outside=task.n_outside,
    )


def _sizes(
    scorer: Vectors | ScoreFunction, truth: Pairs, seen: Pairs | None, n_items: int | None
) -> tuple[int, int]:
    """Numbers of users and items, agreed between all that know them."""
    known = {} if n_items is None else {"n_items": n_items}
    if not callable(scorer):
        if len(scorer) != 2:
            raise InputError("scorer must be (user vectors, item vectors) or a function of users")
        known["the item vectors"] = len(scorer[1])
    for name, pairs in (("truth", truth), ("seen", seen)):
        if isinstance(pairs, Interactions):
            known[name] = pairs.n_items
    if not known:
        raise InputError("how many items are there? Give n_items, or truth as Interactions")
    if len(set(known.values())) > 1:
        raise InputError(f"the numbers of items differ: {known}")
    n_items = max(next(iter(known.values())), 1)
    # Of a function's users nothing is known but that user * n_items must fit into 64 bits.
    n_users = np.iinfo(np.int64).max // n_items if callable(scorer) else len(scorer[0])
    return n_users, n_items


def _block_rows(asked: int | None, n_candidates: int, device: torch.device) -> int:
    if asked is None:
        cells = _CELLS.get(device.type, _CELLS["cpu"])
        return max(cells // n_candidates, _FEWEST_ROWS)
    if asked < 1:
        raise InputError(f"block_rows must be a whole number from 1, not {asked!r}")
    return asked


def _ranks(task: Task, n_candidates: int, above: np.ndarray, tied: np.ndarray) -> Ranks:
    """Counts of relevant items as ranks, users ascending."""
    by_id = np.argsort(task.users)
    sizes = n_candidates - np.diff(task.hidden_starts)
    group = np.repeat(inverse(by_id), np.diff(task.relevant_starts))
    return Ranks(task.users[by_id], sizes[by_id], group, np.ones(len(group)), above, tied)


def _count(
    model: Scorer, task: Task, n_candidates: int, rows: int, by_id: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Candidates above and tied with each relevant item, (n_relevant,) int each."""
    n_users = len(task.users)
    scores = torch.empty(min(rows, n_users), n_candidates, dtype=model.dtype, device=model.device)
    work = torch.empty_like(scores)
    above: list[torch.Tensor] = []
    tied: list[torch.Tensor] = []
    for start in range(0, n_users, rows):
        users = slice(start, min(start + rows, n_users))
        block = _block(model, task, users, scores, work)
        for kept, counted in zip((above, tied), count(block, by_id), strict=True):
            kept.append(counted)
    return torch.cat(above).cpu().numpy(), torch.cat(tied).cpu().numpy()


def _block(
    model: Scorer, task: Task, users: slice, scores: torch.Tensor, work: torch.Tensor
) -> Block:
    """Score some users, and hide what they have seen."""
    m = users.stop - users.start
    scores, work = scores[:m], work[:m]
    model.fill(task.users[users], scores)
    starts = task.hidden_starts[users.start : users.stop + 1]
    n_hidden = np.diff(starts)
    row = torch.from_numpy(np.repeat(np.arange(m), n_hidden)).to(model.device)
    column = torch.from_numpy(task.hidden[starts[0] : starts[-1]]).to(model.device)
    scores[row, column] = torch.nan
    there = torch.from_numpy(scores.shape[1] - n_hidden).to(model.device)
    starts = task.relevant_starts[users.start : users.stop + 1]
    column = torch.from_numpy(task.relevant[starts[0] : starts[-1]]).to(model.device)
    return Block(scores, work, np.diff(starts), column, there)
