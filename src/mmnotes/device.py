"""Where tensors live; imported only by what needs torch."""

import torch

from mmnotes.errors import InputError


def as_device(name: str) -> torch.device:
    """Which device is meant? ``"auto"`` is a GPU where torch sees one, and else the CPU.

    Raises
    ------
    InputError
        If torch knows no device of this name, or sees no GPU where one is asked for.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"device must be 'auto' or a name that torch knows: {error}") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError("device='cuda', but torch sees no GPU here: use device='auto'")
    return device
