"""Three witnesses for each metric: its definition, scikit-learn, and properties that must hold."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from mmnotes.errors import InputError
from mmnotes.evaluate import PerGroup, chance_ndcg, ndcg_at_k, recall_at_k
from mmnotes.evaluate.ranking import TIES

METRICS = (ndcg_at_k, recall_at_k)


def ndcg_of_order(labels, k):
    """NDCG@k of labels in ranked order, from the definition, one group."""
    best = sorted(labels, reverse=True)
    gain = sum(label / np.log2(rank + 2) for rank, label in enumerate(labels[:k]))
    return gain / sum(label / np.log2(rank + 2) for rank, label in enumerate(best[:k]))


def recall_of_order(labels, k):
    """Recall@k of labels in ranked order, from the definition, one group."""
    return sum(label > 0 for label in labels[:k]) / sum(label > 0 for label in labels)


OF_ORDER = {ndcg_at_k: ndcg_of_order, recall_at_k: recall_of_order}


def by_permutations(metric, scores, labels, k):
    """The metric of every order that the scores allow: its mean, best and worst, one group."""
    values = [
        OF_ORDER[metric]([labels[row] for row in order], k)
        for order in permutations(range(len(scores)))
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    return {"average": np.mean(values), "best": max(values), "worst": min(values)}


@st.composite
def one_group(draw, max_rows=6, grades=3):
    n_rows = draw(st.integers(1, max_rows))
    scores = draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows))
    labels = draw(st.lists(st.integers(0, grades), min_size=n_rows, max_size=n_rows).filter(any))
    return np.array(scores, dtype=float), np.array(labels), draw(st.integers(1, n_rows + 2))


@st.composite
def log(draw):
    """Several groups with ties, rows of a group apart from each other."""
    n_rows = draw(st.integers(2, 40))
    groups, scores, labels = (
        np.array(draw(st.lists(st.integers(0, top), min_size=n_rows, max_size=n_rows)))
        for top in (5, 4, 1)
    )
    labels[0] = 1
    return scores.astype(float), labels, groups, draw(st.integers(1, 12))


@pytest.mark.parametrize("metric", METRICS)
@given(group=one_group())
@settings(max_examples=60, deadline=None)
def test_agrees_with_every_order_of_ties(metric, group):
    scores, labels, k = group
    expected = by_permutations(metric, scores, labels, k)
    for ties, value in expected.items():
        got = metric(scores, labels, np.zeros(len(scores)), k, ties=ties)
        assert got.values == pytest.approx([value], abs=1e-12), ties


@given(group=one_group(max_rows=12))
@settings(max_examples=100, deadline=None)
def test_ndcg_agrees_with_scikit_learn(group):
    scores, labels, k = group
    if len(scores) < 2:  # scikit-learn wants two documents
        return
    expected = ndcg_score(labels[None], scores[None], k=k)
    assert ndcg_at_k(scores, labels, np.ones(len(scores)), k).values == pytest.approx([expected])


def test_recall_agrees_with_scikit_learn_top_k():
    from sklearn.metrics import top_k_accuracy_score

    rng = np.random.default_rng(0)
    scores, target = rng.random((200, 8)), rng.integers(0, 8, 200)
    labels = np.arange(8) == target[:, None]
    groups = np.repeat(np.arange(200), 8)
    ours = recall_at_k(scores.ravel(), labels.ravel(), groups, k=3).values
    assert ours.mean() == pytest.approx(top_k_accuracy_score(target, scores, k=3, labels=range(8)))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("ties", TIES)
@given(log=log(), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_properties(metric, ties, log, seed):
    scores, labels, groups, k = log
    got = metric(scores, labels, groups, k, ties)
    # bounds, and every group accounted for once
    assert ((got.values >= 0) & (got.values <= 1 + 1e-12)).all()
    assert len(got) + got.n_left_out == len(np.unique(groups))
    assert got.groups.tolist() == sorted(set(groups[labels > 0].tolist()))
    # only the order of scores counts, and names of groups do not
    again = metric(np.exp(scores) * 3, labels, groups * 7 + 100, k, ties)
    assert again.values == pytest.approx(got.values)
    if ties != "order":  # the order of rows does not count
        shuffled = np.random.default_rng(seed).permutation(len(scores))
        again = metric(scores[shuffled], labels[shuffled], groups[shuffled], k, ties)
        assert again.values == pytest.approx(got.values)


@pytest.mark.parametrize("metric", METRICS)
@given(log=log())
@settings(max_examples=40, deadline=None)
def test_tie_rules_are_ordered(metric, log):
    scores, labels, groups, k = log
    value = {ties: metric(scores, labels, groups, k, ties).values for ties in TIES}
    for middle in ("average", "order"):
        assert (value["worst"] <= value[middle] + 1e-12).all()
        assert (value[middle] <= value["best"] + 1e-12).all()


@pytest.mark.parametrize("metric", METRICS)
@given(log=log(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_swapping_a_relevant_row_up_never_hurts(metric, log, data):
    scores, labels, groups, k = log
    relevant = data.draw(st.sampled_from(np.flatnonzero(labels).tolist()))
    rivals = np.flatnonzero(
        (groups == groups[relevant]) & (labels == 0) & (scores > scores[relevant])
    )
    if not len(rivals):
        return
    rival = data.draw(st.sampled_from(rivals.tolist()))
    swapped = scores.copy()
    swapped[[relevant, rival]] = scores[[rival, relevant]]
    before, after = (metric(s, labels, groups, k).values for s in (scores, swapped))
    assert (after >= before - 1e-12).all()


@given(log=log())
@settings(max_examples=40, deadline=None)
def test_k_beyond_the_group_changes_nothing(log):
    scores, labels, groups, _ = log
    for metric in METRICS:
        at_n, beyond = (metric(scores, labels, groups, k).values for k in (40, 4000))
        assert at_n == pytest.approx(beyond)
    assert recall_at_k(scores, labels, groups, 40).values == pytest.approx(1.0)


def test_ties_alone_move_ndcg():
    """The four equal scores of the peers' comparison: 0.6404 averaged, 0.4307 to 1 otherwise."""
    for labels in ([1, 0, 0, 0], [0, 0, 0, 1]):
        value = {t: ndcg_at_k(np.zeros(4), labels, np.zeros(4), 10, t).values[0] for t in TIES}
        assert value["average"] == pytest.approx(0.6404, abs=5e-5)
        assert value["worst"] == pytest.approx(0.4307, abs=5e-5)
        assert value["best"] == 1
        assert value["order"] == (1 if labels[0] else value["worst"])


