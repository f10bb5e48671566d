import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from mmnotes.errors import InputError
from mmnotes.features.block import ModalityColumns
from mmnotes.fusion import EarlyFusion, MlpRanker
from mmnotes.fusion.network import Network, Part
from mmnotes.fusion.objectives import OBJECTIVES

COMPARING = [name for name in OBJECTIVES if name != "pointwise"]


def text_only(text, image, device):
    return 3 * text


@pytest.fixture(scope="module")
def trained(make):
    world = make(0, text_only, n_slates=200, missing=0.3)
    return world, MlpRanker(tokens=world.layout).fit(world.X, world.y, world.groups)


def test_every_trainable_tensor_gets_a_gradient(world):
    network = Network(world.X, hidden=8, tokens=world.layout)
    X, y = torch.as_tensor(world.X), torch.as_tensor(world.y).float()
    torch.nn.functional.binary_cross_entropy_with_logits(network(X), y).backward()
    names = [name for name, _ in network.named_parameters()]
    assert sum(name.startswith("tokens") for name in names) == 2
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_token_gets_its_gradient_from_rows_without_the_modality_only(world):
    network = Network(world.X, hidden=8, tokens=world.layout)
    there = world.X[:, world.layout["text"].present] == 1
    network(torch.as_tensor(world.X[there])).sum().backward()
    assert (network.tokens[0].grad == 0).all()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_overfits_a_toy_set(objective):
    rng = np.random.default_rng(0)
    X, slate = rng.normal(size=(40, 6)).astype(np.float32), np.repeat(np.arange(10), 4)
    y = np.tile([1, 0, 0, 0], 10)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Network(X, hidden=64, tokens=None)
        rows = Part.of(X, y, slate, None, torch.device("cpu"))
        steps = {"max_epochs": 60, "patience": 60, "batch_size": 20, "learning_rate": 1e-2}
        ranker = MlpRanker(objective, weight_decay=0, **steps)
        losses = ranker._train(network, rows, rows)
    assert losses[-1] < 0.1 < 0.3 < losses[0]
    scores = network(rows.X).reshape(10, 4)
    assert (scores.argmax(dim=1) == 0).all()
    if objective == "pointwise":
        assert ((scores > 0) == rows.y.reshape(10, 4)).all()


