"""Ranking metrics against other libraries, and properties that hold whatever the log."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    dcg_score,
    label_ranking_average_precision_score,
    ndcg_score,
    roc_auc_score,
    top_k_accuracy_score,
)

from mmnotes.errors import InputError
from mmnotes.evaluate import (
    PerGroup,
    auc,
    average_precision_at_k,
    chance,
    chance_ndcg,
    dcg_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    rank_metrics,
    recall_at_k,
    reciprocal_rank_at_k,
)
from mmnotes.evaluate.ranks import TIES

AT_K = (ndcg_at_k, recall_at_k, precision_at_k, average_precision_at_k, reciprocal_rank_at_k)
AT_K = (*AT_K, hit_rate_at_k)
NAMES = ("ndcg@3", "ndcg-exp@3", "ndcg-lattice@3", "recall@3", "precision@3", "map@3", "map-trec@3")
NAMES = (*NAMES, "map", "mrr@3", "mrr", "hit@3", "auc")


@st.composite
def log(draw, grades=2):
    """Several groups with ties, rows of a group apart from each other, and a k."""
    n_rows = draw(st.integers(2, 40))
    groups, scores, labels = (
        np.array(draw(st.lists(st.integers(0, top), min_size=n_rows, max_size=n_rows)))
        for top in (5, 4, grades)
    )
    labels[0] = 1
    return scores.astype(float), labels, groups, draw(st.integers(1, 12))


def groups_of(n_groups, n_rows, share=0.3, seed=0, ties=False):
    """A log of equal groups, each with a relevant row and one that is not, as matrices."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, (n_groups, n_rows)) if ties else rng.normal(size=(n_groups, n_rows))
    labels = rng.random((n_groups, n_rows)) < share
    labels[:, 0], labels[:, 1] = True, False
    return scores.astype(float), labels, np.repeat(np.arange(n_groups), n_rows)


# Other libraries


@pytest.mark.parametrize("ties", [False, True])
def test_agrees_with_scikit_learn(ties):
    scores, labels, groups = groups_of(60, 9, ties=ties)
    grades = labels * np.random.default_rng(1).integers(1, 4, labels.shape)

    def each(function):
        return [function(y, s) for y, s in zip(labels, scores, strict=True)]

    flat = scores.ravel(), labels.ravel(), groups
    graded = scores.ravel(), grades.ravel(), groups
    assert auc(*flat).values == pytest.approx(each(roc_auc_score))
    one = [ndcg_score(y[None], s[None], k=4) for y, s in zip(grades, scores, strict=True)]
    assert ndcg_at_k(*graded, k=4).values == pytest.approx(one)
    one = [ndcg_score(2.0 ** y[None] - 1, s[None]) for y, s in zip(grades, scores, strict=True)]
    assert ndcg_at_k(*graded, k=None, gain="exponential").values == pytest.approx(one)
    one = [dcg_score(y[None], s[None], k=4) for y, s in zip(grades, scores, strict=True)]
    assert dcg_at_k(*graded, k=4).values == pytest.approx(one)
    if not ties:  # scikit-learn puts tied rows on one rank here
        assert average_precision_at_k(*flat).values == pytest.approx(each(average_precision_score))


def test_one_relevant_row_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    scores, target = rng.random((200, 8)), rng.integers(0, 8, 200)
    labels = np.arange(8) == target[:, None]
    flat = scores.ravel(), labels.ravel(), np.repeat(np.arange(200), 8)
    hits = top_k_accuracy_score(target, scores, k=3, labels=range(8))
    assert recall_at_k(*flat, k=3).values.mean() == pytest.approx(hits)
    assert hit_rate_at_k(*flat, k=3).values.mean() == pytest.approx(hits)
    assert precision_at_k(*flat, k=3).values.mean() == pytest.approx(hits / 3)
    mrr = label_ranking_average_precision_score(labels, scores)
    assert reciprocal_rank_at_k(*flat).values.mean() == pytest.approx(mrr)


PYTREC = {
    "ndcg@4": "ndcg_cut_4",
    "recall@4": "recall_4",
    "precision@4": "P_4",
    "map-trec@4": "map_cut_4",
    "map": "map",
    "mrr": "recip_rank",
    "hit@4": "success_4",
}


def test_agrees_with_pytrec_eval():
    pytrec_eval = pytest.importorskip("pytrec_eval")
    scores, labels, groups = groups_of(100, 9)
    truth, run = (
        {str(i): {str(j): kind(v) for j, v in enumerate(row)} for i, row in enumerate(matrix)}
        for matrix, kind in ((labels, int), (scores, float))
    )
    measures = {"ndcg_cut.4", "recall.4", "P.4", "map_cut.4", "map", "recip_rank", "success.4"}
    theirs = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(run)
    ours = rank_metrics(scores.ravel(), labels.ravel(), groups, list(PYTREC))
    for name, their in PYTREC.items():
        assert ours[name].values == pytest.approx([theirs[str(i)][their] for i in range(100)]), name