def test_constant_scorer_is_chance():
    rng = np.random.default_rng(0)
    groups, labels = np.repeat(np.arange(3000), 8), rng.random(24_000) < 0.2
    chance = chance_ndcg(labels, groups, k=5)
    constant = ndcg_at_k(np.full(24_000, 0.3), labels, groups, k=5)
    random = ndcg_at_k(rng.random(24_000), labels, groups, k=5)
    assert (chance.values == constant.values).all()
    assert chance.values.mean() == pytest.approx(random.values.mean(), abs=0.01)
    assert chance.n_left_out == constant.n_left_out > 0


def test_float32_and_integer_scores_and_infinities():
    labels, groups = [0, 1, 0, 1], [0, 0, 1, 1]
    for scores in (
        np.array([2, 1, 1, 2], dtype=np.float32),
        np.array([2, 1, 1, 2], dtype=np.uint8),
        np.array([True, False, False, True]),
        np.array([np.inf, 0, -np.inf, 0]),
    ):
        assert recall_at_k(scores, labels, groups, k=1).values.tolist() == [0, 1]


def test_groups_may_be_words_and_unsorted():
    got = recall_at_k([1, 2, 3, 4], [1, 1, 0, 0], np.array(["b", "a", "a", "b"]), k=1)
    assert got.groups.tolist() == ["a", "b"]
    assert got.values.tolist() == [0, 0]


def test_recall_counts_every_grade_as_relevant():
    assert recall_at_k([3, 2, 1], [5, 0, 1], [0, 0, 0], k=1).values.tolist() == [0.5]


@pytest.mark.parametrize("metric", METRICS)
def test_no_relevant_row_at_all(metric):
    got = metric([1.0, 2.0], [0, 0], [0, 1])
    assert isinstance(got, PerGroup)
    assert (len(got), got.n_left_out) == (0, 2)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [1.0, np.nan]}, "scores: row 1 is NaN"),
        ({"scores": [1.0]}, r"\(n_rows,\) each, not .*'scores': \(1,\)"),
        ({"scores": np.zeros((2, 1))}, r"\(n_rows,\) each"),
        ({"labels": [1, 0, 0]}, r"'labels': \(3,\)"),
        ({"labels": [1, -1]}, "labels: row 1 must be a number from 0 up"),
        ({"labels": [np.nan, 1]}, "labels: row 0 must be a number"),
        ({"labels": [np.inf, 1]}, "labels: row 0 must be a number"),
        ({"groups": [0.0, np.nan]}, "groups: row 1 is NaN"),
        ({"scores": [], "labels": [], "groups": []}, "no row to rank"),
        ({"k": 0}, "k must be a whole number from 1, not 0"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"k": True}, "k must be a whole number"),
        ({"ties": "first"}, "ties must be one of average, best, worst, order, not 'first'"),
    ],
)
def test_bad_input(metric, change, message):
    good = {"scores": [1.0, 2.0], "labels": [0, 1], "groups": [0, 0]}
    with pytest.raises(InputError, match=message):
        metric(**{**good, **change})


def test_fast_and_small():
    """200,000 impressions of 10 to 30 items; the bounds are loose, to catch a loop over groups."""
    import time
    import tracemalloc

    rng = np.random.default_rng(0)
    sizes = rng.integers(10, 31, 200_000)
    groups = np.repeat(np.arange(200_000), sizes)
    scores, labels = rng.normal(size=len(groups)), rng.random(len(groups)) < 0.1
    start = time.process_time()
    ndcg_at_k(scores, labels, groups)
    assert time.process_time() - start < 2
    tracemalloc.start()
    ndcg_at_k(scores, labels, groups)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * 2**20
