import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad, minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from mmnotes.fusion.weights import fit_weights, fuse


def by_hand(scores, there, weights, base):
    """The fused score from its definition, row by row."""
    rows = []
    for s, t, w in zip(scores, there, weights, strict=True):
        left = sum(w[t])
        rows.append(sum(w) * (sum(w[t] * s[t]) / left if left else base))
    return np.array(rows)


@given(seed=st.integers(0, 10_000), n_modalities=st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_fuse_follows_its_definition(seed, n_modalities):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(20, n_modalities))
    there = rng.random(scores.shape) < 0.6
    weights = rng.integers(0, 3, scores.shape).astype(float)
    got = fuse(np.where(there, scores, 99), there, weights, -2.0)
    assert got == pytest.approx(by_hand(scores, there, weights, -2.0))


def test_fuse_takes_nan_where_a_score_is_missing():
    got = fuse(np.array([[1.0, np.nan]]), np.array([[True, False]]), np.array([0.5, 1.5]), 0.0)
    assert got == pytest.approx([2.0])


def test_fuse_of_nothing_is_the_base():
    got = fuse(np.zeros((1, 2)), np.zeros((1, 2), dtype=bool), np.array([0.25, 0.5]), -4.0)
    assert got == pytest.approx([-3.0])


def clicks(rng, scores):
    return (rng.random(len(scores)) < expit(scores)).astype(int)


def test_weights_agree_with_scikit_learn_where_nothing_is_missing():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(5000, 3))
    y = clicks(rng, scores @ [1.0, 0.5, 0.2] - 1)
    got = fit_weights(scores, np.ones_like(scores, dtype=bool), y, -1.0, np.zeros(4))
    theirs = LogisticRegression(C=1.0).fit(scores, y)
    assert got[1:] == pytest.approx(theirs.coef_[0], abs=2e-3)
    assert got[0] == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_weighted_rows_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    scores, weights = rng.normal(size=(2000, 3)), rng.integers(0, 4, 2000)
    y = clicks(rng, scores @ [1.0, 0.5, 0.2] - 1)
    there = np.ones_like(scores, dtype=bool)
    got = fit_weights(scores, there, y, -1.0, np.zeros(4), weights)
    theirs = LogisticRegression(C=1.0).fit(scores, y, weights)
    assert got[1:] == pytest.approx(theirs.coef_[0], abs=2e-3)


def test_weights_are_never_negative():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2000, 2))
    y = clicks(rng, scores @ [1.0, -1.0])
    got = fit_weights(scores, np.ones_like(scores, dtype=bool), y, 0.0, np.array([0, 0.5, 0.5]))
    assert got[1] > 0.8
    assert got[2] == 0


def test_with_missing_terms_the_optimum_of_what_is_served():
    """No other weights, found without our gradient, have a lower log loss."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(3000, 3)) - 1
    there = rng.random(scores.shape) < 0.7
    truth = fuse(scores, there, np.array([0.9, 0.6, 0.1]), -1.0)
    y = clicks(rng, truth)
    prior = np.array([0, 1 / 3, 1 / 3, 1 / 3])

    def loss(parameters):
        margin = parameters[0] + fuse(scores, there, parameters[1:], -1.0)
        away = parameters - prior
        return np.logaddexp(0, margin).sum() - y @ margin + away @ away / 2

    got = fit_weights(scores, there, y, -1.0, prior)
    bounds = [(None, None), *[(0, None)] * 3]
    other = minimize(loss, prior, method="Nelder-Mead", bounds=bounds, options={"maxiter": 4000})
    assert loss(got) <= other.fun + 1e-3
    assert got[1:] == pytest.approx([0.9, 0.6, 0.1], abs=0.25)


def test_gradient(monkeypatch):
    """The gradient that the solver gets is the slope of the loss that it gets."""
    rng = np.random.default_rng(1)
    scores, there = rng.normal(size=(200, 3)), rng.random((200, 3)) < 0.6
    caught = {}

    def catch(function, start, **_):
        caught["loss"] = function
        return minimize(function, start, jac=True)

    monkeypatch.setattr("mmnotes.fusion.weights.minimize", catch)
    fit_weights(scores, there, clicks(rng, scores.sum(axis=1)), -0.5, np.array([0, 0.4, 0.3, 0.3]))
    for point in rng.random((5, 4)) + 0.1:
        value, slope = (lambda p: caught["loss"](p)[0]), (lambda p: caught["loss"](p)[1])
        assert check_grad(value, slope, point) < 1e-3


def test_rows_that_say_nothing_leave_the_prior():
    prior = np.array([0.2, 0.7, 0.3])
    got = fit_weights(np.empty((0, 2)), np.empty((0, 2), dtype=bool), np.empty(0), 0.0, prior)
    assert got == pytest.approx(prior)
