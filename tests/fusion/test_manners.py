"""What every ranker owes scikit-learn and its callers."""

import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone, is_classifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError

from mmnotes.errors import InputError
from mmnotes.features.block import ModalityColumns
from mmnotes.fusion import EarlyFusion, LateFusion, MlpRanker, SingleModality

FEW = {"max_epochs": 2, "hidden": 8}

RANKERS = {
    "early-logistic": lambda w: EarlyFusion(w.layout, context=w.context),
    "early-mean": lambda w: EarlyFusion(w.layout, missing="mean"),
    "early-gbdt": lambda w: EarlyFusion(w.layout, "gbdt"),
    "early-mlp": lambda w: EarlyFusion(w.layout, MlpRanker(**FEW)),
    "early-token": lambda w: EarlyFusion(w.layout, MlpRanker(**FEW), missing="token"),
    "early-forest": lambda w: EarlyFusion(
        w.layout, RandomForestClassifier(n_estimators=5, random_state=0)
    ),
    "late-fitted": lambda w: LateFusion(w.layout),
    "late-gate": lambda w: LateFusion(w.layout, context=w.context, gate=True),
    "late-naive": lambda w: LateFusion(w.layout, weights="equal", calibrate=False),
    "late-mapping": lambda w: LateFusion(w.layout, weights={"text": 2, "image": 0.5}),
    "late-zeros": lambda w: LateFusion(w.layout, missing="zero-mask"),
    "single": lambda w: SingleModality(w.layout, "text"),
    "single-zeros": lambda w: SingleModality(w.layout, "image", missing="zero-mask"),
    "mlp": lambda w: MlpRanker(**FEW),
    "mlp-pairwise": lambda w: MlpRanker("pairwise", **FEW),
    "mlp-softmax": lambda w: MlpRanker("softmax", **FEW),
    "mlp-ndcg": lambda w: MlpRanker("ndcg", **FEW),
    "early-pairwise": lambda w: EarlyFusion(w.layout, MlpRanker("pairwise", **FEW)),
    "late-pairwise": lambda w: LateFusion(w.layout, ranker=MlpRanker("pairwise", **FEW)),
    "single-pairwise": lambda w: SingleModality(w.layout, "text", MlpRanker("pairwise", **FEW)),
}
NEED_GROUPS = {name for name in RANKERS if name.endswith(("pairwise", "softmax", "ndcg"))}


# Of a module, so that tests come ranker by ranker, and each is fitted once for many.
@pytest.fixture(scope="module", params=RANKERS)
def name(request):
    return request.param


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no ranker may warn on good input
        yield


@pytest.fixture
def ranker(name, world):
    return RANKERS[name](world)


