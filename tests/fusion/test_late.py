"""What late fusion adds up: calibration, weights, the gate, and terms that are not there."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from mmnotes.errors import InputError
from mmnotes.fusion import EarlyFusion, LateFusion, MlpRanker, SingleModality, without


class Loud(ClassifierMixin, BaseEstimator):
    """A logistic ranker whose scores are on a scale of their own."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def decision_function(self, X):
        return self.factor * self.model_.decision_function(X)


def mostly_text(text, image, device):
    return 2 * text + 0.5 * image


def by_device(text, image, device):
    return np.where(device == 0, 2 * text, 2 * image)


def additive(text, image, device):
    return text + image


@pytest.fixture(scope="module")
def loud(make):
    """Text says most; the image model shouts twenty times as loud."""
    train, test = make(0, mostly_text), make(10, mostly_text)

    def ndcg(factor, **settings):
        rankers = {"text": Loud(), "image": Loud(factor)}
        late = LateFusion(train.layout, ranker=rankers, **settings)
        return test.ndcg(late.fit(train.X, train.y, train.groups))

    return ndcg


def test_calibration_makes_loud_scores_comparable(loud):
    naive = {"weights": "equal", "calibrate": False}
    assert loud(20, **naive) < loud(1, **naive) - 0.1
    assert loud(20, weights="equal") == pytest.approx(loud(1, weights="equal"), abs=0.01)


def test_fitted_weights_undo_the_scale_too(loud):
    assert loud(20, calibrate=False) == pytest.approx(loud(1, calibrate=False), abs=0.01)


def test_calibrated_scores_mean_what_they_say(make):
    """Where a modality says log-odds s, the clicks come at that rate."""
    train, test = make(0, mostly_text, n_slates=2000), make(10, mostly_text)
    late = LateFusion(train.layout, ranker=Loud(20)).fit(train.X, train.y, train.groups)
    for scores in late.modality_scores(test.X).values():
        for low, high in ((0, 0.25), (0.25, 0.75), (0.75, 1)):
            ends = np.quantile(scores, [low, high])
            rows = (scores >= ends[0]) & (scores <= ends[1])
            said = 1 / (1 + np.exp(-scores[rows]))
            assert test.y[rows].mean() == pytest.approx(said.mean(), abs=0.03)


def test_weights_follow_what_each_modality_adds(make):
    def text_only(text, image, device):
        return 2 * text

    train = make(0, text_only)
    late = LateFusion(train.layout).fit(train.X, train.y, train.groups)
    assert late.weights_["text"] == pytest.approx(1, abs=0.2)
    test = make(10, text_only)
    alone = SingleModality(train.layout, "text").fit(train.X, train.y, train.groups)
    assert test.ndcg(late) > test.ndcg(alone) - 0.01


def test_equal_and_given_weights(world):
    fit = lambda weights: LateFusion(world.layout, weights=weights).fit(  # noqa: E731
        world.X, world.y, world.groups
    )
    equal, given = fit("equal"), fit({"image": 0.5, "text": 0.5})
    assert equal.weights_ == {"text": 0.5, "image": 0.5}
    assert (equal.score_items(world.X) == given.score_items(world.X)).all()
    silent = fit({"text": 1, "image": 0})
    scores = silent.modality_scores(world.X)["text"]
    there = ~np.isnan(scores)
    assert silent.score_items(world.X)[there] == pytest.approx(scores[there])


def test_the_naive_sum_is_the_sum(world):
    naive = LateFusion(world.layout, weights="equal", calibrate=False)
    naive.fit(world.X, world.y, world.groups)
    scores = naive.modality_scores(world.X)
    both = ~np.isnan(scores["text"]) & ~np.isnan(scores["image"])
    alone = SingleModality(world.layout, "text").fit(world.X, world.y, world.groups)
    assert naive.score_items(world.X)[both] == pytest.approx(
        (scores["text"][both] + scores["image"][both]) / 2
    )
    assert scores["text"][both] == pytest.approx(alone.score_items(world.X)[both])  # all rows used


def test_the_gate_finds_weights_for_each_device(make):
    train, test = make(0, by_device, n_slates=2000), make(10, by_device)
    gated = LateFusion(train.layout, context=train.context, gate=True)
    gated.fit(train.X, train.y, train.groups)
    pooled = LateFusion(train.layout).fit(train.X, train.y, train.groups)
    text, image = gated.gate_weights_["text"], gated.gate_weights_["image"]
    assert text[0] > 5 * text[1]
    assert image[1] > 5 * image[0]
    assert test.ndcg(gated) > test.ndcg(pooled) + 0.05
    # without a device, or with the gate off, the weights of all rows
    nowhere = test.X.copy()
    nowhere[:, test.context] = 0
    assert gated.score_items(nowhere) == pytest.approx(pooled.score_items(test.X))


