import numpy as np
import pytest
import torch

from mmnotes.errors import InputError
from mmnotes.fusion import EarlyFusion, MlpRanker
from mmnotes.fusion.mlp import Network


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


def test_overfits_a_toy_set():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6)).astype(np.float32)
    y = rng.integers(0, 2, 40)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Network(X, hidden=64, tokens=None)
    rows = [torch.as_tensor(X), torch.as_tensor(y).float()]
    ranker = MlpRanker(max_epochs=300, patience=300, batch_size=8, weight_decay=0)
    losses = ranker._train(network, rows, rows)
    assert losses[-1] < 0.1 < 0.5 < losses[0]
    assert ((network(rows[0]) > 0).numpy() == y).all()


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
def test_gpu_learns_the_same(make):
    world = make(0, text_only, n_slates=200)
    cpu, gpu = (
        MlpRanker(device=device).fit(world.X, world.y, world.groups) for device in ("cpu", "cuda")
    )
    assert world.ndcg(gpu) == pytest.approx(world.ndcg(cpu), abs=0.02)
    assert gpu.network_.mean.device.type == "cpu"  # pickles to a machine without a GPU
    scores = gpu.score_items(world.X)
    assert gpu.set_params(device="cpu").score_items(world.X) == pytest.approx(scores, abs=1e-3)
