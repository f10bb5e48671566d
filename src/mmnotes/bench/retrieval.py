"""Work: Recall@20 and NDCG@20 of every user among all items, with those seen in training hidden."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from mmnotes.bench import retrieval_peers as peers
from mmnotes.bench.logs import NO_DEPS
from mmnotes.bench.works import OURS, Arrays, Implementation, Ranges, Work

_DIMENSIONS = 64
_SEEN, _MORE_RELEVANT = 6, 0.1  # items that a user has seen; how likely a second relevant one is


def make_vectors(n_users: int, n_items: int) -> dict[str, np.ndarray]:
    """Random vectors and pairs in the shape of a dataset; popular items are taken more often.

    Parameters
    ----------
    n_users, n_items : int

    Returns
    -------
    dict
        ``users`` (n_users, 64) and ``items`` (n_items, 64) float32; ``seen`` and ``truth``
        (n_pairs, 2) int64, users and items, each pair once and in one of the two.
    """
    rng = np.random.default_rng(0)
    popularity = 1 / (np.arange(n_items) + 20.0)
    drawn = rng.choice(n_items, (n_users, _SEEN + 2), p=popularity / popularity.sum())
    user, turn = np.divmod(np.arange(drawn.size), _SEEN + 2)
    kept = np.unique(user * n_items + drawn.ravel(), return_index=True)[1]
    pairs = np.stack([user, drawn.ravel()], axis=1)[kept]
    second = (turn[kept] == 1) & (rng.random(n_users) < _MORE_RELEVANT)[user[kept]]
    is_truth = (turn[kept] == 0) | second
    items = rng.normal(size=(n_items, _DIMENSIONS)).astype(np.float32)
    users = rng.normal(size=(n_users, _DIMENSIONS)) + 0.3 * items[drawn[:, 0]]
    return {
        "users": users.astype(np.float32),
        "items": items,
        "seen": pairs[~is_truth],
        "truth": pairs[is_truth],
    }


def conventions(arrays: Arrays) -> Iterable[tuple[str, Ranges]]:
    """What ours gives if recall is pooled over users."""
    ranks = peers.rank(arrays).ranks
    relevant = np.bincount(ranks.group)
    hits = peers.rank(arrays)["recall@20"].values * relevant
    pooled = hits.sum() / np.minimum(relevant, peers.K).sum()
    words = "called precision there: hits of all users over the hits that k places could hold"
    yield words, {"recall@20": (pooled, pooled)}


_IMPLEMENTATIONS = (
    Implementation(OURS, peers.ours, "mmnotes.evaluate.full"),
    Implementation(
        "PyTorch: the matrix product alone", peers.product, "torch", about="part of the work"
    ),
    Implementation(
        "PyTorch: the product and torch.topk",
        partial(peers.product, top=True),
        "torch",
        about="part of the work: nothing hidden, nothing looked up",
    ),
    Implementation(
        "PyTorch: top list in blocks", peers.blocks, "torch", about="what one would write"
    ),
    Implementation(
        "RecBole",
        peers.recbole,
        "recbole.evaluator",
        hint="pip install --no-deps recbole absl-py colorama colorlog protobuf tensorboard "
        "texttable",
        about="with numpy.float put back, which it uses and NumPy 1.24 took away",
    ),
    Implementation("implicit", peers.implicit, "implicit.evaluation"),
    Implementation(
        "pytrec-eval, from top lists", peers.pytrec_eval, "pytrec_eval", "pytrec-eval-terrier"
    ),
    Implementation("ranx, from top lists", peers.ranx, "ranx"),
    Implementation(
        "recommenders, from top lists",
        peers.recommenders,
        "recommenders.evaluation.python_evaluation",
        hint=NO_DEPS,
    ),
)

WORKS = tuple(
    Work(
        f"Recall@20 and NDCG@20, {{size:,}} users × {n_items:,} items ({shape})",
        size=n_users,
        quick=n_users // 10,
        make=partial(make_vectors, n_items=n_items),
        implementations=_IMPLEMENTATIONS,
        variants=conventions,
    )
    for shape, n_users, n_items in (
        ("as Amazon Baby", 19_445, 7_050),
        ("as Amazon Clothing", 39_387, 23_033),
    )
)
