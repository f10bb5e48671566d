"""Sampled metrics: drawn from counts, as if negatives had been drawn and scored."""

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate import full_ranking, rank_metrics, sampled_ranking

NAMES = ("hit@3", "ndcg@3", "mrr", "auc")


def ranking(scores, truth, seen=None):
    n_items = scores.shape[1]
    return full_ranking(lambda users: scores[users], truth, seen, metrics=["mrr"], n_items=n_items)


def drawn(scores, user, relevant, hidden, n_negatives, n_times, seed):
    """Negatives drawn and scored for each relevant item of one user, many times, (n_names,)."""
    rng = np.random.default_rng(seed)
    pool = np.setdiff1d(np.arange(scores.shape[1]), [*relevant, *hidden])
    rows = [
        [item, *rng.choice(pool, n_negatives, replace=False)]
        for _ in range(n_times)
        for item in relevant
    ]
    groups = np.repeat(np.arange(len(rows)), n_negatives + 1)
    labels = np.tile(np.arange(n_negatives + 1) == 0, len(rows))
    values = rank_metrics(scores[user][np.array(rows)].ravel(), labels, groups, NAMES)
    return np.array([values[name].values.mean() for name in NAMES])


@pytest.mark.parametrize("levels", [4, 1000])
def test_agrees_with_drawing_and_scoring(levels):
    """Two users, one with several relevant items, with ties and without."""
    scores = np.random.default_rng(0).integers(0, levels, (2, 30)).astype(float)
    copies = 2 * np.arange(2000)[:, None]  # each of the two 2,000 times over
    truth = np.add(copies, [0, 0, 0, 1]).ravel(), np.tile([3, 8, 12, 5], 2000)
    seen = np.add(copies, [0, 0, 1]).ravel(), np.tile([1, 2, 3], 2000)
    ours = sampled_ranking(ranking(np.tile(scores, (2000, 1)), truth, seen), 9, NAMES)
    for user, relevant, hidden in ((0, [3, 8, 12], [1, 2]), (1, [5], [3])):
        got = [ours[name].values[user::2].mean() for name in NAMES]
        expected = drawn(scores, user, relevant, hidden, 9, 2000, seed=1)
        assert got == pytest.approx(expected, abs=0.03)


def test_all_negatives_drawn_is_the_full_ranking():
    """With one relevant item a user and as many negatives as there are, nothing is random."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(50, 40)).round(1)
    full = ranking(scores, (np.arange(50), rng.integers(0, 40, 50)))
    assert sampled_ranking(full, 39, ["mrr"])["mrr"].values == pytest.approx(full["mrr"].values)


def test_sampling_can_reverse_two_models():
    """One model is brilliant for one user in eight, the other mediocre for all."""
    truth = (np.arange(800), np.zeros(800, int))
    scores = np.tile(np.arange(1000.0), (800, 1))
    places = {
        "brilliant": np.where(np.arange(800) % 8, 600, 0),
        "mediocre": np.full(800, 60),
    }
    full, sampled = {}, {}
    for name, place in places.items():
        scores[:, 0] = 999.5 - place  # so many stand above the relevant item
        full[name] = full_ranking(lambda users, s=scores: s[users], truth, n_items=1000)
        sampled[name] = sampled_ranking(full[name], 99, ["recall@20"])
    mean = {n: r["recall@20"].values.mean() for n, r in full.items()}
    assert mean == {"brilliant": 0.125, "mediocre": 0}
    mean = {n: r["recall@20"].values.mean() for n, r in sampled.items()}
    assert mean["mediocre"] > 0.99 > 0.2 > mean["brilliant"]


def test_chance_names_and_seeds():
    scores = np.random.default_rng(0).normal(size=(300, 200))
    full = ranking(scores, (np.arange(300), np.zeros(300, int)))
    one, same, other = (sampled_ranking(full, 19, ["hit@2"], seed) for seed in (0, 0, 1))
    assert (one["hit@2"].values == same["hit@2"].values).all()
    assert (one["hit@2"].values != other["hit@2"].values).any()
    assert one.chance["hit@2"].values == pytest.approx(0.1)
    error = one["hit@2"].values.std() / np.sqrt(300)
    assert one["hit@2"].values.mean() == pytest.approx(0.1, abs=3 * error)
    assert "among 19 sampled of all items (20)" in str(one)


@pytest.mark.parametrize(
    ("n_negatives", "message"),
    [
        (0, "n_negatives must be a whole number from 1, not 0"),
        (4, "user 1 has 3 candidates that are not relevant: too few to draw 4 .*2 items in all"),
    ],
)
def test_bad_input(n_negatives, message):
    full = ranking(np.zeros((2, 5)), ([0, 1, 1], [0, 0, 1]))
    with pytest.raises(InputError, match=message):
        sampled_ranking(full, n_negatives)
