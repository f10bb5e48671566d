"""Recall@20 and NDCG@20 among all items, as each package has it done.

Each function takes ``users`` (n_users, 64), ``items`` (n_items, 64), ``seen`` and ``truth``
(n_pairs, 2), and turns them into what the package wants to be given. Those that score nothing get
top lists, made in blocks with PyTorch.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from mmnotes.bench.log_peers import ranx_means, recommenders_means, trec_means
from mmnotes.bench.works import Arrays, Values
from mmnotes.evaluate import FullRanking, full_ranking

K = 20
METRICS = {"recall@20": K, "ndcg@20": K}
_ROWS = 512  # users scored at once


def ours(arrays: Arrays) -> Values:
    """Mean over users of what ``full_ranking`` gives."""
    ranking = rank(arrays)
    return {name: ranking[name].values.mean() for name in METRICS}


def rank(arrays: Arrays) -> FullRanking:
    """``full_ranking`` on these arrays."""
    truth, seen = arrays["truth"].T, arrays["seen"].T
    return full_ranking(
        (arrays["users"], arrays["items"]),
        (truth[0], truth[1]),
        (seen[0], seen[1]),
        metrics=tuple(METRICS),
        device="cpu",
    )


def product(arrays: Arrays, top: bool = False) -> Values:
    """Every user's score of every item, and nothing made of it, or its top list."""
    users, items = torch.from_numpy(arrays["users"]), torch.from_numpy(arrays["items"])
    scores = torch.empty(_ROWS, len(items))
    for block in users.split(_ROWS):
        torch.mm(block, items.T, out=scores[: len(block)])
        if top:
            torch.topk(scores[: len(block)], K)
    return {}


def blocks(arrays: Arrays) -> Values:
    """The page of PyTorch that one would write: hide, take the top list, look the hits up."""
    first, _ = _top_lists(arrays)
    n_items = len(arrays["items"])
    keys = np.arange(len(first))[:, None] * n_items + first
    hits = np.isin(keys, arrays["truth"] @ [n_items, 1])
    n_relevant = np.bincount(arrays["truth"][:, 0])
    discounts = 1 / np.log2(np.arange(2, K + 2))
    ideal = np.cumsum(discounts)[np.minimum(n_relevant, K) - 1]
    ndcg = hits @ discounts / ideal
    return {"recall@20": (hits.sum(axis=1) / n_relevant).mean(), "ndcg@20": ndcg.mean()}


def recbole(arrays: Arrays) -> Values:
    """RecBole's collector, block by block, and its evaluator."""
    vars(np).setdefault("float", float)
    from recbole.evaluator import Collector, Evaluator

    config = {
        "metrics": ["Recall", "NDCG"],
        "topk": [K],
        "device": torch.device("cpu"),
        "eval_args": {"mode": "full"},
        "metric_decimal_place": 4,  # its default
    }
    collector = Collector(config)
    truth = arrays["truth"]
    for start, scores in _blocks(arrays):
        inside = truth[slice(*np.searchsorted(truth[:, 0], [start, start + len(scores)]))]
        row, item = torch.from_numpy(inside - [start, 0]).T
        collector.eval_batch_collect(scores, None, row, item)
    return Evaluator(config).evaluate(collector.get_data_struct())


def implicit(arrays: Arrays) -> Values:
    """implicit's ``ranking_metrics_at_k`` on a model that has these vectors."""
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.evaluation import ranking_metrics_at_k
    from scipy.sparse import csr_matrix

    shape = len(arrays["users"]), len(arrays["items"])
    seen, truth = (
        csr_matrix((np.ones(len(pairs), np.float32), pairs.T), shape=shape)
        for pairs in (arrays["seen"], arrays["truth"])
    )
    model = AlternatingLeastSquares(factors=arrays["users"].shape[1], num_threads=1)
    model.user_factors, model.item_factors = arrays["users"], arrays["items"]
    values = ranking_metrics_at_k(model, seen, truth, K=K, show_progress=False, num_threads=1)
    return {"recall@20": values["precision"], "ndcg@20": values["ndcg"]}


def pytrec_eval(arrays: Arrays) -> Values:
    """trec_eval, from top lists as dicts of dicts."""
    return trec_means(*_dicts(arrays), METRICS)


def ranx(arrays: Arrays) -> Values:
    """ranx, likewise."""
    return ranx_means(*_dicts(arrays), METRICS)


def recommenders(arrays: Arrays) -> Values:
    """recommenders, from top lists as a frame."""
    first, scores = _top_lists(arrays)
    user = np.repeat(np.arange(len(first)), K)
    listed = pd.DataFrame({"userID": user, "itemID": first.ravel(), "prediction": scores.ravel()})
    truth = arrays["truth"]
    relevant = pd.DataFrame({"userID": truth[:, 0], "itemID": truth[:, 1], "rating": 1.0})
    return recommenders_means(relevant, listed, METRICS)


def _blocks(arrays: Arrays) -> Iterator[tuple[int, torch.Tensor]]:
    """Scores of some users, those seen in training hidden, with the number of the first."""
    users, items = torch.from_numpy(arrays["users"]), torch.from_numpy(arrays["items"])
    seen = arrays["seen"]
    scores = torch.empty(_ROWS, len(items))
    for start in range(0, len(users), _ROWS):
        block = users[start : start + _ROWS]
        torch.mm(block, items.T, out=scores[: len(block)])
        inside = seen[slice(*np.searchsorted(seen[:, 0], [start, start + len(block)]))]
        row, item = torch.from_numpy(inside - [start, 0]).T
        scores[row, item] = -torch.inf
        yield start, scores[: len(block)]


def _top_lists(arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Items of each user's top list and their scores, (n_users, 20) each."""
    scores, items = zip(*(torch.topk(scores, K) for _, scores in _blocks(arrays)), strict=True)
    return torch.cat(items).numpy(), torch.cat(scores).numpy()


def _dicts(arrays: Arrays) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Relevant items and top lists by user and item, in words."""
    relevant: dict[str, dict[str, int]] = {}
    for user, item in arrays["truth"].tolist():
        relevant.setdefault(str(user), {})[str(item)] = 1
    names = [str(item) for item in range(len(arrays["items"]))]
    first, scores = (part.tolist() for part in _top_lists(arrays))
    listed = {
        str(user): dict(zip([names[item] for item in items], of_user, strict=True))
        for user, (items, of_user) in enumerate(zip(first, scores, strict=True))
    }
    return relevant, listed
