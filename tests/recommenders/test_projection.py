import pytest
import torch
from torch.nn import functional

from mmnotes.recommenders import projection
from mmnotes.recommenders.projection import glorot_linear, linear_of_rows


def drawn(n_items, n_in, rows, n_out=3):
    torch.manual_seed(0)
    shapes = (n_items, n_in), (n_out, n_in), (n_out,)
    values, weight, bias = (torch.randn(shape, dtype=torch.float64) for shape in shapes)
    return values, torch.tensor(rows), weight.requires_grad_(), bias.requires_grad_()


@pytest.mark.parametrize("cells", [1, 8, 2**20])
@pytest.mark.parametrize("rows", [[4, 0, 4, 4, 2], [1], list(range(5)) * 3])
def test_as_linear_of_the_gathered_rows(monkeypatch, cells, rows):
    monkeypatch.setattr(projection, "_CELLS", cells)
    values, rows, weight, bias = drawn(5, 4, rows)
    found = linear_of_rows(values, rows, weight, bias)
    plain = functional.linear(values[rows], weight, bias)
    torch.testing.assert_close(found, plain)
    pull = torch.randn_like(plain)
    ours = torch.autograd.grad(found, (weight, bias), pull)
    torch.testing.assert_close(ours, torch.autograd.grad(plain, (weight, bias), pull))


def test_its_gradient_is_that_of_differences():
    values, rows, weight, bias = drawn(5, 4, [3, 3, 0])
    assert torch.autograd.gradcheck(
        lambda *layer: linear_of_rows(values, rows, *layer), (weight, bias)
    )


def test_columns_of_one_matrix_for_several_modalities():
    values, rows, weight, _ = drawn(5, 6, [3, 1])
    parts = zip(values.split([2, 4], 1), weight.split([2, 4], 1), strict=True)
    found = sum(linear_of_rows(part, rows, columns) for part, columns in parts)
    torch.testing.assert_close(found, functional.linear(values[rows], weight))


def test_no_row():
    values, _, weight, bias = drawn(5, 4, [0])
    assert linear_of_rows(values, torch.tensor([], dtype=torch.int64), weight, bias).shape == (0, 3)


def test_weights_are_drawn_as_wide_as_glorot_says():
    torch.manual_seed(0)
    layer = glorot_linear(500, 300)
    assert layer.weight.std().item() == pytest.approx((2 / 800) ** 0.5, rel=0.02)
    assert glorot_linear(2, 3, bias=False).bias is None
