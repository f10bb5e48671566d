"""Measures over rows, whose intervals are over users."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score

from mmnotes.errors import InputError
from mmnotes.evaluate import mean_interval, pooled_auc, pooled_log_loss, pooled_mean

seeds = st.integers(0, 10_000)


def draw(seed, n=60, n_users=7):
    """Scores with ties, labels of both kinds, users in any order with unequal numbers of rows."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) < rng.integers(1, n))
    return rng.integers(0, 12, n).astype(float), labels, rng.integers(0, n_users, n) ** 2


@given(seed=seeds)
@settings(max_examples=50, deadline=None)
def test_the_mean_is_that_over_rows(seed):
    scores, labels, users = draw(seed)
    area, mean = pooled_auc(scores, labels, users), pooled_mean(scores, users)
    assert area.values.mean() == pytest.approx(roc_auc_score(labels, scores))
    assert mean.values.mean() == pytest.approx(scores.mean())
    loss = pooled_log_loss(scores, labels, users)
    assert loss.values.mean() == pytest.approx(log_loss(labels, expit(scores), labels=[0, 1]))
    assert area.users.tolist() == mean.users.tolist() == np.unique(users).tolist()


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_and_the_names_of_users_do_not_matter(seed):
    scores, labels, users = draw(seed)
    order = np.random.default_rng(seed).permutation(len(scores))
    one = pooled_auc(scores, labels, users)
    two = pooled_auc(scores[order], labels[order], np.char.add("u", users.astype(str))[order])
    assert sorted(one.values) == pytest.approx(sorted(two.values))
    assert pooled_auc(np.exp(scores), labels, users).values == pytest.approx(one.values)
    assert pooled_auc(np.zeros(len(scores)), labels, users).values == pytest.approx(0.5)


def test_with_a_row_a_user_the_variance_is_delongs():
    rng = np.random.default_rng(0)
    labels = np.arange(400) < 100
    scores = rng.normal(size=400) + labels
    above = (scores[:100, None] > scores[None, 100:]).astype(float)
    delong = above.mean(1).var(ddof=1) / 100 + above.mean(0).var(ddof=1) / 300
    values = pooled_auc(scores, labels, np.arange(400)).values
    assert values.var(ddof=1) / 400 == pytest.approx(delong, rel=0.02)


def log_of(rng, n_users=80):
    """Users of 1 to 30 rows who differ in readiness, and a scorer that knows some of it."""
    users = np.repeat(np.arange(n_users), rng.integers(1, 31, n_users))
    ready = rng.normal(scale=1.5, size=n_users)[users]
    liked = rng.normal(size=len(users))
    return 0.5 * ready + liked, rng.random(len(users)) < expit(ready + liked), users


@pytest.mark.parametrize(
    "measure", [pooled_auc, lambda scores, labels, users: pooled_mean(labels, users)]
)
def test_influences_scatter_as_the_measure_does_between_logs(measure):
    rng = np.random.default_rng(0)
    found = [measure(*log_of(rng)).values for _ in range(300)]
    true = np.std([values.mean() for values in found])
    told = np.sqrt(np.mean([values.var(ddof=1) / len(values) for values in found]))
    assert told == pytest.approx(true, rel=0.12)
    # rows taken for independent would promise much more
    as_rows = []
    for _ in range(20):
        scores, labels, users = log_of(rng)
        as_rows.append(measure(scores, labels, np.arange(len(users))).values.std())
    assert np.mean(as_rows) / np.sqrt(80 * 15.5) < 0.85 * true


def test_an_interval_over_users():
    scores, labels, users = log_of(np.random.default_rng(0))
    area = mean_interval([pooled_auc(scores, labels, users)])
    assert area.value == pytest.approx(roc_auc_score(labels, scores))
    assert area.low < area.value - 0.02 < area.value + 0.02 < area.high
    assert area.n_users == 80


@pytest.mark.parametrize(
    ("scores", "labels", "users", "message"),
    [
        ([1.0, 2], [0, 1], [1], r"scores and users must be \(n_rows,\) each"),
        ([], [], [], "with a row at least"),
        ([1.0, np.nan], [0, 1], [1, 1], "scores: row 1 is nan"),
        ([1.0, 2], [0, 1, 1], [1, 1], r"labels must be \(2,\) of 0 and 1"),
        ([1.0, 2], [1, 1], [1, 1], "every label is 1: an AUC needs"),
        ([1.0, 2], [0, 2], [1, 1], r"values \[0, 2\]"),
    ],
)
def test_bad_input(scores, labels, users, message):
    with pytest.raises(InputError, match=message):
        pooled_auc(scores, labels, users)


def test_log_odds_far_out_do_not_overflow():
    loss = pooled_log_loss([1000.0, -1000.0, 1000.0], [1, 0, 0], [1, 2, 3])
    assert loss.values == pytest.approx([0, 0, 1000])
    with pytest.raises(InputError, match=r"labels must be \(2,\) of 0 and 1"):
        pooled_log_loss([1.0, 2], [0, 2], [1, 1])


def test_bad_values():
    with pytest.raises(InputError, match=r"values: row 0 is inf"):
        pooled_mean([np.inf], [3])
    with pytest.raises(InputError, match=r"values and users must be \(n_rows,\) each"):
        pooled_mean([[1.0]], [[3]])
