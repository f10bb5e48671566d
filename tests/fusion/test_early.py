"""What early fusion can learn, and what a missing modality does to it."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmnotes.errors import InputError
from mmnotes.fusion import EarlyFusion, LateFusion, SingleModality, logistic, without


def product(text, image, device):
    return 2 * text * image


def text_only(text, image, device):
    return 2 * text


@pytest.fixture(scope="module")
def interaction(make):
    return make(0, product), make(10, product)


@pytest.mark.parametrize("name", ["gbdt", "mlp"])
def test_learns_an_interaction_that_late_fusion_cannot(interaction, name):
    train, test = interaction
    fit = lambda ranker: test.ndcg(ranker.fit(train.X, train.y, train.groups))  # noqa: E731
    constant = test.ndcg(SingleModality(train.layout, "text").fit(train.X, train.y, train.groups))
    early = fit(EarlyFusion(train.layout, name))
    assert early > constant + 0.15
    assert early > fit(LateFusion(train.layout)) + 0.15
    # the same learner for each modality apart sees only how much, not which way
    assert early > fit(LateFusion(train.layout, ranker=name)) + 0.1
    # and a linear ranker on both has no product
    assert early > fit(EarlyFusion(train.layout)) + 0.15


def test_logistic_is_the_pipeline_it_says(world):
    ours = EarlyFusion(world.layout, context=world.context).fit(world.X, world.y, world.groups)
    theirs = logistic().fit(world.X, world.y)
    assert ours.score_items(world.X) == pytest.approx(theirs.decision_function(world.X), abs=1e-3)


def test_a_brought_classifier_gets_the_columns_in_order(world):
    brought = LogisticRegression()
    ours = EarlyFusion(world.layout, brought).fit(world.X, world.y)
    assert not hasattr(brought, "coef_")  # the one given stays as it was
    theirs = LogisticRegression().fit(world.X[:, : world.context.start], world.y)
    assert ours.ranker_.coef_ == pytest.approx(theirs.coef_)


def test_weights_of_rows_are_repeats(world):
    times = np.random.default_rng(0).integers(0, 4, len(world.y))
    rows = np.repeat(np.arange(len(world.y)), times)
    for ranker in ("logistic", LogisticRegression()):
        early = EarlyFusion(world.layout, ranker, missing="zero-mask")
        weighted = early.fit(world.X, world.y, world.groups, times).score_items(world.X)
        repeated = early.fit(world.X[rows], world.y[rows], world.groups[rows])
        assert weighted == pytest.approx(repeated.score_items(world.X), abs=2e-3)


def test_weights_are_refused_where_they_would_be_lost(world):
    for ranker in (KNeighborsClassifier(), make_pipeline(StandardScaler(), KNeighborsClassifier())):
        with pytest.raises(InputError, match="KNeighborsClassifier takes no sample_weight"):
            EarlyFusion(world.layout, ranker).fit(world.X, world.y, None, np.ones(len(world.y)))


def test_columns_outside_the_layout_are_not_used(make):
    train = make(0, text_only, n_slates=200)
    layout = {"image": train.layout["image"]}
    ranker = EarlyFusion(layout).fit(train.X, train.y, train.groups)
    moved = train.X.copy()
    moved[:, train.layout["text"].values] = 9.0
    assert (ranker.score_items(moved) == ranker.score_items(train.X)).all()


def test_context_is_used_only_if_named(make):
    def on_phones(text, image, device):
        return np.where(device == 1, 2.0, -2.0)

    train = make(0, on_phones, n_slates=100)
    blind = EarlyFusion(train.layout).fit(train.X, train.y, train.groups)
    seeing = EarlyFusion(train.layout, context=train.context).fit(train.X, train.y, train.groups)
    listed = EarlyFusion(
        train.layout, context=list(range(train.context.start, train.context.stop))
    ).fit(train.X, train.y, train.groups)
    phone = train.X[:, train.context.stop - 1] == 1
    gap = lambda ranker: np.diff([ranker.score_items(train.X)[r].mean() for r in (~phone, phone)])  # noqa: E731
    assert gap(seeing) > 2
    assert abs(gap(blind)) < 0.5
    assert (listed.score_items(train.X) == seeing.score_items(train.X)).all()


def test_zero_mask_puts_zeros_whatever_the_column_holds(world):
    ranker = EarlyFusion(world.layout).fit(world.X, world.y, world.groups)
    text = world.layout["text"]
    junk = world.X.copy()
    absent = junk[:, text.present] == 0
    junk[np.ix_(absent, range(text.values.start, text.values.stop))] = 99
    assert (ranker.score_items(junk) == ranker.score_items(world.X)).all()


def test_mean_puts_the_mean_of_the_rows_that_have_it(world):
    ranker = EarlyFusion(world.layout, missing="mean").fit(world.X, world.y, world.groups)
    text = world.layout["text"]
    there = world.X[:, text.present] == 1
    row = world.X[:1].copy()
    row[0, text.values] = world.X[there][:, text.values].mean(axis=0)
    row[0, text.present] = 1
    gone = without(row, world.layout, "text")
    assert ranker.score_items(gone) == pytest.approx(ranker.score_items(row), abs=1e-5)


@pytest.mark.parametrize(("missing", "name"), [("zero-mask", "logistic"), ("token", "mlp")])
def test_masks_see_what_missing_means_and_the_mean_does_not(make, missing, name):
    """Rows without a text are clicked more; a mean in its place hides which rows these are."""
    train, test = make(0, text_only, missing=0.15), make(10, text_only, missing=0.15)
    clicked = []
    for world in (train, test):
        rng = np.random.default_rng(len(clicked))
        absent = world.X[:, world.layout["text"].present] == 0
        clicked.append(np.where(absent, rng.random(len(absent)) < 0.95, world.y))
    told = EarlyFusion(train.layout, name, missing=missing)
    untold = EarlyFusion(train.layout, name, missing="mean")
    scores = [
        test._replace(y=clicked[1]).ndcg(ranker.fit(train.X, clicked[0], train.groups))
        for ranker in (told, untold)
    ]
    assert scores[0] > scores[1] + 0.01


def test_counts_missing_rows(world):
    ranker = EarlyFusion(world.layout).fit(world.X, world.y, world.groups)
    for name, columns in world.layout.items():
        assert ranker.n_missing_[name] == (world.X[:, columns.present] == 0).sum() > 0


def test_constant_and_repeated_columns_do_no_harm(world):
    X = world.X.copy()
    image = world.layout["image"].values
    X[:, image.start] = 0.25
    X[:, image.start + 1] = X[:, image.start + 2]
    for name in ("logistic", "gbdt", "mlp"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ranker = EarlyFusion(world.layout, name).fit(X, world.y, world.groups)
        assert np.isfinite(ranker.score_items(X)).all()


def test_wide_matrices_take_another_road_to_the_same_weights(world):
    newton, lbfgs = logistic(n_columns=10), logistic(n_columns=1000)
    assert newton[-1].solver != lbfgs[-1].solver
    scores = [m.fit(world.X, world.y).decision_function(world.X) for m in (newton, lbfgs)]
    assert scores[0] == pytest.approx(scores[1], abs=0.02)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ranker": "svm"}, "ranker must be one of logistic, gbdt, mlp, or .* not 'svm'"),
        ({"ranker": 3}, "or a scikit-learn classifier, not 3"),
        ({"missing": "drop"}, "missing must be one of zero-mask, mean, token, not 'drop'"),
        ({"missing": "token"}, "learns a vector by gradient, which 'logistic' cannot"),
        ({"missing": "token", "ranker": "gbdt"}, "use ranker='mlp', or missing='zero-mask'"),
        ({"context": slice(0, 2)}, "overlaps the columns of 'text'"),
        ({"context": [50]}, r"context \[50\] lies outside a matrix of 12 columns"),
        ({"context": [-1]}, "lies outside"),
        ({"context": slice(5, 5)}, "context must be a slice or a list of columns"),
        ({"context": ["device"]}, "context must be a slice or a list of columns"),
    ],
)
def test_bad_settings(world, settings, message):
    with pytest.raises(InputError, match=message):
        EarlyFusion(world.layout, **settings).fit(world.X, world.y, world.groups)


def test_a_mean_of_nothing_is_refused(world):
    X = without(world.X, world.layout, "image")
    with pytest.raises(InputError, match="no training row has 'image', so it has no mean"):
        EarlyFusion(world.layout, missing="mean").fit(X, world.y, world.groups)


def test_a_token_that_nothing_trains_is_announced(make):
    whole = make(0, product, n_slates=30)
    with pytest.warns(UserWarning, match="no training row lacks text, image, so the token stays"):
        EarlyFusion(whole.layout, "mlp", missing="token").fit(whole.X, whole.y, whole.groups)
