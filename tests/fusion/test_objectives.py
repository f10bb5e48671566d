"""What each objective is, by loops over rows; its gradient; what it does not depend on."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logsumexp
from sklearn.metrics import log_loss, ndcg_score

from mmnotes.fusion.objectives import OBJECTIVES, Members, comparable, ndcg, pairwise, pointwise
from mmnotes.fusion.objectives import softmax as softmax_loss

COMPARING = ("pairwise", "softmax", "ndcg")
seeds = st.integers(0, 10_000)


def draw(seed, n=24, n_groups=4, weighted=False):
    """Scores, clicks, groups in any order, and weights some of which are 0."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 4, n) / 2 if weighted else None
    return rng.normal(size=n), rng.integers(0, 2, n), rng.integers(0, n_groups, n), weights


def loss(name, scores, clicks, groups, weights=None):
    """The objective, on float64 arrays; groups may be of any numbers."""
    codes = np.unique(groups, return_inverse=True)[1]
    weights = None if weights is None else torch.as_tensor(weights, dtype=torch.float64)
    clicks = torch.as_tensor(clicks, dtype=torch.float64)
    return OBJECTIVES[name](torch.as_tensor(scores), clicks, torch.as_tensor(codes), weights)


def by_hand(name, scores, clicks, groups, weights=None):
    """The definitions, impression by impression; rows of weight 0 are taken out first."""
    w = np.ones(len(scores)) if weights is None else weights
    s, y, g, w = (np.asarray(a)[w > 0] for a in (scores, clicks, groups, w))
    if name == "pointwise":
        return log_loss(y, expit(s), sample_weight=w, labels=[0, 1])
    terms, sizes = [], []
    for group in np.unique(g):
        ups, downs = ([i for i in np.flatnonzero(g == group) if y[i] == k] for k in (1, 0))
        if not ups or not downs:
            continue
        ideal = sum(1 / np.log2(1 + place) for place in range(1, len(ups) + 1))
        for i in ups:
            if name == "pairwise":
                terms += [w[i] * w[j] * np.log1p(np.exp(s[j] - s[i])) for j in downs]
                sizes += [w[i] * w[j] for j in downs]
            elif name == "softmax":
                stand = [s[j] for j in ups] + [s[j] + np.log(w[j]) for j in downs]
                terms.append(w[i] * (logsumexp(stand) - s[i]))
                sizes.append(w[i])
            else:
                rank = 1 + sum(expit((s[j] - s[i]) / 0.1) for j in ups if j != i)
                rank += sum(w[j] * expit((s[j] - s[i]) / 0.1) for j in downs)
                terms.append(w[i] * (1 / len(ups) - 1 / np.log2(1 + rank) / ideal))
                sizes.append(w[i] / len(ups))
    return sum(terms) / sum(sizes) if sizes else 0.0


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", OBJECTIVES)
@given(seed=seeds, n_groups=st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_follows_its_definition(name, weighted, seed, n_groups):
    rows = draw(seed, n_groups=n_groups, weighted=weighted)
    assert loss(name, *rows).item() == pytest.approx(by_hand(name, *rows), abs=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradient(name, weighted):
    """Autograd's own check, and central differences of the loops above."""
    for seed in range(2):
        scores, *rest = draw(seed, weighted=weighted)
        start = torch.tensor(scores, requires_grad=True)
        assert torch.autograd.gradcheck(lambda s, rest=rest: loss(name, s, *rest), start)
        loss(name, start, *rest).backward()
        steps = 1e-6 * np.eye(len(scores))
        slope = [
            (by_hand(name, scores + h, *rest) - by_hand(name, scores - h, *rest)) / 2e-6
            for h in steps
        ]
        assert start.grad.numpy() == pytest.approx(np.array(slope), abs=1e-7)
        assert start.grad.abs().sum() > 0.01


@pytest.mark.parametrize("name", OBJECTIVES)
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_a_number_added_to_an_impression_matters_to_the_pointwise_one_alone(name, seed):
    scores, clicks, groups, _ = draw(seed)
    moved = scores + np.random.default_rng(seed).normal(3, size=4)[groups]
    same = loss(name, moved, clicks, groups).item() == pytest.approx(
        loss(name, scores, clicks, groups).item(), abs=1e-9
    )
    assert same == (name in COMPARING)


@pytest.mark.parametrize("name", OBJECTIVES)
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_neither_order_nor_numbering_matters(name, seed):
    scores, clicks, groups, weights = draw(seed, weighted=True)
    order = np.random.default_rng(seed).permutation(len(scores))
    again = loss(name, scores[order], clicks[order], 9 - groups[order], weights[order])
    assert again.item() == pytest.approx(loss(name, scores, clicks, groups, weights).item())


@pytest.mark.parametrize("name", COMPARING)
def test_impressions_with_nothing_to_compare_give_nothing(name):
    scores = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], requires_grad=True)
    clicks, groups = torch.tensor([0.0, 0, 1, 1, 1, 1, 0]), torch.tensor([0, 0, 1, 1, 2, 3, 3])
    used = comparable(clicks, groups)
    assert used.tolist() == [False] * 5 + [True] * 2
    whole = OBJECTIVES[name](scores, clicks, groups, None)
    whole.backward()
    assert (scores.grad[~used] == 0).all()
    assert (scores.grad[used] != 0).all()
    alone = OBJECTIVES[name](scores[used], clicks[used], torch.tensor([0, 0]), None)
    assert whole.item() == pytest.approx(alone.item())


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 0.0, 2.0])])
@pytest.mark.parametrize("name", COMPARING)
def test_nothing_to_compare_at_all_is_a_loss_of_zero(name, weights):
    scores = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    clicks = torch.tensor([1.0, 0.0, 1.0])
    groups = torch.tensor([0, 1, 2]) if weights is None else torch.tensor([0, 0, 0])
    nothing = OBJECTIVES[name](scores, clicks, groups, weights)
    nothing.backward()
    assert nothing.item() == 0
    assert (scores.grad == 0).all()


