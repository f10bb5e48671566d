"""Counting what stands above a relevant row: two ways, any order of rows."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.evaluate import auc, rank_metrics, recall_at_k
from mmnotes.evaluate import grouped as grouped_module
from mmnotes.evaluate.grouped import ranks_of_log


def by_definition(scores, labels, groups, ids):
    """(group, above, tied, tied with a smaller id) of each relevant row, counted one by one."""
    return [
        (
            groups[i],
            sum((groups == groups[i]) & (scores > scores[i])),
            sum((groups == groups[i]) & (scores == scores[i])),
            sum((groups == groups[i]) & (scores == scores[i]) & (ids < ids[i])),
        )
        for i in np.flatnonzero(labels)
    ]


@st.composite
def log(draw):
    n_rows = draw(st.integers(1, 60))
    groups, scores, labels = (
        np.array(draw(st.lists(st.integers(0, top), min_size=n_rows, max_size=n_rows)))
        for top in (draw(st.integers(0, 9)), 6, 1)
    )
    ids = np.array(draw(st.permutations(range(n_rows))))
    return scores.astype(draw(st.sampled_from(["f8", "f4", "i4", "u1"]))), labels, groups, ids


@pytest.mark.parametrize("scan", [0, 30, 2048])
@given(log=log())
@settings(max_examples=50, deadline=None)
def test_both_ways_count_as_the_definition_does(scan, log):
    scores, labels, groups, ids = log
    expected = sorted(by_definition(scores, labels, groups, ids))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouped_module, "_SCAN", scan)
        patch.setattr(grouped_module, "_CHUNK", 7)
        ranks = ranks_of_log(scores, labels, groups)
        by_id = ranks_of_log(scores, labels, groups, "id", ids)
    got = zip(ranks.groups[ranks.group], ranks.above, ranks.tied, strict=True)
    assert sorted(got) == [row[:3] for row in expected]
    got = zip(by_id.groups[by_id.group], by_id.above, strict=True)
    assert sorted(got) == sorted((group, above + first) for group, above, _, first in expected)
    assert (by_id.tied == 1).all()
    assert ranks.sizes.tolist() == np.unique(groups, return_counts=True)[1].tolist()


def test_groups_may_be_words_and_lie_apart():
    got = recall_at_k([1, 2, 3, 4], [1, 1, 0, 0], np.array(["b", "a", "a", "b"]), k=1)
    assert got.groups.tolist() == ["a", "b"]
    assert got.values.tolist() == [0, 0]


def test_rows_together_but_groups_in_any_order():
    """Groups that lie together are not sorted row by row; the result must not show it."""
    rng = np.random.default_rng(0)
    names = rng.permutation(500) * 3 - 700
    groups = np.repeat(names, rng.integers(1, 20, 500))
    scores, labels = rng.integers(0, 5, len(groups)), rng.random(len(groups)) < 0.3
    order = np.argsort(groups, kind="stable")
    for ties in ("average", "best", "worst", "id"):
        apart = rank_metrics(scores, labels, groups, ties=ties)
        sorted_ = rank_metrics(scores[order], labels[order], groups[order], ties=ties)
        for name, value in apart.items():
            assert value.groups.tolist() == sorted_[name].groups.tolist()
            assert (value.values == sorted_[name].values).all()


def test_ids_may_be_words_and_repeat():
    labels, zeros = [0, 1, 0], np.zeros(3)
    ids = np.array(["pear", "fig", "apple"])
    assert ranks_of_log(zeros, labels, zeros, "id", ids).above.tolist() == [1]
    assert ranks_of_log(zeros, labels, zeros, "id", np.array([5, 5, 5])).above.tolist() == [1]


def test_a_group_of_a_million_rows_is_not_quadratic():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=1_000_000).round(3), rng.random(1_000_000) < 0.3
    start = time.process_time()
    value = auc(scores, labels, np.zeros(1_000_000, int)).values[0]
    assert time.process_time() - start < 3
    assert value == pytest.approx(0.5, abs=0.005)
