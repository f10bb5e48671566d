"""What every recommender owes its callers."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from mmnotes.data import Interactions, Neighbors
from mmnotes.errors import InputError
from mmnotes.recommenders import EASE, ContentKNN, ItemKNN, MostPop, NeighborPop

N_USERS, N_ITEMS = 30, 12
_DRAW = np.random.default_rng(4)
GRAPH = Neighbors(
    np.array([_DRAW.permutation(N_ITEMS)[:3] for _ in range(N_ITEMS)]),
    _DRAW.uniform(0.1, 1, (N_ITEMS, 3)),
)
MODELS = {
    "most-popular": MostPop(),
    "item-knn": ItemKNN(k=3, shrink=1),
    "ease": EASE(regularisation=5, device="cpu"),
    "content-knn": ContentKNN(GRAPH),
    "neighbor-pop": NeighborPop(GRAPH),
}


@pytest.fixture(params=MODELS)
def model(request):
    return clone(MODELS[request.param])


@pytest.fixture
def rows() -> Interactions:
    """Twelve items; users 28 and 29 took none, and no one took item 11."""
    rng = np.random.default_rng(0)
    pair = rng.choice(28 * 11, 120, replace=False)
    return Interactions(pair // 11, pair % 11, N_USERS, N_ITEMS)


def test_scores_every_item_for_the_users_asked(model, rows):
    assert model.fit(rows) is model
    scores = model.score(np.array([5, 2, 5]))
    assert scores.shape == (3, N_ITEMS)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[0], scores[2])
    assert model.score(np.array([], int)).shape == (0, N_ITEMS)


def test_a_user_scores_the_same_whoever_is_asked_beside(model, rows):
    every = model.fit(rows).score(np.arange(N_USERS))
    alone = np.vstack([model.score(np.array([user])) for user in range(N_USERS)])
    np.testing.assert_array_equal(every, alone)


@pytest.mark.parametrize("n_users", [60, 300])  # EASE goes by users, and by items
@pytest.mark.parametrize("name", MODELS)
def test_items_that_are_alike_tie_to_the_last_digit(name, n_users):
    """Wherever they stand: no rounding tells apart what the training part does not."""
    rng = np.random.default_rng(0)
    n_items, twins, cold = 101, [5, 17, 99], [3, 50, 100]
    grid = rng.random((n_users, n_items)) < 0.1
    grid[:, twins], grid[:, cold] = grid[:, [5]], False
    near = np.array([rng.permutation(n_items)[:20] for _ in range(n_items)])
    graph = Neighbors(near, rng.uniform(0.1, 1, near.shape).astype(np.float32))
    for alike in (twins, cold):
        graph.index[alike], graph.cosine[alike] = graph.index[alike[0]], graph.cosine[alike[0]]
        graph.cosine[np.isin(graph.index, alike)] = np.nan
    model = clone(MODELS[name])
    model.set_params(**{"neighbors": graph} if hasattr(model, "neighbors") else {})
    model.set_params(**{"k": n_items} if hasattr(model, "k") else {})
    model.fit(Interactions(*np.nonzero(grid), n_users, n_items))
    scores = model.score(np.arange(n_users))
    others = scores[~grid[:, 5]]
    np.testing.assert_array_equal(others[:, twins], np.repeat(others[:, [5]], 3, axis=1))
    np.testing.assert_array_equal(scores[:, cold], np.repeat(scores[:, [3]], 3, axis=1))


def test_order_of_rows_and_repeated_rows_do_not_matter(model, rows):
    before = model.fit(rows).score(np.arange(N_USERS))
    shuffled = np.random.default_rng(1).permutation(np.r_[np.arange(120), np.arange(40)])
    again = Interactions(rows.user[shuffled], rows.item[shuffled], N_USERS, N_ITEMS)
    np.testing.assert_array_equal(clone(model).fit(again).score(np.arange(N_USERS)), before)


def test_shuffled_items_score_otherwise(model, rows):
    """Nothing is learnt from the ids themselves: renaming the items renames the scores."""
    before = model.fit(rows).score(np.arange(N_USERS))
    names = np.random.default_rng(2).permutation(N_ITEMS)
    renamed = replace(rows, item=names[rows.item])
    if isinstance(model, ContentKNN):  # its neighbours are named too
        old = np.argsort(names)
        graph = Neighbors(names[GRAPH.index[old]], GRAPH.cosine[old])
        after = clone(model).set_params(neighbors=graph).fit(renamed).score(np.arange(N_USERS))
        np.testing.assert_allclose(after[:, names], before, rtol=1e-6)
        return
    if isinstance(model, ItemKNN):  # of equally near items the lower number stays
        model.set_params(k=N_ITEMS)
        before = model.fit(rows).score(np.arange(N_USERS))
    after = clone(model).fit(renamed).score(np.arange(N_USERS))
    np.testing.assert_allclose(after[:, names], before, rtol=1e-5, atol=1e-6)
    assert (after != before).any()


def test_the_caller_may_write_into_the_scores(model, rows):
    before = model.fit(rows).score(np.arange(4))
    model.score(np.arange(4))[:] = -np.inf
    np.testing.assert_array_equal(model.score(np.arange(4)), before)


def test_an_item_that_no_one_took_scores_zero(model, rows):
    if isinstance(model, ContentKNN):
        pytest.skip("it is scored by what is like it")
    assert not model.fit(rows).score(np.arange(N_USERS))[:, 11].any()


def test_the_test_part_among_others_is_refused(model, rows):
    split = np.repeat(["train", "valid", "test"], 40)
    parted = replace(rows, split=split)
    with pytest.raises(InputError, match=r"of: test, train, valid.*part\('train'\)"):
        model.fit(parted)
    with pytest.raises(InputError, match=r"are of: test\..*part\('train'\)"):
        model.fit(parted.part("test"))
    model.fit(parted.where(split != "test"))  # to refit on both is a choice
    expected = clone(model).fit(rows.where(split == "train")).score(np.arange(N_USERS))
    scores = model.fit(parted.part("train")).score(np.arange(N_USERS))
    np.testing.assert_array_equal(scores, expected)


def test_a_second_fit_forgets_the_first(model, rows):
    half = rows.where(rows.user < 10)
    expected = clone(model).fit(half).score(np.arange(N_USERS))
    np.testing.assert_array_equal(model.fit(rows).fit(half).score(np.arange(N_USERS)), expected)


def test_survives_pickling(model, rows):
    scores = model.fit(rows).score(np.arange(N_USERS))
    again = pickle.loads(pickle.dumps(model)).score(np.arange(N_USERS))
    np.testing.assert_array_equal(again, scores)


def test_before_fit(model):
    with pytest.raises(NotFittedError):
        model.score(np.array([0]))


def test_nothing_to_learn_from(model, rows):
    with pytest.raises(InputError, match="no interaction to learn from"):
        model.fit(rows.where(np.zeros(120, bool)))


@pytest.mark.parametrize(
    ("users", "said"),
    [
        ([3, 30], r"user 30 is not known: fitted on users 0 … 29"),
        ([-1], r"user -1 is not known"),
        ([1.0], r"whole numbers, not float64"),
        ([[1]], r"of shape \(1, 1\)"),
        ([True], r"whole numbers, not bool"),
    ],
)
def test_users_that_cannot_be_scored(model, rows, users, said):
    with pytest.raises(InputError, match=said):
        model.fit(rows).score(np.array(users))
    model.score(np.array([3], np.uint8))
