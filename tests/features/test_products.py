import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.features import cosine_neighbors, products
from mmnotes.features.products import Products, error_bound


def units(n, d, seed=0):
    values = np.random.default_rng(seed).normal(size=(n, d))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def cut(values):
    """Entries cut to the eight bits of a bfloat16, the harshest way to shorten them."""
    return (values.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


@given(st.integers(1, 3000), st.integers(0, 99), st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_product_is_further_off_than_the_bound(d, seed, short):
    exact = units(20, d, seed)
    single = exact.astype(np.float32)
    shortened = cut if short else (lambda values: values)
    way = Products(lambda a, b: shortened(a) @ shortened(b).T, shortened=shortened)
    off = np.abs(way.multiply(single, single) - exact @ exact.T).max()
    assert off <= way.error([single[:5], single[5:]])


def test_the_bound_covers_the_worst_order_of_adding():
    """One entry after the other, all of one sign: each sum is rounded the same way if it can be."""
    for d in (10, 1_000, 20_000):
        exact = np.full(d, 1 / np.sqrt(d))
        single = exact.astype(np.float32)
        total = np.add.accumulate(single * single)[-1]
        assert abs(total - 1) <= error_bound(d, 0.0)


def test_the_bound_is_of_use():
    assert error_bound(4096, 0.0) < 3e-4
    assert error_bound(4096, 2.0**-9) < 5e-3


def test_a_bound_that_says_nothing_is_infinite():
    assert error_bound(2**24, 0.0) == np.inf


def test_small_work_is_numpy_s(monkeypatch):
    monkeypatch.setattr(products, "_of_torch", None)  # would fail if it were asked
    one = units(3, 4).astype(np.float32)
    for device in ("auto", "cpu"):
        np.testing.assert_array_equal(
            products.products(9, 4, device).multiply(one, one), one @ one.T
        )


def test_without_torch_all_work_is_numpy_s(monkeypatch):
    monkeypatch.setattr(products.importlib.util, "find_spec", lambda name: None)
    assert products.products(10**6, 10**4, "auto").multiply is products._multiply
    with pytest.raises(InputError, match=r"device='cuda' needs torch, which is not installed"):
        products.products(9, 4, "cuda")


class TestTorch:
    @pytest.fixture(autouse=True)
    def torch(self):
        return pytest.importorskip("torch")

    @pytest.fixture
    def values(self):
        return np.random.default_rng(0).normal(size=(300, 24)).astype(np.float32)

    def test_a_cpu_that_gains_nothing_is_left_to_numpy(self, monkeypatch):
        monkeypatch.setattr(products, "_LARGE", 0)
        monkeypatch.setattr(products, "_speed_up", lambda: 1.2)
        assert products.products(9, 4, "cpu").multiply is products._multiply

    def test_short_entries_give_the_same_neighbours(self, values, torch, monkeypatch):
        if not hasattr(torch.backends.mkldnn, "matmul"):
            pytest.skip("torch before 2.9")
        wanted = cosine_neighbors(values, 5)
        before = torch.backends.mkldnn.matmul.fp32_precision
        monkeypatch.setattr(products, "_LARGE", 0)
        monkeypatch.setattr(products, "_speed_up", lambda: 6.0)
        way = products.products(300, 24, "cpu")
        assert way.multiply is products._multiply_short
        assert 1e-3 < way.error([units(9, 24).astype(np.float32)]) < 2.0**-6
        for one, other in zip(wanted, cosine_neighbors(values, 5, device="cpu"), strict=True):
            np.testing.assert_array_equal(one, other)
        assert torch.backends.mkldnn.matmul.fp32_precision == before

    def test_short_entries_are_bfloat16(self):
        numbers = np.float32([[1, 1 + 2**-9, 1 + 2**-8, 1 + 3 * 2**-9, -3e-5]])
        wanted = np.float32([[1, 1, 1, 1 + 2**-7, -3.0040740966796875e-05]])
        np.testing.assert_array_equal(products._bfloat16(numbers), wanted)

    def test_how_much_faster_is_measured(self):
        assert 0.05 < products._speed_up() < 100

    def test_another_device_multiplies_all(self, values, torch, monkeypatch):
        """torch's own CPU stands in for one: what differs is only where the tensors lie."""
        wanted = cosine_neighbors(values, 5)

        class Elsewhere:
            type = "elsewhere"

        moved = []
        to = torch.Tensor.to
        monkeypatch.setattr("mmnotes.device.as_device", lambda name: Elsewhere())
        monkeypatch.setattr(
            torch.Tensor, "to", lambda self, where: moved.append(where) or to(self, "cpu")
        )
        for one, other in zip(wanted, cosine_neighbors(values, 5, device="gpu"), strict=True):
            np.testing.assert_array_equal(one, other)
        assert moved

    def test_no_such_device(self, values):
        with pytest.raises(InputError, match="device must be 'auto' or a name that torch knows"):
            cosine_neighbors(values, 5, device="abacus")

    @pytest.mark.gpu
    def test_a_gpu_gives_the_same_neighbours(self, values, torch):
        if not torch.cuda.is_available():
            pytest.skip("torch sees no GPU here")
        wanted = cosine_neighbors(values, 5)
        for one, other in zip(wanted, cosine_neighbors(values, 5, device="cuda"), strict=True):
            np.testing.assert_array_equal(one, other)
