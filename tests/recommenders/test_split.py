import pytest
import torch
from torch.nn import functional

from mmnotes.errors import InputError
from mmnotes.recommenders.split import Split

LENGTHS = [2, 9, 12]


@pytest.fixture(params=LENGTHS)
def split(request):
    torch.manual_seed(0)
    return Split(request.param, 4).double()


@pytest.fixture
def values(split):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(20, split.whole.in_features, generator=generator, dtype=torch.float64)


def gradients(split, vectors):
    """Of a sum that counts each entry differently, by parameter."""
    split.zero_grad()
    (vectors * torch.linspace(-1, 2, vectors.numel()).view_as(vectors)).sum().backward()
    return {name: part.grad for name, part in split.named_parameters() if part.grad is not None}


def test_vectors_are_those_of_two_steps(split, values):
    hidden = functional.leaky_relu(split.first(split.whole(values)))
    wanted = functional.normalize(split.second(hidden))
    exact = gradients(split, wanted)
    found = split(values)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(gradients(split, found), exact)


def test_parts_are_of_the_halves(split, values):
    first, second = split.whole(values).tensor_split([values.shape[1] // 2], dim=1)
    aligned = functional.normalize(split.align(split.head(first)))
    wanted = torch.cat([split.generic(first), aligned, split.unique(second)], dim=1)
    exact = gradients(split, wanted)
    found = torch.cat(split.parts(split.projected(values)), dim=1)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(gradients(split, found), exact, rtol=1e-6, atol=1e-9)


def test_features_too_short_to_be_halved():
    with pytest.raises(InputError, match="2 long at least, not 1"):
        Split(1, 4)