def test_a_device_that_was_hardly_seen_leans_on_the_rest(make):
    train = make(0, by_device, n_slates=400)
    rare = train.X.copy()
    rare[:, train.context] = [1, 0]
    rare[:10, train.context] = [0, 1]
    late = LateFusion(train.layout, context=train.context, gate=True)
    late.fit(rare, train.y, train.groups)
    for name, pooled in late.weights_.items():
        assert late.gate_weights_[name][1] == pytest.approx(pooled, abs=0.5)


@pytest.mark.parametrize("outage", [0.2, 0.4, 0.6])
def test_dropping_a_term_costs_less_than_zeros_do(make, outage):
    """Text was always there in training, and fails for some rows at serving."""
    train, test = (make(seed, additive, alike=0.5, centre=1.0) for seed in (0, 10))
    failed = np.random.default_rng(0).random(len(test.X)) < outage
    served = without(test.X, test.layout, "text", failed)

    def cost(ranker):
        ranker.fit(train.X, train.y, train.groups)
        return test.ndcg(ranker) - test.ndcg(ranker, served)

    dropped = cost(LateFusion(train.layout))
    assert 0 < dropped < cost(EarlyFusion(train.layout)) - 0.005
    assert dropped < cost(EarlyFusion(train.layout, "gbdt")) - 0.005
    assert dropped < cost(LateFusion(train.layout, missing="zero-mask")) - 0.005


@pytest.mark.parametrize(
    ("alike", "better", "worse"), [(0, "neutral", "drop"), (0.9, "drop", "neutral")]
)
def test_which_absence_rule_is_right_depends_on_how_alike_modalities_are(
    make, alike, better, worse
):
    train, test = (make(seed, additive, alike=alike) for seed in (0, 10))
    failed = np.random.default_rng(0).random(len(test.X)) < 0.4
    served = without(test.X, test.layout, "text", failed)
    ndcg = {
        missing: test.ndcg(
            LateFusion(train.layout, missing=missing).fit(train.X, train.y, train.groups), served
        )
        for missing in (better, worse)
    }
    assert ndcg[better] > ndcg[worse] + 0.005


def test_what_is_left_carries_the_whole_weight(world):
    late = LateFusion(world.layout).fit(world.X, world.y, world.groups)
    scores = late.modality_scores(without(world.X, world.layout, "text"))
    total = sum(late.weights_.values())
    got = late.score_items(without(world.X, world.layout, "text"))
    image = np.where(np.isnan(scores["image"]), logit(world.y.mean()), scores["image"])
    assert np.isnan(scores["text"]).all()
    assert got == pytest.approx(late.intercept_ + total * image)


def test_scores_of_a_missing_modality_by_rule(world):
    absent = {name: world.X[:, c.present] == 0 for name, c in world.layout.items()}
    for missing, hidden in (("drop", True), ("neutral", True), ("zero-mask", False)):
        late = LateFusion(world.layout, missing=missing).fit(world.X, world.y, world.groups)
        for name, scores in late.modality_scores(world.X).items():
            assert (np.isnan(scores) == (absent[name] & hidden)).all()


def test_held_out_groups_stay_whole(world, monkeypatch):
    """The modality models and the calibration never share an impression."""
    seen = []
    fit = SingleModality.fit
    monkeypatch.setattr(
        SingleModality,
        "fit",
        lambda s, X, y, groups, *more: seen.append(set(groups)) or fit(s, X, y, groups, *more),
    )
    LateFusion(world.layout, validation=0.25).fit(world.X, world.y, world.groups)
    assert seen[0] == seen[1]
    assert len(seen[0]) == 45  # of 60


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weights": "learned"}, "weights must be 'fitted', 'equal' or one number a modality"),
        ({"weights": {"text": 1}}, "weights must name exactly the modalities"),
        ({"weights": {"text": 1, "image": 1, "meta": 1}}, "must name exactly"),
        ({"weights": {"text": -1, "image": 1}}, "finite, from 0 up and not all 0"),
        ({"weights": {"text": 0, "image": 0}}, "not all 0"),
        ({"weights": {"text": np.nan, "image": 1}}, "finite"),
        ({"missing": "token"}, "missing must be one of drop, neutral, zero-mask, not 'token'"),
        ({"gate": True}, "gate=True fits weights by context: give context"),
        ({"gate": True, "weights": "equal", "context": slice(10, 12)}, "weights='fitted'"),
        ({"validation": 0.0}, "validation must be a share between 0 and 1"),
        ({"validation": 1}, "validation must be a share between 0 and 1"),
        ({"ranker": {"text": "gbdt"}}, "ranker must name exactly the modalities"),
        ({"ranker": "trees"}, "ranker must be one of"),
        ({"context": slice(0, 3)}, "overlaps"),
    ],
)
def test_bad_settings(world, settings, message):
    with pytest.raises(InputError, match=message):
        LateFusion(world.layout, **settings).fit(world.X, world.y, world.groups)