@pytest.mark.slow
def test_agrees_with_ranx():
    ranx = pytest.importorskip("ranx")
    scores, labels, groups = groups_of(100, 9)
    truth = {str(i): {str(j): 1 for j in np.flatnonzero(row)} for i, row in enumerate(labels)}
    run = {str(i): {str(j): v for j, v in enumerate(row)} for i, row in enumerate(scores.tolist())}
    names = {"hit_rate@4": "hit@4", "mrr@4": "mrr@4", "map": "map", "ndcg_burges@4": "ndcg-exp@4"}
    theirs = ranx.evaluate(ranx.Qrels(truth), ranx.Run(run), list(names), return_mean=False)
    ours = rank_metrics(scores.ravel(), labels.ravel(), groups, list(names.values()))
    for their, name in names.items():
        assert np.sort(ours[name].values) == pytest.approx(np.sort(theirs[their])), name


# Properties


@pytest.mark.parametrize("ties", TIES)
@given(log=log(), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_properties(ties, log, seed):
    scores, labels, groups, _ = log
    got = rank_metrics(scores, labels, groups, NAMES, ties)
    again = rank_metrics(np.exp(scores) * 3, labels, groups * 7 + 100, NAMES, ties)
    shuffled = np.random.default_rng(seed).permutation(len(scores))
    mixed = rank_metrics(*(a[shuffled] for a in (scores, labels, groups)), NAMES, ties)
    for name, value in got.items():
        # bounds, and every group accounted for once
        assert ((value.values >= -1e-12) & (value.values <= 1 + 1e-12)).all(), name
        assert len(value) + value.n_left_out == len(np.unique(groups))
        if name != "auc":
            assert value.groups.tolist() == sorted(set(groups[labels > 0].tolist()))
        # only the order of scores counts, and names of groups do not
        assert again[name].values == pytest.approx(value.values)
        if ties != "id":  # the order of rows does not count
            assert mixed[name].values == pytest.approx(value.values)


@given(log=log())
@settings(max_examples=40, deadline=None)
def test_tie_rules_are_ordered(log):
    names = [name for name in NAMES if "lattice" not in name]
    value = {ties: rank_metrics(*log[:3], names, ties) for ties in TIES}
    for name in names:
        for middle in ("average", "id"):
            assert (value["worst"][name].values <= value[middle][name].values + 1e-12).all()
            assert (value[middle][name].values <= value["best"][name].values + 1e-12).all()


@given(log=log(), data=st.data())
@settings(max_examples=100, deadline=None)
def test_swapping_a_relevant_row_up_never_hurts(log, data):
    scores, labels, groups, _ = log
    relevant = data.draw(st.sampled_from(np.flatnonzero(labels).tolist()))
    rivals = np.flatnonzero(
        (groups == groups[relevant]) & (labels == 0) & (scores > scores[relevant])
    )
    if not len(rivals):
        return
    rival = data.draw(st.sampled_from(rivals.tolist()))
    swapped = scores.copy()
    swapped[[relevant, rival]] = scores[[rival, relevant]]
    names = [name for name in NAMES if "lattice" not in name]
    before, after = (rank_metrics(s, labels, groups, names) for s in (scores, swapped))
    for name in names:
        assert (after[name].values >= before[name].values - 1e-12).all(), name


@given(log=log())
@settings(max_examples=40, deadline=None)
def test_k_beyond_the_group_changes_nothing(log):
    scores, labels, groups, _ = log
    for metric in (ndcg_at_k, recall_at_k, average_precision_at_k, reciprocal_rank_at_k):
        at_n, beyond = (metric(scores, labels, groups, k).values for k in (40, 4_000_000_000))
        assert at_n == pytest.approx(beyond)
    assert recall_at_k(scores, labels, groups, 40).values == pytest.approx(1.0)
    at_n, beyond = (precision_at_k(scores, labels, groups, k).values for k in (40, 80))
    assert at_n == pytest.approx(beyond * 2)  # it divides by k, whatever there is


def test_dcg_is_what_ndcg_divides_and_keeps_all_groups():
    scores, labels, groups = groups_of(50, 6)
    labels[7] = False
    flat = scores.ravel(), labels.ravel(), groups
    dcg, ndcg = dcg_at_k(*flat, k=4), ndcg_at_k(*flat, k=4)
    assert (len(dcg), dcg.n_left_out, dcg.values[7]) == (50, 0, 0)
    best = dcg_at_k(labels.ravel().astype(float), labels.ravel(), groups, k=4).values
    has = best > 0
    assert dcg.values[has] / best[has] == pytest.approx(ndcg.values)
    # It is linear in the labels, as propensity weights need it.
    weighted = dcg_at_k(scores.ravel(), labels.ravel() / 0.2, groups, k=4).values
    assert weighted == pytest.approx(dcg.values * 5)


def test_ties_alone_move_ndcg():
    """The four equal scores of the peers' comparison: 0.6404 averaged, 0.4307 to 1 otherwise."""
    for labels in ([1, 0, 0, 0], [0, 0, 0, 1]):
        value = {t: ndcg_at_k(np.zeros(4), labels, np.zeros(4), 10, t).values[0] for t in TIES}
        assert value["average"] == pytest.approx(0.6404, abs=5e-5)
        assert value["worst"] == pytest.approx(0.4307, abs=5e-5)
        assert value["best"] == 1
        assert value["id"] == (1 if labels[0] else value["worst"])


def test_constant_scorer_is_chance_and_a_random_one_comes_near():
    rng = np.random.default_rng(0)
    groups, labels = np.repeat(np.arange(3000), 8), rng.random(24_000) < 0.2
    expected = chance(labels, groups, NAMES)
    constant = rank_metrics(np.full(24_000, 0.3), labels, groups, NAMES)
    random = rank_metrics(rng.random(24_000), labels, groups, NAMES)
    for name in NAMES:
        assert (expected[name].values == constant[name].values).all()
        assert expected[name].n_left_out == constant[name].n_left_out > 0
        # Within three standard errors of random orders; an informed scorer is beyond.
        error = random[name].values.std() / np.sqrt(len(random[name]))
        gap = random[name].values.mean() - expected[name].values.mean()
        assert abs(gap) < 3 * error, name
    informed = rank_metrics(labels + rng.normal(size=24_000), labels, groups, NAMES)
    assert all(informed[name].values.mean() > expected[name].values.mean() + 0.02 for name in NAMES)
    assert (chance_ndcg(labels, groups, 3).values == expected["ndcg@3"].values).all()
    assert expected["auc"].values == pytest.approx(0.5)


def test_float32_and_integer_scores_and_infinities():
    labels, groups = [0, 1, 0, 1], [0, 0, 1, 1]
    for scores in (
        np.array([2, 1, 1, 2], dtype=np.float32),
        np.array([2, 1, 1, 2], dtype=np.float16),
        np.array([2, 1, 1, 2], dtype=np.uint8),
        np.array([2**60 + 1, 2**60, 2**60, 2**60 + 1]),  # equal as floats
        np.array([True, False, False, True]),
        np.array([2, 1.5, 1, 2], dtype=object),
        np.array([np.inf, 0, -np.inf, 0]),
    ):
        assert recall_at_k(scores, labels, groups, k=1).values.tolist() == [0, 1]


def test_recall_counts_every_grade_as_relevant():
    assert recall_at_k([3, 2, 1], [5, 0, 1], [0, 0, 0], k=1).values.tolist() == [0.5]


def test_auc_leaves_out_groups_of_one_kind():
    got = auc([1, 2, 3, 4, 5, 6], [1, 1, 0, 0, 0, 1], [0, 0, 1, 1, 2, 2])
    assert (got.groups.tolist(), got.values.tolist(), got.n_left_out) == ([2], [1.0], 2)


@pytest.mark.parametrize("metric", AT_K)
def test_no_relevant_row_at_all(metric):
    got = metric([1.0, 2.0], [0, 0], [0, 1])
    assert isinstance(got, PerGroup)
    assert (len(got), got.n_left_out) == (0, 2)


@pytest.mark.parametrize("metric", AT_K)
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
        ({"groups": [0.0, 2.0**53]}, "groups: row 1 is a float64 from 9007199254740992 up"),
        ({"groups": np.float32([0, 2**24])}, "groups: row 1 is a float32 from 16777216 up"),
        ({"groups": np.array(["a", None])}, "groups must be all numbers or all words: '.' not"),
        ({"scores": np.array([1.0, "x"], dtype=object)}, "scores must be numbers: could not"),
        ({"labels": ["yes", "no"]}, "labels must be numbers: could not convert"),
        ({"scores": [], "labels": [], "groups": []}, "no row to rank"),
        ({"k": 0}, "k must be a whole number from 1, not 0"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"k": True}, "k must be a whole number"),
        ({"ties": "first"}, "ties must be one of average, best, worst, id, not 'first'"),
        ({"ids": [1, 2]}, "ids decide ties only under ties='id', not under 'average'"),
        ({"ties": "id", "ids": [1]}, r"ids must be \(2,\), one for each row, not \(1,\)"),
    ],
)
def test_bad_input(metric, change, message):
    good = {"scores": [1.0, 2.0], "labels": [0, 1], "groups": [0, 0]}
    with pytest.raises(InputError, match=message):
        metric(**{**good, **change})


def test_unknown_gain():
    with pytest.raises(InputError, match="gain must be 'linear' or 'exponential', not 'log'"):
        ndcg_at_k([1.0], [1], [0], gain="log")


def test_far_faster_than_scikit_learn_and_small():
    """20,000 impressions of 10 to 30 items, NDCG and recall; measured at 40 to 60 times."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(10, 31, 20_000)
    there = np.arange(30) < sizes[:, None]
    scores, labels = rng.normal(size=there.shape), rng.random(there.shape) < 0.1
    groups = np.nonzero(there)[0]

    def seconds(function, *args, **kwargs):
        start = time.process_time()
        function(*args, **kwargs)
        return time.process_time() - start

    flat = scores[there], labels[there], groups
    ours = min(seconds(rank_metrics, *flat) for _ in range(3))
    padded = np.where(there, scores, -1e9)
    theirs = seconds(ndcg_score, labels & there, padded, k=10)
    assert ours < theirs / 10
    tracemalloc.start()
    rank_metrics(*flat)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20
