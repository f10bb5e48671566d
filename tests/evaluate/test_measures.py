"""Each metric against its definition, over every order that ties allow."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from mmnotes.errors import InputError
from mmnotes.evaluate import Ranks, rank_metrics
from mmnotes.evaluate import lattice as lattice_module
from mmnotes.evaluate.measures import MEASURES, measure, measure_all
from mmnotes.evaluate.ranks import check_ties


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


def ndcg_lattice(labels, k):
    retrieved = [float(label > 0) for label in labels[: max(k, lattice_module._SHORTEST)]]
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


def over_orders(kind, scores, labels, k):
    """A metric of every order that the scores allow, one group, (n_orders,)."""
    allowed = [
        order
        for order in permutations(range(len(scores)))
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    return np.array([OF_ORDER[kind]([labels[row] for row in order], k) for order in allowed])


@st.composite
def one_group(draw, max_rows=6, grades=3):
    """Scores, labels with a relevant row and one that is not, and a k."""
    n_rows = draw(st.integers(2, max_rows))
    scores = draw(st.lists(st.integers(0, 2), min_size=n_rows, max_size=n_rows))
    labels = draw(st.lists(st.integers(0, grades), min_size=n_rows, max_size=n_rows))
    labels[draw(st.integers(0, n_rows - 1))] = 0
    if not any(labels):
        labels[labels.index(0) - 1] = 1
    return np.array(scores, dtype=float), labels, draw(st.integers(1, n_rows + 2))


def ours(name, scores, labels, ties="average"):
    return rank_metrics(scores, labels, np.zeros(len(scores)), [name], ties)[name].values


@pytest.mark.parametrize("kind", OF_ORDER)
@given(group=one_group())
@settings(max_examples=20, deadline=None)
def test_expected_value_is_the_mean_over_all_orders(kind, group):
    scores, labels, k = group
    expected = over_orders(kind, scores, labels, k)
    name = kind if kind == "auc" else f"{kind}@{k}"
    assert ours(name, scores, labels) == pytest.approx([expected.mean()], abs=1e-12)


@pytest.mark.parametrize("kind", sorted(set(OF_ORDER) - {"ndcg-lattice"}))
@given(group=one_group())
@settings(max_examples=20, deadline=None)
def test_best_and_worst_are_the_ends_over_all_orders(kind, group):
    scores, labels, k = group
    expected = over_orders(kind, scores, labels, k)
    name = kind if kind == "auc" else f"{kind}@{k}"
    assert ours(name, scores, labels, "best") == pytest.approx([expected.max()], abs=1e-12)
    assert ours(name, scores, labels, "worst") == pytest.approx([expected.min()], abs=1e-12)


@pytest.mark.parametrize("kind", ["ndcg", "ndcg-exp", "dcg", "dcg-exp", "map", "mrr"])
@given(group=one_group(max_rows=5))
@settings(max_examples=20, deadline=None)
def test_without_k_the_whole_list_counts(kind, group):
    scores, labels, _ = group
    expected = over_orders(kind, scores, labels, len(labels)).mean()
    assert ours(kind, scores, labels) == pytest.approx([expected], abs=1e-12)


@given(group=one_group())
@settings(max_examples=60, deadline=None)
def test_lattice_ndcg_where_ties_straddle_the_end_of_its_list(group):
    scores, labels, k = group
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lattice_module, "_SHORTEST", 3)
        expected = over_orders("ndcg-lattice", scores, labels, k).mean()
        assert ours(f"ndcg-lattice@{k}", scores, labels) == pytest.approx([expected], abs=1e-12)


def test_lattice_ndcg_flatters_whoever_finds_little():
    scores, labels = -np.arange(40.0), np.zeros(40)
    labels[[0, 30, 31, 32, 33]] = 1  # the first of five is found, and stands first
    assert ours("ndcg-lattice@20", scores, labels) == 1
    assert ours("ndcg@20", scores, labels) == pytest.approx(
        1 / (1 / np.log2(np.arange(2, 7))).sum()
    )
    labels[30:] = 0  # with one relevant row the two agree
    assert ours("ndcg-lattice@10", scores, labels) == ours("ndcg@10", scores, labels)


def constant(n_rows, n_relevant):
    """Ranks of one group under a constant scorer."""
    group = np.zeros(n_relevant, int)
    ranks = Ranks(np.array([0]), np.array([n_rows]), group, group + 1.0, group, group + n_rows)
    assert (ranks.runs.length == n_relevant).all()
    return ranks


def test_first_relevant_row_in_long_runs_of_ties():
    for n_rows, n_relevant, k in ((7050, 3, 20), (1_000_000, 100_000, 7), (5000, 4999, 3)):
        expected = 1 - hypergeom.pmf(0, n_rows, n_relevant, k)
        got = measure(constant(n_rows, n_relevant), f"hit@{k}").values
        assert got == pytest.approx([expected], rel=1e-9)
    # One relevant row: the mean of 1 / rank; as many as can be: rank 1.
    harmonic = (1 / np.arange(1, 100_001)).sum() / 100_000
    assert measure(constant(100_000, 1), "mrr").values == pytest.approx([harmonic])
    assert measure(constant(500, 500), "mrr").values == [1]


def test_runs_of_different_lengths_go_through_in_blocks(monkeypatch):
    """Many runs of ties beside a long one: the same with blocks of one run and with one block."""
    rng = np.random.default_rng(0)
    groups = np.append(np.repeat(np.arange(300), 5), np.full(4000, 300))
    scores, labels = rng.integers(0, 2, len(groups)), rng.random(len(groups)) < 0.3
    whole = rank_metrics(scores, labels, groups, ["mrr"])["mrr"].values
    monkeypatch.setattr("mmnotes.evaluate.firsts._BLOCK", 50)
    assert rank_metrics(scores, labels, groups, ["mrr"])["mrr"].values == pytest.approx(whole)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ncdg@10", f"no metric 'ncdg@10'; there are {', '.join(MEASURES)}"),
        ("recall", "'recall' needs a whole number from 1 as its k, as in 'recall@10'"),
        ("recall@", "needs a whole number"),
        ("ndcg@0", "needs a whole number"),
        ("ndcg@-3", "needs a whole number"),
        ("ndcg@2.5", "needs a whole number"),
        ("ndcg@²", "needs a whole number"),
        ("auc@10", "auc looks at the whole list and takes no k"),
        (10, "no metric 10"),
    ],
)
def test_bad_names(name, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        measure(constant(10, 2), name)


def test_one_name_is_no_list_of_names():
    with pytest.raises(InputError, match=r"a list of names, as in \['ndcg@10'\]"):
        measure_all(constant(10, 2), "ndcg@10")


def test_tie_rules_by_name():
    ranks = constant(10, 2)
    assert ranks.resolved("average") is ranks
    assert sorted(ranks.resolved("best").above) == [0, 1]
    assert sorted(ranks.resolved("worst").above) == [8, 9]
    with pytest.raises(InputError, match="not 'id'"):
        ranks.resolved("id")
    with pytest.raises(InputError, match="one of average, best, worst, id, not 'first'"):
        check_ties("first")


def test_grades_beyond_exponential_gain():
    with pytest.raises(InputError, match="a grade of 2000 is beyond exponential gain"):
        rank_metrics([2.0, 1.0], [2000, 1], [0, 0], ["ndcg-exp@10"])