def test_the_gate_wants_one_hot_context(world):
    X = world.X.copy()
    X[3, world.context] = [1, 1]
    late = LateFusion(world.layout, context=world.context, gate=True)
    with pytest.raises(InputError, match=r"one-hot context columns, but row 3 holds \[1.0, 1.0\]"):
        late.fit(X, world.y, world.groups)
    late.fit(world.X, world.y, world.groups)
    X[3, world.context] = [0.5, 0]
    with pytest.raises(InputError, match="row 3 holds"):
        late.score_items(X)


def test_scores_of_pairs_are_calibrated_before_they_are_added(make):
    train, test = make(0, mostly_text), make(10, mostly_text)
    pairs = MlpRanker("pairwise", hidden=0, learning_rate=2e-2)
    late = LateFusion(train.layout, ranker=pairs).fit(train.X, train.y, train.groups)
    assert late.scores_are_log_odds
    assert late.predict_proba(test.X)[:, 1].mean() == pytest.approx(test.y.mean(), abs=0.02)
    rows = LateFusion(train.layout).fit(train.X, train.y, train.groups)
    assert test.ndcg(late) == pytest.approx(test.ndcg(rows), abs=0.02)
    naive = LateFusion(train.layout, ranker={"text": "logistic", "image": pairs}, calibrate=False)
    with pytest.raises(
        InputError, match=r"those of \['image'\] are no log-odds: use calibrate=True"
    ):
        naive.fit(train.X, train.y, train.groups)


def test_weights_of_rows_reach_every_part(make):
    """Half of the rows, twice the weight: the same as those rows twice over."""
    train = make(0, mostly_text, n_slates=300, missing=0.1)
    half = train.groups % 2 == 0
    settings = {"random_state": None, "validation": 0.5}
    keep = np.where(train.groups % 4 < 2, 0, 1)  # which half of the slates is held out
    for gate in ({}, {"gate": True, "context": train.context}):
        late = LateFusion(train.layout, **settings, **gate)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mmnotes.fusion.late.hold_out", lambda y, *_: keep[: len(y)] == 1)
            weighted = late.fit(train.X, train.y, train.groups, np.where(half, 2.0, 0))
        rows = np.repeat(np.arange(len(train.y)), np.where(half, 2, 0))
        again = LateFusion(train.layout, **settings, **gate)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mmnotes.fusion.late.hold_out", lambda y, *_, rows=rows: keep[rows] == 1)
            repeated = again.fit(train.X[rows], train.y[rows], train.groups[rows])
        assert weighted.score_items(train.X) == pytest.approx(
            repeated.score_items(train.X), abs=2e-3
        )


def test_single_modality_scores_rows_without_it_as_an_average_one_of_pairs(world):
    alone = SingleModality(world.layout, "text", MlpRanker("pairwise", max_epochs=2))
    alone.fit(world.X, world.y, world.groups)
    scores, there = alone.score_items(world.X), world.X[:, world.layout["text"].present] == 1
    assert scores[~there] == pytest.approx(scores[there].mean())


def test_too_little_to_learn_from(world):
    with pytest.raises(InputError, match="all rows are of one group"):
        LateFusion(world.layout).fit(world.X, world.y, np.zeros(600))
    y = np.zeros(600, dtype=int)
    y[:10] = 1  # one impression, clicked throughout
    with pytest.raises(InputError, match="rows hold only one kind of label: give more impressions"):
        LateFusion(world.layout).fit(world.X, y, world.groups)
    y = (np.arange(600) % 50 == 0).astype(int)
    with pytest.raises(InputError, match="too few held-out rows to calibrate 'text'"):
        LateFusion(world.layout).fit(world.X, y, world.groups)


def test_a_modality_that_is_never_there_is_refused(world):
    X = without(world.X, world.layout, "image")
    with pytest.raises(
        InputError, match="the 0 training rows that have 'image' hold only one kind"
    ):
        SingleModality(world.layout, "image").fit(X, world.y, world.groups)
    with pytest.raises(InputError, match="that have 'image'"):
        LateFusion(world.layout).fit(X, world.y, world.groups)


def test_single_modality_scores_rows_without_it_by_the_click_rate(world):
    alone = SingleModality(world.layout, "text").fit(world.X, world.y, world.groups)
    absent = world.X[:, world.layout["text"].present] == 0
    assert alone.score_items(world.X)[absent] == pytest.approx(logit(world.y.mean()))
    moved = world.X.copy()
    moved[:, world.layout["image"].values] = 3
    assert (alone.score_items(moved) == alone.score_items(world.X)).all()


def test_single_modality_settings(world):
    with pytest.raises(InputError, match="no modality 'sound' in the layout, which has"):
        SingleModality(world.layout, "sound").fit(world.X, world.y)
    with pytest.raises(InputError, match="missing must be one of drop, zero-mask"):
        SingleModality(world.layout, "text", missing="token").fit(world.X, world.y)