@pytest.fixture(scope="module")
def fitted(name, world):
    """Tests leave it as it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return RANKERS[name](world).fit(world.X, world.y, world.groups)


@pytest.fixture
def needs_groups(name):
    return name in NEED_GROUPS


def test_fit_gives_itself(ranker, world):
    assert ranker.fit(world.X, world.y, world.groups) is ranker


def test_scores_and_probabilities(fitted, world, needs_groups):
    ranker = fitted
    scores = ranker.score_items(world.X)
    assert scores.shape == (len(world.X),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert ranker.classes_.tolist() == [0, 1]
    assert is_classifier(ranker)
    assert ranker.scores_are_log_odds == (not needs_groups or isinstance(ranker, LateFusion))
    if not ranker.scores_are_log_odds:
        for method in (ranker.predict_proba, ranker.predict):
            with pytest.raises(InputError, match="not how likely a click is: rank by score_items"):
                method(world.X)
        return
    probability = ranker.predict_proba(world.X)
    assert probability.shape == (len(world.X), 2)
    assert probability.sum(axis=1) == pytest.approx(1)
    assert probability[:, 1] == pytest.approx(expit(scores))
    assert (ranker.predict(world.X) == (probability[:, 1] > 0.5)).all()


def test_clone_and_parameters(ranker, world):
    twin = clone(ranker)
    assert twin is not ranker
    assert set(twin.get_params(deep=False)) == set(ranker.get_params(deep=False))
    assert twin.set_params(random_state=7).random_state == 7
    before = repr(ranker.get_params(deep=False))
    ranker.fit(world.X, world.y, world.groups)
    assert repr(ranker.get_params(deep=False)) == before  # fit leaves parameters alone
    assert not hasattr(clone(ranker), "classes_")


def test_same_seed_same_scores_and_input_untouched(ranker, fitted, world):
    X, y = world.X.copy(), world.y.copy()
    scores = clone(ranker).fit(X, y, world.groups).score_items(X)
    assert (scores == fitted.score_items(X)).all()
    assert (world.X == X).all()
    assert (world.y == y).all()


def test_global_random_state_untouched(ranker, world):
    import torch

    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002
    torch_before = torch.random.get_rng_state()
    ranker.fit(world.X, world.y, world.groups)
    assert (np.random.get_state()[1] == numpy_before).all()  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), torch_before)


def test_pickle(fitted, world):
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.score_items(world.X) == fitted.score_items(world.X)).all()


def test_rows_are_scored_one_by_one(fitted, world):
    """A score depends on its own row, not on which rows come along or in which order."""
    whole = fitted.score_items(world.X)
    rows = np.random.default_rng(0).permutation(len(world.X))[:50]
    assert fitted.score_items(world.X[rows]) == pytest.approx(whole[rows], abs=1e-4)


def test_labels_and_groups_of_other_types(ranker, fitted, world):
    scores = fitted.score_items(world.X)
    named = np.array([f"slate {group:05d}" for group in world.groups])
    again = ranker.fit(world.X.tolist(), world.y.astype(bool), named)
    assert again.score_items(world.X.astype(float)) == pytest.approx(scores, abs=1e-6)


def test_without_groups(ranker, world, needs_groups):
    if needs_groups:
        with pytest.raises(InputError, match="compares the rows of an impression: give groups"):
            ranker.fit(world.X, world.y)
        return
    ranker.fit(world.X, world.y)
    assert ranker.n_groups_without_click_ is None
    assert np.isfinite(ranker.score_items(world.X)).all()


def test_weights_reach_the_learner(ranker, world):
    ranker.fit(world.X, world.y, world.groups, np.ones(len(world.y)))
    plain = ranker.score_items(world.X)
    half = np.where(world.X[:, 0] > 0, 1.0, 0.01)
    ranker.fit(world.X, world.y, world.groups, half)
    assert np.abs(ranker.score_items(world.X) - plain).max() > 0.05 * plain.std()


def test_bad_weights(ranker, world):
    n = len(world.y)
    bad = np.ones(n)
    bad[[4, 9]] = np.nan, -1
    for weights, message in (
        (np.ones(n - 1), r"sample_weight must be \(600,\), .* not \(599,\)"),
        (bad, "sample_weight: row 4 is nan; weights are finite and from 0 up"),
        (-np.ones(n), "row 0 is -1.0"),
        (np.where(world.y, 0, 1), "sample_weight is 0 on every row whose label is 1"),
    ):
        with pytest.raises(InputError, match=message):
            ranker.fit(world.X, world.y, world.groups, weights)


def test_groups_without_a_click_are_allowed_and_counted(ranker, world):
    y = world.y.copy()
    empty = world.groups < 4
    y[empty] = 0
    expected = sum(not y[world.groups == group].any() for group in np.unique(world.groups))
    ranker.fit(world.X, y, world.groups)
    assert ranker.n_groups_without_click_ == expected >= 4


def test_not_fitted(ranker, world):
    with pytest.raises(NotFittedError):
        ranker.score_items(world.X)
    with pytest.raises(NotFittedError):
        ranker.predict_proba(world.X)


def test_a_failed_fit_leaves_it_unfitted(fitted, world):
    with pytest.raises(InputError):
        fitted.fit(world.X, np.zeros_like(world.y), world.groups)
    assert np.isfinite(fitted.score_items(world.X)).all()  # refused before anything changed


def test_wrong_width(fitted, world):
    n = world.X.shape[1]
    with pytest.raises(InputError, match=f"X has {n - 1} columns, but .* was fitted on {n}"):
        fitted.score_items(world.X[:, :-1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_names_its_row(ranker, fitted, world, bad):
    X = world.X.copy()
    X[[17, 30], 1] = bad
    message = r"X: row 17, column 1 is NaN or infinite \(2 such rows in all\)"
    with pytest.raises(InputError, match=message):
        ranker.fit(X, world.y, world.groups)
    with pytest.raises(InputError, match=message):
        fitted.score_items(X)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: (w.X, w.y[:-1], w.groups), r"y must be \(600,\), .*not \(599,\)"),
        (lambda w: (w.X, w.y, w.groups[:-1]), r"groups must be \(600,\), .*not \(599,\)"),
        (lambda w: (w.X, w.y[:, None], w.groups), r"y must be \(600,\)"),
        (lambda w: (w.X, np.zeros(600), w.groups), "every label is 0"),
        (lambda w: (w.X, np.ones(600), w.groups), "every label is 1"),
        (lambda w: (w.X, w.y * 2, w.groups), "0 and 1 only"),
        (lambda w: (w.X, np.where(w.y, np.nan, 0), w.groups), "0 and 1 only"),
        (lambda w: (w.X, w.y.astype(str), w.groups), "0 and 1 only"),
        (lambda w: (w.X[0], w.y, w.groups), r"\(n_rows, n_columns\)"),
        (lambda w: (w.X[:0], w.y[:0], w.groups[:0]), r"\(n_rows, n_columns\)"),
        (lambda w: (sparse.csr_array(w.X), w.y, w.groups), "sparse"),
        (lambda w: (w.X.astype(object).astype(str)[:, :1] + "x", w.y, w.groups), "numbers only"),
    ],
)
def test_bad_rows(ranker, world, change, message):
    with pytest.raises(InputError, match=message):
        ranker.fit(*change(world))


LAYOUTS = {
    "no modality": ({}, "at least one modality"),
    "no layout": (None, "at least one modality"),
    "outside": ({"text": ModalityColumns(slice(0, 90), 90)}, "'text' lies outside a matrix of 12"),
    "no columns": ({"text": ModalityColumns(slice(3, 3), 30)}, "'text' lies outside"),
    "overlap": (
        {"text": ModalityColumns(slice(0, 4), 4), "image": ModalityColumns(slice(3, 8), 9)},
        "column 3 of 'image' is claimed twice",
    ),
    "presence": (
        {"text": ModalityColumns(slice(0, 3), 3)},
        "presence column of 'text' must hold 0 and 1, but row 0",
    ),
    "not columns": ({"text": slice(0, 4)}, "'text' must be a ModalityColumns"),
}


@pytest.mark.parametrize("case", LAYOUTS)
@pytest.mark.parametrize("kind", [EarlyFusion, LateFusion, SingleModality])
def test_bad_layouts(world, kind, case):
    layout, message = LAYOUTS[case]
    ranker = kind(layout, "text") if kind is SingleModality else kind(layout)
    with pytest.raises(InputError, match=message):
        ranker.fit(world.X, world.y, world.groups)


def test_presence_is_checked_at_serving_too(world):
    X = world.X.copy()
    X[5, world.layout["text"].present] = 0.5
    for kind in ("early-logistic", "late-fitted", "single"):
        ranker = RANKERS[kind](world).fit(world.X, world.y, world.groups)
        with pytest.raises(InputError, match=r"presence column of 'text' .* row 5 holds 0\.5"):
            ranker.score_items(X)
