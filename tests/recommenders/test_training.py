"""The loop that trains: what is kept, when it ends, and what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders.network import Network, bpr, half_squares
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Sampler
from mmnotes.recommenders.training import Epoch, State, Training, optimizer_of, train

RNG = np.random.default_rng(0)
PAIRS = np.unique(RNG.integers(0, [20, 30], (100, 2)), axis=0)
ROWS = Interactions(PAIRS[:, 0], PAIRS[:, 1], 20, 30)
PROBLEM = Problem.of(ROWS, None, torch.device("cpu"))


class Counting(Network):
    """One number that each step moves by the learning rate, downwards; draws beside it."""

    def __init__(self):
        super().__init__()
        self.at = nn.Parameter(torch.zeros(()))
        self.unused = nn.Parameter(torch.zeros(2))
        self.began, self.modes, self.drawn = [], [], []

    def begin_epoch(self, epoch):
        self.began.append(epoch)
        self.drawn.append(float(torch.rand(())))

    def loss(self, batch):
        self.modes.append(self.training)
        return self.at + 0.0

    def forward(self):
        self.modes.append(self.training)
        return self.at.expand(20, 1), torch.ones(30, 1)


def run(settings, valid=(), network=None, state=None, seed=0, kept=None):
    """Train with the validation values given one after another."""
    network, state = network or Counting(), state or State()
    values = iter(valid)
    kept = [] if kept is None else kept
    train(
        network,
        Sampler(PROBLEM, settings.batch_size),
        settings,
        seed,
        (lambda vectors: next(values)) if valid else None,
        optimizer_of(network, settings),
        state,
        lambda: kept.append(len(state.epochs)),
    )
    return network, state, kept


ONE_STEP = Training(epochs=6, batch_size=1000, learning_rate=0.5, patience=2)


class TestEnd:
    def test_without_validation_the_last_epoch_counts(self):
        network, state, kept = run(ONE_STEP)
        assert [epoch.number for epoch in state.epochs] == network.began == [1, 2, 3, 4, 5, 6]
        assert all(epoch.valid is None for epoch in state.epochs)
        assert state.best_epoch == 6
        assert kept == [1, 2, 3, 4, 5, 6]
        assert float(network.at.detach()) == pytest.approx(-3, rel=1e-5)

    def test_with_it_the_best_epoch_does_and_the_first_of_equals(self):
        network, state, _ = run(ONE_STEP, [0.1, 0.3, 0.3, 0.2, 0.9, 0.9])
        assert [epoch.valid for epoch in state.epochs] == [0.1, 0.3, 0.3, 0.2]
        assert (state.best_epoch, state.best_valid) == (2, 0.3)
        assert float(network.at.detach()) == pytest.approx(-1, rel=1e-5)

    def test_a_worst_possible_value_is_a_value(self):
        _, state, _ = run(ONE_STEP, [0.0, 0.0, 0.0])
        assert (len(state.epochs), state.best_epoch, state.best_valid) == (3, 1, 0.0)

    def test_patience_ends_only_at_a_look(self):
        settings = replace(ONE_STEP, epochs=20, evaluate_every=3, patience=4)
        _, state, kept = run(settings, [0.5, 0.4, 0.3, 0.9])
        assert kept == [3, 6, 9]
        assert [epoch.valid for epoch in state.epochs[:4]] == [None, None, 0.5, None]
        assert (len(state.epochs), state.best_epoch) == (9, 3)

    def test_less_patience_than_time_between_looks(self):
        settings = replace(ONE_STEP, epochs=20, evaluate_every=5, patience=1)
        _, state, kept = run(settings, [0.5, 0.4])
        assert (len(state.epochs), state.best_epoch, kept) == (10, 5, [5, 10])

    def test_the_last_epoch_is_always_looked_at(self):
        settings = replace(ONE_STEP, evaluate_every=4)
        _, state, kept = run(settings, [0.1, 0.2])
        assert kept == [4, 6]
        assert state.best_epoch == 6

    def test_goes_on_from_a_state(self):
        network, state, _ = run(replace(ONE_STEP, epochs=2))
        whole, _, _ = run(ONE_STEP)
        again, state, kept = run(ONE_STEP, network=network, state=state)
        assert again.began == [1, 2, 3, 4, 5, 6]
        assert again.drawn == whole.drawn
        assert kept == [3, 4, 5, 6]

    def test_a_finished_one_is_left_as_it_is(self):
        network, state, _ = run(ONE_STEP, [0.3, 0.2, 0.1])
        again, state, kept = run(ONE_STEP, [0.0], network=network, state=state)
        assert not kept
        assert len(state.epochs) == 3
        assert float(again.at.detach()) == pytest.approx(-0.5, rel=1e-5)


class TestSteps:
    def test_loss_is_the_mean_over_batches(self):
        _, state, _ = run(replace(ONE_STEP, epochs=1, batch_size=30, learning_rate=0.1))
        n = len(Sampler(PROBLEM, 30))
        assert n == 4
        assert state.epochs[0].loss == pytest.approx(-0.1 * np.arange(n).mean(), rel=1e-4)

    def test_learning_rate_falls_after_each_epoch(self):
        network, _, _ = run(replace(ONE_STEP, epochs=3, decay=0.5))
        assert float(network.at.detach()) == pytest.approx(-(0.5 + 0.25 + 0.125), rel=1e-5)

    def test_trains_in_one_mode_and_looks_in_the_other(self):
        network, _, _ = run(replace(ONE_STEP, epochs=2), [0.1, 0.2])
        assert network.modes == [True, False, True, False]

    def test_what_has_no_gradient_is_not_moved_nor_is_its_momentum(self):
        class Once(Counting):
            def loss(self, batch):
                first = len(self.modes) == 0
                return super().loss(batch) + (self.unused.sum() if first else 0.0)

        network, _, _ = run(ONE_STEP, network=Once())
        np.testing.assert_allclose(network.unused.detach(), -0.5, rtol=1e-5)

    def test_draws_depend_on_seed_and_epoch_and_on_nothing_else(self):
        before = torch.get_rng_state()
        one, other, another = (run(ONE_STEP, seed=seed)[0].drawn for seed in (0, 0, 1))
        assert one == other
        assert len({*one, *another}) == 12
        assert torch.get_rng_state().equal(before)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_a_loss_that_is_no_number(self, value):
        class Broken(Counting):
            def loss(self, batch):
                return self.at * value if self.began[-1] == 2 else self.at + 0.0

        with pytest.raises(InputError, match=r"epoch 2: the loss is .*smaller .* than 0\.5"):
            run(ONE_STEP, network=Broken())

    def test_diary_is_plain(self):
        state = State(epochs=[Epoch(1, 0.5, None, 1.0, 0.1, 1.1)])
        assert state.diary() == [
            {
                "number": 1,
                "loss": 0.5,
                "valid": None,
                "cpu_seconds": 1.0,
                "evaluation_cpu_seconds": 0.1,
                "seconds": 1.1,
            }
        ]


class TestSettings:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"epochs": 0}, "epochs must be a whole number from 1, not 0"),
            ({"epochs": 2.5}, "epochs must be a whole number from 1, not 2.5"),
            ({"batch_size": -1}, "batch_size must be"),
            ({"patience": 0}, "patience must be"),
            ({"evaluate_every": 0}, "evaluate_every must be"),
            ({"learning_rate": 0}, "learning_rate=0 and decay=1.0: choose"),
            ({"learning_rate": "0.1"}, "learning_rate='0.1'"),
            ({"learning_rate": float("nan")}, "learning_rate=nan"),
            ({"learning_rate": float("inf")}, "learning_rate=inf"),
            ({"decay": 1.1}, "decay=1.1"),
            ({"decay": 0}, "decay=0"),
            ({"metric": "recall"}, "needs a whole number from 1 as its k"),
            ({"metric": "luck@20"}, "there is no metric 'luck@20'"),
        ],
    )
    def test_out_of_range(self, given, said):
        with pytest.raises(InputError, match=said):
            Training(**given)

    def test_numbers_of_numpy_will_do(self):
        assert Training(epochs=np.int64(3)).epochs == 3


class TestLosses:
    def test_bpr_by_its_definition_and_its_gradient(self):
        users, positive, negative = torch.randn(3, 5, 4, dtype=torch.float64).unbind()
        expected = np.mean(
            [
                -np.log(1 / (1 + np.exp(-(u @ p - u @ n))))
                for u, p, n in zip(
                    *(part.numpy() for part in (users, positive, negative)), strict=True
                )
            ]
        )
        assert float(bpr(users, positive, negative)) == pytest.approx(expected)
        rows = [part.requires_grad_() for part in (users, positive, negative)]
        assert torch.autograd.gradcheck(bpr, rows)
        assert torch.autograd.gradcheck(half_squares, rows)

    def test_half_squares_are_divided_by_the_rows_of_one(self):
        assert float(half_squares(torch.ones(4, 3), 2 * torch.ones(4, 3))) == (12 + 48) / 8
