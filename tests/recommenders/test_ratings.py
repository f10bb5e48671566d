import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders import RatingBiases

N_USERS, N_ITEMS = 40, 25


def rated(seed=0, share=0.3, picky=0.0):
    """Ratings of a world of biases; the pickier the users, the more they rate what they like."""
    rng = np.random.default_rng(seed)
    truth = 3 + rng.normal(size=(N_USERS, 1)) + rng.normal(size=(1, N_ITEMS))
    chance = np.clip(share * np.exp(picky * (truth - 3)), 0.02, 1)
    user, item = np.nonzero(rng.random(truth.shape) < chance)
    rating = truth[user, item] + 0.3 * rng.normal(size=len(user))
    rows = Interactions(user, item, N_USERS, N_ITEMS, rating=rating)
    return rows, truth, 1 / chance[user, item]


def every():
    return np.divmod(np.arange(N_USERS * N_ITEMS), N_ITEMS)


def error(model, truth):
    return ((model.predict(*every()) - truth.ravel()) ** 2).mean()


def test_is_a_weighted_ridge_on_one_column_a_user_and_item():
    rows, _, weight = rated()
    dense = np.hstack([np.eye(N_ITEMS)[rows.item], np.eye(N_USERS)[rows.user]])
    other = Ridge(alpha=2.0, solver="cholesky").fit(dense, rows.rating, weight / weight.mean())
    model = RatingBiases(shrinkage=2.0).fit(rows, 7 * weight)
    assert model.mean_ == pytest.approx(other.intercept_, abs=1e-5)
    assert np.append(model.of_item_, model.of_user_) == pytest.approx(other.coef_, abs=1e-5)
    wanted = other.predict(dense)
    assert model.predict(rows.user, rows.item) == pytest.approx(wanted, abs=1e-5)


def test_finds_the_biases_and_shrinks_those_of_few_ratings():
    rows, truth, _ = rated(share=1.0)
    assert error(RatingBiases(shrinkage=0.1).fit(rows), truth) < 0.02
    few = Interactions(np.array([0, 0, 1]), np.array([0, 1, 0]), 2, 3, rating=np.array([5.0, 1, 1]))
    model = RatingBiases().fit(few)
    assert np.abs(model.of_item_).max() < 0.5
    assert model.of_item_[2] == 0


def test_without_users_it_is_the_item_mean():
    rows, _, _ = rated()
    model = RatingBiases(shrinkage=1e-6, personal=False).fit(rows)
    means = [rows.rating[rows.item == i].mean() for i in range(N_ITEMS)]
    assert model.predict(np.zeros(N_ITEMS, int), np.arange(N_ITEMS)) == pytest.approx(
        means, abs=1e-3
    )
    assert not model.of_user_.any()


def test_weights_undo_the_choice_of_what_to_rate():
    blind = weighted = 0.0
    for seed in range(10):
        rows, truth, weight = rated(seed, share=0.15, picky=1.0)
        blind += error(RatingBiases(shrinkage=1.0).fit(rows), truth)
        weighted += error(RatingBiases(shrinkage=1.0).fit(rows, weight), truth)
    assert weighted < 0.95 * blind


def test_bad_input():
    rows, _, weight = rated()
    user, item = rows.user, rows.item
    with pytest.raises(InputError, match="each with a rating"):
        RatingBiases().fit(Interactions(user, item, N_USERS, N_ITEMS))
    holes = np.where(np.arange(len(user)) == 3, np.nan, rows.rating)
    with pytest.raises(InputError, match="each with a rating"):
        RatingBiases().fit(Interactions(user, item, N_USERS, N_ITEMS, rating=holes))
    for bad in (weight[1:], 0 * weight, np.full(len(weight), np.nan)):
        with pytest.raises(InputError, match="finite numbers above 0"):
            RatingBiases().fit(rows, bad)
    with pytest.raises(InputError, match="shrinkage must be a number above 0"):
        RatingBiases(shrinkage=0).fit(rows)
    with pytest.raises(NotFittedError):
        RatingBiases().predict(user, item)
    model = RatingBiases().fit(rows)
    with pytest.raises(InputError, match=r"item 25 is not known: fitted on 0 … 24"):
        model.predict(np.array([0]), np.array([25]))
    with pytest.raises(InputError, match=r"user -1 is not known"):
        model.predict(np.array([-1]), np.array([2]))