@pytest.mark.parametrize("name", OBJECTIVES)
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_weights_of_rows_without_a_click_are_copies(name, seed):
    scores, clicks, groups, _ = draw(seed)
    times = np.where(clicks == 0, np.random.default_rng(seed).integers(0, 4, len(scores)), 1)
    rows = np.repeat(np.arange(len(scores)), times)
    copied = loss(name, scores[rows], clicks[rows], groups[rows])
    assert loss(name, scores, clicks, groups, times).item() == pytest.approx(
        copied.item(), abs=1e-6
    )


@pytest.mark.parametrize("name", COMPARING)
def test_the_loss_is_linear_in_the_weights_of_clicks(name):
    """So that inverse propensities make its expectation that of clicks on all that was liked."""
    scores, clicks, groups, _ = draw(1)
    liked = np.flatnonzero(clicks)
    # the mean is over total weight, which is kept the same here
    mean = np.ones(len(scores))
    one, two = mean.copy(), mean.copy()
    same = liked[groups[liked] == groups[liked[0]]][:2]
    one[same], two[same] = [1.5, 0.5], [0.5, 1.5]
    ends = [loss(name, scores, clicks, groups, w).item() for w in (one, two)]
    assert ends[0] != pytest.approx(ends[1], abs=1e-3)
    assert np.mean(ends) == pytest.approx(loss(name, scores, clicks, groups, mean).item())


def test_pairwise_is_the_log_loss_of_which_of_two_was_clicked():
    rng = np.random.default_rng(0)
    scores, first = rng.normal(size=(50, 2)), rng.integers(0, 2, 50)
    clicks = np.stack([first, 1 - first], axis=1)
    said = expit(scores[:, 0] - scores[:, 1])
    got = loss("pairwise", scores.ravel(), clicks.ravel(), np.repeat(np.arange(50), 2))
    assert got.item() == pytest.approx(log_loss(first, said))


