import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.linear_model import Ridge

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders import EASE

GRIDS = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8))


def interactions(grid) -> Interactions:
    user, item = np.nonzero(grid)
    return Interactions(user, item, *grid.shape)


def one_regression_an_item(grid, regularisation):
    """The definition, without the closed form: each item from all others."""
    X = grid.astype(float)
    weights = np.zeros((X.shape[1], X.shape[1]))
    for item in range(X.shape[1]):
        others = np.arange(X.shape[1]) != item
        ridge = Ridge(alpha=regularisation, fit_intercept=False, solver="cholesky")
        weights[others, item] = ridge.fit(X[:, others], X[:, item]).coef_
    return X @ weights


@settings(max_examples=60, deadline=None)
@given(grid=GRIDS, regularisation=st.sampled_from([0.5, 3.0, 400.0]))
def test_is_a_ridge_regression_of_each_item_on_the_others(grid, regularisation):
    grid[0, 0] = True
    scores = EASE(regularisation, device="cpu").fit(interactions(grid)).score(np.arange(len(grid)))
    wanted = one_regression_an_item(grid, regularisation)
    np.testing.assert_allclose(scores, wanted, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("n_users", [20, 60])
def test_by_users_and_by_items_are_the_same(n_users):
    grid = np.random.default_rng(1).random((n_users, 40)) < 0.2
    model = EASE(2.0, device="cpu").fit(interactions(grid))
    np.testing.assert_allclose(model._by_users(), grid @ model._by_items(), rtol=1e-3, atol=1e-5)


def test_no_item_predicts_itself():
    grid = np.random.default_rng(0).random((60, 40)) < 0.2
    model = EASE(2.0, device="cpu").fit(interactions(grid))
    assert not model.weights_.diagonal().any()
    assert model.weights_.flags.c_contiguous  # else every block of users pays for a copy


def test_scores_with_few_users_are_the_callers_own():
    grid = np.random.default_rng(2).random((5, 40)) < 0.2
    model = EASE(2.0, device="cpu").fit(interactions(grid))
    first = model.score(np.arange(5))
    first[:] = 0
    assert model.score(np.arange(5)).any()


@pytest.mark.parametrize("value", [0, -1, np.inf, np.nan])
def test_regularisation_out_of_range(value):
    with pytest.raises(InputError, match="regularisation must be a number above 0"):
        EASE(value).fit(interactions(np.eye(2, dtype=bool)))


def test_a_regularisation_too_small_for_items_that_are_alike():
    users = np.repeat(np.arange(40), 2)
    rows = Interactions(users, np.tile([0, 1], 40), 40, 2)
    with pytest.raises(InputError, match=r"regularisation=1e-09 is too small .* take a larger one"):
        EASE(1e-9, "cpu").fit(rows)
