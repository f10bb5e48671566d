"""Products of unit vectors, a block at a time, and how far off they can be."""

import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mmnotes.errors import InputError

_LARGE = 1e12  # multiplications that take several times as long as importing torch
_PAYS = 2.5  # times faster that bfloat16 must be: more pairs are then computed again exactly
_SIDE = 1024  # of the matrices that tell how fast it is
_FLOAT32 = 2.0**-24  # rounding to nearest: half a unit in the last place
_TF32 = 2.0**-10  # a GPU may cut the entries to eleven bits,
_TENSOR_CORE = 2.0**-22  # and cut the sums, more than once each


@dataclass(frozen=True)
class Products:
    """A way to multiply blocks of unit vectors.

    Parameters
    ----------
    multiply : callable
        From (a, d) and (b, d) float32 to their dot products, (a, b) float32.
    shortened : callable, optional
        What ``multiply`` makes of its entries first, where that is known to the bit.
    entry : float
        Else by what share of its size it may change an entry.
    addition : float
        By what share each of its sums may be off.
    """

    multiply: Callable[[np.ndarray, np.ndarray], np.ndarray]
    shortened: Callable[[np.ndarray], np.ndarray] | None = None
    entry: float = 0.0
    addition: float = _FLOAT32

    def error(self, blocks: Iterable[np.ndarray]) -> float:
        """How far can a product be from the exact one, among these unit vectors, (b, d) each?"""
        moved, d = self.entry, 0
        for units in blocks:
            d = units.shape[1]
            if self.shortened is None:
                break
            apart = (units - self.shortened(units)).astype(np.float64)
            moved = max(moved, float(np.linalg.norm(apart, axis=1).max()))
        return error_bound(d, moved, self.addition)


def products(n: int, d: int, device: str) -> Products:
    """What multiplies ``n`` unit vectors, ``d`` wide, with each other fastest?

    NumPy in float32. For large work and where torch is installed, a GPU; or bfloat16 on a CPU
    that is measured to be much faster at it, as those with matrix units are.

    Parameters
    ----------
    n, d : int
    device : str
        ``"auto"``, ``"cpu"``, or another device that torch knows.

    Raises
    ------
    InputError
        If torch does not know the device, sees no GPU where one is asked for, or is not
        installed.
    """
    named = device not in ("auto", "cpu")
    has_torch = importlib.util.find_spec("torch") is not None
    if named and not has_torch:
        raise InputError(f"device={device!r} needs torch, which is not installed: use 'cpu'")
    if named or (has_torch and float(n) * n * d >= _LARGE):
        return _of_torch(device)
    return Products(_multiply)


def error_bound(d: int, moved: float, addition: float = _FLOAT32) -> float:
    """How far can a computed dot product of two unit vectors be from the exact one?

    Both are rounded to float32 and then moved by a length ``moved``, which changes the product by
    the length of the change (Cauchy and Schwarz). Of the sum over ``d`` products each addition is
    off by a share ``addition`` (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
    https://doi.org/10.1137/1.9780898718027, equation 3.5: it holds for every order of adding).

    Examples
    --------
    >>> f"{error_bound(4096, 0.0):.5f}"
    '0.00024'
    """
    length = 1 + _FLOAT32 + moved
    off = (d + 1) * addition
    if off >= 0.5:  # so wide that the bound says nothing
        return np.inf
    return length**2 / (1 - off) - 1 + 1e-7  # and what is lost in comparing float32


def _multiply(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return one @ other.T


def _of_torch(device: str) -> Products:
    import torch

    from mmnotes.device import as_device

    where = as_device(device)
    if where.type != "cpu":

        def multiply(one: np.ndarray, other: np.ndarray) -> np.ndarray:
            left, right = torch.from_numpy(one).to(where), torch.from_numpy(other).to(where)
            return (left @ right.T).cpu().numpy()

        return Products(multiply, entry=_TF32, addition=_TENSOR_CORE)
    if _speed_up() < _PAYS:
        return Products(_multiply)
    return Products(_multiply_short, shortened=_bfloat16)


def _multiply_short(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Products of entries in bfloat16, added in float32, where the CPU has units for that."""
    import torch

    with _short_entries(torch.backends.mkldnn):
        return (torch.from_numpy(one) @ torch.from_numpy(other).T).numpy()


def _bfloat16(units: np.ndarray) -> np.ndarray:
    import torch

    return torch.from_numpy(units).bfloat16().float().numpy()


@contextmanager
def _short_entries(backend: Any) -> Iterator[None]:
    """Let torch shorten float32 to bfloat16 within a product: a setting of the whole process."""
    before = backend.matmul.fp32_precision
    backend.matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        backend.matmul.fp32_precision = before


@cache
def _speed_up() -> float:
    """How many times faster does this CPU multiply with entries in bfloat16? Measured once."""
    import torch

    if not hasattr(torch.backends.mkldnn, "matmul"):  # before torch 2.9
        return 1.0
    square = np.random.default_rng(0).normal(size=(_SIDE, _SIDE)).astype(np.float32)
    return _seconds(_multiply, square) / _seconds(_multiply_short, square)


def _seconds(multiply: Callable[[np.ndarray, np.ndarray], np.ndarray], square: np.ndarray) -> float:
    """The fastest of three turns; the first warms up."""
    turns = []
    for _ in range(3):
        start = time.perf_counter()
        multiply(square, square[::-1].copy())
        turns.append(time.perf_counter() - start)
    return min(turns)