@pytest.mark.parametrize("whole", [False, True])
def test_batches_hold_every_row_once_and_impressions_whole(whole):
    rng = np.random.default_rng(0)
    slate = rng.permutation(np.repeat(np.arange(30), np.arange(1, 31)))  # rows of a slate apart
    X = np.arange(len(slate), dtype=np.float32)[:, None]
    part = Part.of(X, slate % 2, slate, X[:, 0], torch.device("cpu"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        batches = list(part.batches(50, whole))
    rows = [batch.X[:, 0].long().numpy() for batch in batches]
    assert sorted(np.concatenate(rows)) == list(range(len(slate)))
    assert len(batches) == pytest.approx(len(slate) / 50, abs=2)
    for batch, own in zip(batches, rows, strict=True):
        assert (batch.y.numpy() == slate[own] % 2).all()
        assert (batch.weight.numpy() == own).all()
        assert (np.unique(slate[own], return_inverse=True)[1] == batch.group.numpy()).all()
    if whole:
        shared = np.concatenate([np.unique(slate[own]) for own in rows])
        assert len(shared) == len(np.unique(shared))


@pytest.fixture(scope="module")
def steered():
    """Who clicks readily is shown more of what column 1 marks; only column 0 is liked."""
    rng = np.random.default_rng(0)
    ready = np.repeat(rng.normal(size=2000), 10)
    marked = rng.random(20_000) < expit(2 * ready)
    liked = rng.normal(size=20_000)
    clicked = rng.random(20_000) < expit(liked + 1.5 * ready)
    return np.stack([liked, marked], axis=1), clicked, np.repeat(np.arange(2000), 10)


def weights_of(ranker):
    """Coefficients of a linear ranker on the columns as they were given."""
    network = ranker.network_
    return (network.layers[0].weight[0] / network.scale).detach().numpy()


def test_only_rows_credit_a_column_with_the_readiness_of_those_it_was_shown_to(steered):
    X, y, slate = steered
    credit = {}
    for objective in OBJECTIVES:
        ranker = MlpRanker(objective, hidden=0, learning_rate=2e-2).fit(X, y, slate)
        liked, marked = weights_of(ranker)
        assert liked > 0.3
        credit[objective] = marked / liked
    assert credit["pointwise"] > 1.5
    assert abs(credit["pairwise"]) < 0.15
    assert abs(credit["ndcg"]) < 0.15
    assert abs(credit["softmax"]) < 0.3  # half of the rows are clicked, and compete


def test_pairs_find_the_log_odds_of_a_slate(steered):
    X, y, slate = steered
    ranker = MlpRanker("pairwise", hidden=0, learning_rate=2e-2, weight_decay=0).fit(X, y, slate)
    assert weights_of(ranker) == pytest.approx([1, 0], abs=0.1)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_inverse_propensities_repair_what_was_not_looked_at(objective):
    """Rows with column 1 stood at the foot of the slate, and were looked at once in four times."""
    rng = np.random.default_rng(0)
    liked, foot = rng.normal(size=30_000), np.tile(np.arange(10) >= 5, 3000)
    looked = np.where(foot, 0.25, 1.0)
    clicked = rng.random(30_000) < looked * expit(liked - 2.5)
    X, slate = np.stack([liked, foot], axis=1), np.repeat(np.arange(3000), 10)
    settings = {"hidden": 0, "learning_rate": 2e-2}
    naive, repaired = (
        np.divide(*weights_of(MlpRanker(objective, **settings).fit(X, clicked, slate, w))[::-1])
        for w in (None, np.where(clicked, 1 / looked, 1))
    )
    assert naive < -0.8
    assert abs(repaired) < 0.3


@pytest.mark.parametrize("objective", COMPARING)
def test_counts_impressions_with_nothing_to_compare_and_learns_nothing_from_them(make, objective):
    world = make(0, text_only, n_slates=60)
    y = world.y.copy()
    y[world.groups < 3], y[world.groups == 3] = 0, 1
    plain = np.bincount(world.groups, y) % 10 == 0
    ranker = MlpRanker(objective, max_epochs=2).fit(world.X, y, world.groups)
    assert ranker.n_groups_unused_ == plain.sum() >= 4
    used = ~plain[world.groups]
    without = MlpRanker(objective, max_epochs=2).fit(world.X[used], y[used], world.groups[used])
    assert (without.score_items(world.X) == ranker.score_items(world.X)).all()
    assert MlpRanker(max_epochs=1).fit(world.X, y, world.groups).n_groups_unused_ == 0


def test_bad_objectives(world):
    with pytest.raises(InputError, match="one of pointwise, pairwise, softmax, ndcg, not 'hinge'"):
        MlpRanker("hinge").fit(world.X, world.y, world.groups)
    with pytest.raises(InputError, match="compares the rows of an impression: give groups"):
        MlpRanker("pairwise").fit(world.X, world.y)
    with pytest.raises(InputError, match="no group holds both a click and a row without one"):
        MlpRanker("softmax").fit(world.X, world.y, np.arange(len(world.y)))


def test_scores_that_compare_are_no_probabilities_until_calibrated(steered):
    X, y, slate = steered
    half = slate < 1000
    ranker = MlpRanker("pairwise", hidden=0).fit(X[half], y[half], slate[half])
    calibrated = CalibratedClassifierCV(FrozenEstimator(ranker)).fit(X[~half], y[~half])
    assert calibrated.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.02)
    fused = EarlyFusion({"text": ModalityColumns(slice(0, 1), 1)}, MlpRanker("ndcg", max_epochs=1))
    fused.fit(X, y, slate)
    for method in (ranker.predict_proba, ranker.predict, fused.predict_proba, fused.predict):
        with pytest.raises(InputError, match="learned which row of an impression is clicked, not"):
            method(X)


def test_stops_early_and_goes_back_to_the_best(make):
    def nothing(text, image, device):
        return 0 * text

    noise = make(0, nothing, n_slates=100)
    ranker = MlpRanker(max_epochs=40, patience=2).fit(noise.X, noise.y, noise.groups)
    best = int(np.argmin(ranker.losses_))
    assert len(ranker.losses_) == best + 3 < 40
    short = MlpRanker(max_epochs=best + 1, patience=2).fit(noise.X, noise.y, noise.groups)
    assert (short.score_items(noise.X) == ranker.score_items(noise.X)).all()


def test_learns_and_tokens_move(trained):
    world, ranker = trained
    assert world.ndcg(ranker) > 0.75
    assert all(token.abs().max() > 0.01 for token in ranker.network_.tokens)


def test_where_the_token_stands_the_values_do_not_matter(trained):
    world, ranker = trained
    text = world.layout["text"]
    absent = world.X[:, text.present] == 0
    junk = world.X.copy()
    junk[np.ix_(absent, range(text.values.start, text.values.stop))] = 50
    assert (ranker.score_items(junk) == ranker.score_items(world.X)).all()


def test_an_untrained_token_is_the_mean_row(make):
    """Serving without a modality that was never missing in training: scored as an average one."""
    whole = make(0, text_only, n_slates=100, centre=2.0)
    with pytest.warns(UserWarning, match="token stays at the mean"):
        ranker = EarlyFusion(whole.layout, "mlp", missing="token").fit(
            whole.X, whole.y, whole.groups
        )
    network = ranker.ranker_.network_
    row, text = whole.X[:1].copy(), whole.layout["text"]
    row[0, text.values] = network.mean[text.values].numpy()
    gone = row.copy()
    gone[0, text.values] = gone[0, text.present] = 0
    assert ranker.score_items(gone) == pytest.approx(ranker.score_items(row), abs=1e-5)


def test_random_state_decides(world):
    fit = lambda seed: MlpRanker(max_epochs=2, random_state=seed).fit(world.X, world.y)  # noqa: E731
    scores = [fit(seed).score_items(world.X) for seed in (0, 0, 1)]
    assert (scores[0] == scores[1]).all()
    assert (scores[0] != scores[2]).any()


@pytest.mark.parametrize(
    ("device", "message"),
    [("quantum", "device must be 'auto' or a name that torch knows")]
    + ([] if torch.cuda.is_available() else [("cuda", "torch sees no GPU here")]),
)
def test_bad_device(world, device, message):
    with pytest.raises(InputError, match=message):
        MlpRanker(device=device).fit(world.X, world.y)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gpu_learns_the_same(make, objective):
    world = make(0, text_only, n_slates=200)
    cpu, gpu = (
        MlpRanker(objective, device=device).fit(world.X, world.y, world.groups, 1 + world.y)
        for device in ("cpu", "cuda")
    )
    assert world.ndcg(gpu) == pytest.approx(world.ndcg(cpu), abs=0.02)
    assert gpu.network_.mean.device.type == "cpu"  # pickles to a machine without a GPU
    scores = gpu.score_items(world.X)
    assert gpu.set_params(device="cpu").score_items(world.X) == pytest.approx(scores, abs=1e-3)