def test_softmax_with_one_click_is_the_cross_entropy_of_classes():
    rng = np.random.default_rng(0)
    scores, chosen = (
        torch.as_tensor(rng.normal(size=(50, 7))),
        torch.as_tensor(rng.integers(0, 7, 50)),
    )
    clicks = torch.nn.functional.one_hot(chosen, 7).double().ravel()
    got = softmax_loss(scores.ravel(), clicks, torch.arange(50).repeat_interleave(7))
    assert got.item() == pytest.approx(torch.nn.functional.cross_entropy(scores, chosen).item())


def test_scores_far_apart_do_not_overflow():
    for scale in (1e3, 1e30):
        scores = torch.tensor([scale, 0.0, -scale], requires_grad=True)
        for name, objective in OBJECTIVES.items():
            scores.grad = None
            value = objective(scores, torch.tensor([1.0, 0.0, 0.0]), torch.zeros(3).long(), None)
            value.backward()
            assert value.item() == pytest.approx(0, abs=1e-6 if name != "pointwise" else 0.3)
            assert scores.grad.isfinite().all()


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_ndcg_of_clear_orders_is_ndcg(seed):
    rng = np.random.default_rng(seed)
    scores = np.stack([rng.permutation(8) for _ in range(6)]).astype(float) * 10
    clicks = rng.integers(0, 2, (6, 8))
    clicks[:, :2] = [0, 1]
    got = loss("ndcg", scores.ravel(), clicks.ravel(), np.repeat(np.arange(6), 8))
    assert 1 - got.item() == pytest.approx(ndcg_score(clicks, scores))


def test_ndcg_is_that_of_tensorflow_ranking():
    """The two examples in the documentation of its ApproxNDCGLoss (of binary labels)."""
    scores, clicks = torch.tensor([0.6, 0.8]), torch.tensor([1.0, 0.0])
    assert ndcg(scores, clicks, torch.tensor([0, 0])).item() == pytest.approx(1 - 0.655107)
    scores, clicks = torch.tensor([0.6, 0.8, 0.5, 0.8, 0.4]), torch.tensor([1.0, 0, 0, 1, 0])
    got = ndcg(scores, clicks, torch.tensor([0, 0, 1, 1, 1]))
    assert got.item() == pytest.approx(1 - 0.80536866)


def test_readiness_of_an_impression_cancels_in_pairs_and_not_in_rows():
    """The gradient at the truth, of clicks at their expectation: 0 if the objective finds it."""
    rng = np.random.default_rng(0)
    truth, readiness = rng.normal(size=(3000, 4)), rng.normal(scale=2, size=(3000, 1))
    shown = readiness + rng.normal(size=(3000, 4))  # a column that goes with readiness
    clicks = rng.random((3000, 4)) < expit(truth + readiness)
    groups = torch.arange(3000).repeat_interleave(4)
    slope = {}
    for objective in (pairwise, pointwise):
        weight = torch.tensor(0.0, requires_grad=True, dtype=torch.float64)
        scores = torch.as_tensor(truth).ravel() + weight * torch.as_tensor(shown).ravel()
        objective(scores, torch.as_tensor(clicks).double().ravel(), groups).backward()
        slope[objective] = weight.grad.item()
    assert slope[pointwise] < -0.3
    assert abs(slope[pairwise]) < 0.02


def test_members_of_groups_asked_for_twice():
    members = Members(torch.tensor([2, 0, 2, 1]))
    assert members.sizes.tolist() == [1, 1, 2]
    assert members.of(torch.tensor([2, 1, 2])).tolist() == [0, 2, 3, 0, 2]
    assert members.of(torch.tensor([], dtype=torch.int64)).tolist() == []
