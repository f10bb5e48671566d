"""InfoNCE in blocks against its definition over one dense matrix."""

import pytest
import torch
from torch.nn import functional

from mmnotes.recommenders import contrastive
from mmnotes.recommenders.contrastive import info_nce


def definition(anchors, targets, at, temperature, others=None):
    """The softmax over a row of products, anchors' own rows left out."""
    products = anchors @ targets.T
    if others is not None:
        itself = functional.one_hot(at, len(others)).bool()
        products = torch.cat([products, (anchors @ others.T).masked_fill(itself, -torch.inf)], 1)
    return functional.cross_entropy(products / temperature, at)


def drawn(seed, n, m, dim=5, length=1.0):
    """Anchors, targets and others of one length, and each anchor's target."""
    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randn(size, dim, generator=generator, dtype=torch.float64) for size in (n, m, m)]
    anchors, targets, others = (
        (length * functional.normalize(part)).requires_grad_() for part in rows
    )
    return anchors, targets, others, torch.randint(0, m, (n,), generator=generator)


@pytest.mark.parametrize("own_view", [False, True])
@pytest.mark.parametrize(
    ("temperature", "length"), [(0.5, 1.0), (0.02, 1.0), (0.001, 1.0), (0.5, 30.0)]
)
def test_equals_the_definition(monkeypatch, own_view, temperature, length):
    """Also where exponents lie so far apart that their largest has to be looked for."""
    monkeypatch.setitem(contrastive._CELLS, "cpu", 64)  # several blocks
    anchors, targets, others, at = drawn(0, 23, 17, length=length)
    parts = [anchors, targets, *([others] if own_view else [])]
    given = others if own_view else None
    exact = definition(anchors, targets, at, temperature, given)
    wanted = torch.autograd.grad(3 * exact, parts)
    loss = info_nce(anchors, targets, at, temperature, given)
    found = torch.autograd.grad(3 * loss, parts)
    torch.testing.assert_close(loss, exact, rtol=1e-10, atol=1e-12)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-10)


def test_gradients_are_those_of_the_loss():
    anchors, targets, others, at = drawn(1, 6, 4)
    assert torch.autograd.gradcheck(
        lambda a, t, o: info_nce(a, t, at, 0.3, o), (anchors, targets, others)
    )


def test_one_tensor_in_two_places_gets_both_gradients():
    rows = drawn(2, 9, 9)[0]
    at = torch.arange(9)
    fused = functional.normalize(rows.detach() + 0.1)
    wanted = torch.autograd.grad(definition(rows, fused, at, 0.5, rows), rows)
    found = torch.autograd.grad(info_nce(rows, fused, at, 0.5, rows), rows)
    torch.testing.assert_close(found, wanted)


def test_float32_keeps_five_digits():
    anchors, targets, others, at = drawn(3, 300, 200, dim=32)
    parts = anchors, targets, others
    exact = definition(anchors, targets, at, 0.2, others)
    wanted = torch.autograd.grad(exact, parts)
    single = [part.detach().float().requires_grad_() for part in parts]
    loss = info_nce(single[0], single[1], at, 0.2, single[2])
    assert loss.item() == pytest.approx(exact.item(), rel=1e-6)
    for one, other in zip(torch.autograd.grad(loss, single), wanted, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-5 * other.abs().max())


def test_chance_is_the_logarithm_of_the_choices():
    """Rows that are all the same are told apart by nobody."""
    rows = torch.ones(10, 3)
    at = torch.arange(10)
    assert info_nce(rows, rows, at, 1.0).item() == pytest.approx(torch.tensor(10.0).log().item())
    both = info_nce(rows, rows, at, 1.0, others=rows)
    assert both.item() == pytest.approx(torch.tensor(19.0).log().item())


def test_memory_grows_with_rows_and_not_with_their_square(monkeypatch):
    """Nothing larger than a block is made."""
    monkeypatch.setitem(contrastive._CELLS, "cpu", 1000)
    rows = functional.normalize(torch.randn(500, 4)).requires_grad_()
    with torch.profiler.profile(profile_memory=True) as profile:
        info_nce(rows, rows, torch.arange(500), 0.5).backward()
    largest = max(
        event.cpu_memory_usage for event in profile.events() if event.name == "aten::empty"
    )
    assert 0 < largest <= 4 * 500 * 4 * 2


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_must_be_positive(temperature):
    rows = torch.eye(3)
    with pytest.raises(ValueError, match="temperature must be above 0"):
        info_nce(rows, rows, torch.arange(3), temperature)


def test_others_are_numbered_as_the_targets():
    rows = torch.eye(3)
    with pytest.raises(ValueError, match="but targets"):
        info_nce(rows, rows, torch.arange(3), 1.0, others=rows[:2])
