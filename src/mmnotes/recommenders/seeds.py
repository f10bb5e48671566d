"""Random draws that depend on a seed alone, and leave the caller's own generators as they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral

import torch

from mmnotes.errors import InputError


@contextmanager
def seeded(seed: int, number: int, device: torch.device) -> Iterator[None]:
    """What torch draws in this block is decided by the seed and the number.

    Parameters
    ----------
    seed : int
    number : int
        Of an epoch; 0 for the start.
    device : torch.device
        Where it is drawn, beside the CPU. No other device is touched.

    Examples
    --------
    >>> draws = []
    >>> for number in (1, 1, 2):
    ...     with seeded(0, number, torch.device("cpu")):
    ...         draws.append(float(torch.rand(())))
    >>> draws[0] == draws[1], draws[0] == draws[2]
    (True, False)
    """
    mixed = (int(seed) * 1_000_003 + number) % 2**63
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(mixed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(mixed)
        yield


def check_seed(seed: object) -> None:
    """Refuse what is no seed.

    Raises
    ------
    InputError
        If it is no whole number from 0.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise InputError(
            f"random_state must be a whole number from 0, not {seed!r}: training that was cut "
            "short could not go on the same way"
        )
