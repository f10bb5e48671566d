import pytest
import torch

from mmnotes.errors import InputError
from mmnotes.recommenders import BPR, SEA, DiffMM
from mmnotes.recommenders.gradients import without_gradient

# Read for the scores and for nothing else: where those are cut off, none of them learns.
OF_THE_SCORES = {"users", "weights"} | {
    f"split.{name}.{layer}.{part}"
    for name in ("image", "text")
    for layer in ("first", "second")
    for part in ("weight", "bias")
}


def test_every_parameter_learns(market):
    assert without_gradient(BPR(dim=4), market.train) == []
    assert without_gradient(SEA(dim=8, fit_steps=5), market.train, market.content) == []
    assert without_gradient(DiffMM(dim=8, hidden=16), market.train, market.content) == []


def test_finds_what_detached_scores_leave_out(market):
    model = SEA(dim=8, fit_steps=5, detached=True)
    assert set(without_gradient(model, market.train, market.content)) == OF_THE_SCORES


def test_a_gradient_of_zeros_is_none(market, monkeypatch):
    model = BPR(dim=4)
    make = model.new_network

    def dead(problem):
        network = make(problem)
        loss = network.loss
        network.loss = lambda batch: 0 * loss(batch)
        return network

    monkeypatch.setattr(model, "new_network", dead)
    assert without_gradient(model, market.train) == ["users", "items"]


def test_it_leaves_random_numbers_as_they_were(market):
    before = torch.get_rng_state()
    without_gradient(SEA(dim=8, fit_steps=5), market.train, market.content)
    assert torch.get_rng_state().equal(before)


def test_needs_what_fit_needs(market):
    with pytest.raises(InputError, match="content"):
        without_gradient(SEA(), market.train)
