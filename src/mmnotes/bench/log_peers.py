"""NDCG@10 with Recall@20 of an impression log, as each package has it done.

Each function takes ``scores``, ``labels``, ``groups`` (n_rows,) and turns them into what the
package wants to be given. Packages are imported where they are used: most are not installed.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mmnotes.bench.works import Arrays, Values

METRICS = {"ndcg@10": 10, "recall@20": 20}  # by name, with its k


def ours(arrays: Arrays) -> Values:
    """Mean over groups of what ``rank_metrics`` gives."""
    from mmnotes.evaluate import rank_metrics

    values = rank_metrics(arrays["scores"], arrays["labels"], arrays["groups"], tuple(METRICS))
    return {name: value.values.mean() for name, value in values.items()}


def padded(arrays: Arrays) -> Values:
    """The page of NumPy that one would write: sort a padded matrix."""
    scores, labels = _matrices(arrays)
    n_relevant = labels.sum(axis=1)
    scores, labels = scores[n_relevant > 0], labels[n_relevant > 0]
    n_relevant = n_relevant[n_relevant > 0].astype(np.int64)
    first = np.argsort(-scores, axis=1, kind="stable")[:, :20]
    hits = np.take_along_axis(labels, first, axis=1)  # (n_groups, 20)
    discounts = 1 / np.log2(np.arange(2, 12))
    ideal = np.cumsum(discounts)[np.minimum(n_relevant, 10) - 1]
    ndcg = hits[:, :10] @ discounts / ideal
    return {"ndcg@10": ndcg.mean(), "recall@20": (hits.sum(axis=1) / n_relevant).mean()}


def scikit_learn(arrays: Arrays, ignore_ties: bool = False) -> Values:
    """``ndcg_score`` of a padded matrix; there is no recall at k."""
    from sklearn.metrics import ndcg_score

    scores, labels = _matrices(arrays)
    return {"ndcg@10": ndcg_score(labels, scores, k=10, ignore_ties=ignore_ties)}


def scikit_learn_loop(arrays: Arrays) -> Values:
    """``ndcg_score`` group by group, without padding."""
    from sklearn.metrics import ndcg_score

    values = [
        ndcg_score(labels[None], scores[None], k=10)
        for scores, labels in _by_group(arrays)
        if labels.any()
    ]
    return {"ndcg@10": np.mean(values)}


def torchmetrics(arrays: Arrays) -> Values:
    """``RetrievalNormalizedDCG`` and ``RetrievalRecall``."""
    import torch
    from torchmetrics.retrieval import RetrievalNormalizedDCG, RetrievalRecall

    scores, labels, groups = (
        torch.from_numpy(arrays[name]) for name in ("scores", "labels", "groups")
    )
    metrics = {"ndcg@10": RetrievalNormalizedDCG(top_k=10), "recall@20": RetrievalRecall(top_k=20)}
    return {name: metric(scores, labels.long(), indexes=groups) for name, metric in metrics.items()}


def pytrec_eval(arrays: Arrays) -> Values:
    """trec_eval, from dicts of dicts."""
    return trec_means(*_dicts(arrays), METRICS)


def trec_means(
    relevant: dict[str, dict[str, int]],
    scored: dict[str, dict[str, float]],
    metrics: dict[str, int],
) -> Values:
    """Means over groups of trec_eval's measures; ``metrics`` are names with their k."""
    import pytrec_eval

    theirs = {"ndcg": "ndcg_cut", "recall": "recall"}
    called = {name: f"{theirs[name.partition('@')[0]]}_{k}" for name, k in metrics.items()}
    asked = {".".join(name.rsplit("_", 1)) for name in called.values()}
    values = pytrec_eval.RelevanceEvaluator(relevant, asked).evaluate(scored)
    return {
        name: np.mean([of_group[their] for of_group in values.values()])
        for name, their in called.items()
    }


def ranx(arrays: Arrays) -> Values:
    """ranx, from dicts of dicts."""
    return ranx_means(*_dicts(arrays), METRICS)


def ranx_means(
    relevant: dict[str, dict[str, int]],
    scored: dict[str, dict[str, float]],
    metrics: dict[str, int],
) -> Values:
    """Means over groups of ranx's measures; ``metrics`` are names with their k."""
    from ranx import Qrels, Run, evaluate

    return evaluate(Qrels(relevant), Run(scored), list(metrics), threads=1)


def recommenders(arrays: Arrays) -> Values:
    """recommenders, from two frames."""
    rows = np.arange(len(arrays["scores"]))
    frame = pd.DataFrame(
        {"userID": arrays["groups"], "itemID": rows, "prediction": arrays["scores"]}
    )
    relevant = frame.loc[arrays["labels"] > 0, ["userID", "itemID"]].assign(rating=1.0)
    return recommenders_means(relevant, frame, METRICS)


def recommenders_means(relevant: pd.DataFrame, scored: pd.DataFrame, k: dict[str, int]) -> Values:
    """Means over users of recommenders' measures; ``k`` by our name of the measure."""
    from recommenders.evaluation.python_evaluation import ndcg_at_k, recall_at_k

    theirs = {"ndcg": ndcg_at_k, "recall": recall_at_k}
    return {name: theirs[name.partition("@")[0]](relevant, scored, k=at) for name, at in k.items()}


def _matrices(arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Scores and labels as (n_groups, most rows), padded below everything and with 0."""
    groups = arrays["groups"]
    sizes = np.bincount(groups)
    place = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    scores = np.full((len(sizes), sizes.max()), arrays["scores"].min() - 1)
    labels = np.zeros(scores.shape, dtype=np.float32)
    scores[groups, place] = arrays["scores"]
    labels[groups, place] = arrays["labels"]
    return scores, labels


def _by_group(arrays: Arrays) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Scores and labels of each group."""
    ends = np.cumsum(np.bincount(arrays["groups"]))[:-1]
    return zip(np.split(arrays["scores"], ends), np.split(arrays["labels"], ends), strict=True)


def _dicts(arrays: Arrays) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Relevant rows and scored rows by group and name; groups without a relevant row left out."""
    names = [f"{row:02d}" for row in range(np.bincount(arrays["groups"]).max())]
    relevant, scored = {}, {}
    for number, (scores, labels) in enumerate(_by_group(arrays)):
        hits = np.flatnonzero(labels).tolist()
        if hits:
            relevant[str(number)] = {names[row]: 1 for row in hits}
            scored[str(number)] = dict(zip(names, scores.tolist(), strict=False))
    return relevant, scored
