"""Work: NDCG@10 with Recall@20 of impression logs, one value a group, averaged over groups."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from mmnotes.bench import log_peers as peers
from mmnotes.bench.works import OURS, Arrays, Implementation, Ranges, Values, Work

NO_DEPS = "pip install --no-deps recommenders (it asks for pandas below 3)"
_SMALLEST, _LARGEST = 10, 30  # rows of a group
_RELEVANT = 0.1  # of the rows


def make_log(n_groups: int, ties: bool = False) -> dict[str, np.ndarray]:
    """An impression log as a reader has it: three columns, groups in order.

    Parameters
    ----------
    n_groups : int
    ties : bool
        If so, scores have one decimal, and some groups have no relevant row. If not, no two scores
        of a group are equal, and each group has a relevant row: nothing on which conventions could
        differ.

    Returns
    -------
    dict
        ``scores`` (n_rows,) float32, log-odds; ``labels`` (n_rows,) int8, 0 or 1; ``groups``
        (n_rows,) int64.
    """
    rng = np.random.default_rng(0)
    sizes = rng.integers(_SMALLEST, _LARGEST + 1, n_groups)
    groups = np.repeat(np.arange(n_groups), sizes)
    place = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    labels = rng.random(len(groups)) < _RELEVANT
    if not ties:
        labels |= place == np.repeat(rng.integers(0, _SMALLEST, n_groups), sizes)
    scores = rng.normal(size=len(groups)) + 0.7 * labels - 1
    different = (np.round(scores * 2**14) * 32 + place) / 2**19  # and exact in float32
    scores = np.round(scores, 1) if ties else different
    return {"scores": scores.astype(np.float32), "labels": labels.astype(np.int8), "groups": groups}


def conventions(arrays: Arrays) -> Iterable[tuple[str, Ranges]]:
    """What ours gives under other rules for ties and for groups without a relevant row."""
    rows = np.arange(len(arrays["scores"]))
    for rule, ties, ids in (
        ("", "average", None),
        ("ties in input order", "id", rows),
        ("ties in the reverse of input order", "id", -rows),
    ):
        for other, values in _countings(arrays, ties, ids):
            words = ", ".join(part for part in (rule, other) if part)
            yield words, {name: (value, value) for name, value in values.items()}
    worst, best = (_countings(arrays, ties, None) for ties in ("worst", "best"))
    for (other, low), (_, high) in zip(worst, best, strict=True):
        words = "ties in an order of its own" + (f", {other}" if other else "")
        yield words, {name: (low[name], high[name]) for name in low}


def _countings(arrays: Arrays, ties: str, ids: np.ndarray | None) -> Iterable[tuple[str, Values]]:
    """Means over groups, however those without a relevant row and certain hits are counted."""
    from mmnotes.evaluate import rank_metrics

    metrics = tuple(peers.METRICS)
    by_name = rank_metrics(arrays["scores"], arrays["labels"], arrays["groups"], metrics, ties, ids)
    kept = len(by_name["ndcg@10"].values)
    n_groups = len(np.unique(arrays["groups"]))
    sums = {name: value.values.sum() for name, value in by_name.items()}
    positive = {"recall@20": _recall_of_positive(arrays, ties, ids).sum()}
    zero = "groups without a relevant row count 0"
    dropped = "hits whose score is not above 0 are dropped"
    yield "", {name: total / kept for name, total in sums.items()}
    yield zero, {name: total / n_groups for name, total in sums.items()}
    yield dropped, {name: total / kept for name, total in positive.items()}
    yield f"{zero}, {dropped}", {name: total / n_groups for name, total in positive.items()}


def _recall_of_positive(arrays: Arrays, ties: str, ids: np.ndarray | None) -> np.ndarray:
    """Recall@20 of groups that have a hit with a score above 0, as if the other hits were none."""
    from mmnotes.evaluate import recall_at_k

    above = arrays["labels"] * (arrays["scores"] > 0)
    recall = recall_at_k(arrays["scores"], above, arrays["groups"], 20, ties, ids)
    n_above, n_relevant = (
        np.bincount(arrays["groups"], weights=labels)[recall.groups]
        for labels in (above, arrays["labels"])
    )
    return recall.values * n_above / n_relevant


_FAST = (
    Implementation(OURS, peers.ours, "mmnotes.evaluate.ranking"),
    Implementation(
        "NumPy, padded", peers.padded, "numpy", about="no averaging of ties: what one would write"
    ),
    Implementation("scikit-learn, padded", peers.scikit_learn, "sklearn.metrics", "scikit-learn"),
    Implementation(
        "scikit-learn, padded, ignore_ties",
        partial(peers.scikit_learn, ignore_ties=True),
        "sklearn.metrics",
        "scikit-learn",
    ),
    Implementation("pytrec-eval", peers.pytrec_eval, "pytrec_eval", "pytrec-eval-terrier"),
    Implementation("ranx", peers.ranx, "ranx"),
    Implementation(
        "recommenders",
        peers.recommenders,
        "recommenders.evaluation.python_evaluation",
        hint=NO_DEPS,
    ),
)
_SLOW = (
    Implementation(
        "scikit-learn, in a loop", peers.scikit_learn_loop, "sklearn.metrics", "scikit-learn"
    ),
    Implementation("torchmetrics", peers.torchmetrics, "torchmetrics.retrieval"),
)

WORKS = (
    Work(
        "NDCG@10 with Recall@20, {size:,} impressions of 10 to 30 rows",
        size=200_000,
        quick=20_000,
        make=make_log,
        implementations=_FAST,
        variants=conventions,
    ),
    Work(
        "NDCG@10 with Recall@20, {size:,} impressions with ties, some without a relevant row",
        size=20_000,
        quick=2_000,
        make=partial(make_log, ties=True),
        implementations=_FAST + _SLOW,
        variants=conventions,
    ),
)
