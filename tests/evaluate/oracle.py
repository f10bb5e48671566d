"""Ranking metrics from their definitions, one group in one order at a time: slow and plain."""

from itertools import pairwise, permutations

import numpy as np


def _dcg(gains, k):
    return sum(gain / np.log2(rank + 2) for rank, gain in enumerate(gains[:k]))


def _precision(labels, k):
    return sum(label > 0 for label in labels[:k]) / k


def _precisions(labels, k):
    """Precision at each relevant row's rank up to k, summed."""
    return sum(_precision(labels, rank + 1) for rank, y in enumerate(labels[:k]) if y > 0)


def _relevant(labels):
    return sum(label > 0 for label in labels)


def dcg(labels, k):
    return _dcg(labels, k)


def ndcg(labels, k):
    return _dcg(labels, k) / _dcg(sorted(labels, reverse=True), k)


def ndcg_exp(labels, k):
    return ndcg([2**label - 1 for label in labels], k)


def dcg_exp(labels, k):
    return _dcg([2**label - 1 for label in labels], k)


def ndcg_lattice(labels, k, shortest=20):
    retrieved = [float(label > 0) for label in labels[: max(k, shortest)]]
    best = _dcg(sorted(retrieved, reverse=True), k)
    return _dcg(retrieved, k) / best if best else 0.0


def recall(labels, k):
    return _relevant(labels[:k]) / _relevant(labels)


def precision(labels, k):
    return _precision(labels, k)


def average_precision(labels, k):
    return _precisions(labels, k) / min(k, _relevant(labels))


def trec_average_precision(labels, k):
    return _precisions(labels, k) / _relevant(labels)


def reciprocal_rank(labels, k):
    return next((1 / (rank + 1) for rank, label in enumerate(labels[:k]) if label > 0), 0.0)


def hit(labels, k):
    return float(any(label > 0 for label in labels[:k]))


def auc(labels, k):
    pairs = [
        label > 0
        for rank, label in enumerate(labels)
        for other in labels[rank + 1 :]
        if (label > 0) != (other > 0)
    ]
    return sum(pairs) / len(pairs)


OF_ORDER = {
    "ndcg": ndcg,
    "ndcg-exp": ndcg_exp,
    "ndcg-lattice": ndcg_lattice,
    "dcg": dcg,
    "dcg-exp": dcg_exp,
    "recall": recall,
    "precision": precision,
    "map": average_precision,
    "map-trec": trec_average_precision,
    "mrr": reciprocal_rank,
    "hit": hit,
    "auc": auc,
}


def orders(scores):
    """Every order of the rows that the scores allow."""
    return [
        order
        for order in permutations(range(len(scores)))
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]


def over_orders(kind, scores, labels, k):
    """A metric of every order that the scores allow, one group, (n_orders,)."""
    labels = list(labels)
    return np.array([OF_ORDER[kind]([labels[i] for i in order], k) for order in orders(scores)])
