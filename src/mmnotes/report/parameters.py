"""The parameters of a run, checked."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from mmnotes.errors import InputError

FEWEST_SEEDS = 5
_MODES = ("fast", "full")
_DEVICES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_SEEDS_APART = 1000


@dataclass(frozen=True)
class Parameters:
    """What the ``parameters`` cell of a notebook says; see ``Page``.

    Raises
    ------
    InputError
        If one of them is out of its range; the message names it.
    """

    notebook: str
    mode: str
    seed: int
    n_seeds: int
    null: bool
    device: str

    def __post_init__(self) -> None:
        self._require(bool(re.fullmatch(r"\d\d_[a-z0-9_]+", str(self.notebook))), "notebook")
        self._require(self.mode in _MODES, "mode")
        self._require(type(self.seed) is int and self.seed >= 0, "seed")
        self._require(type(self.n_seeds) is int and 1 <= self.n_seeds <= _SEEDS_APART, "n_seeds")
        self._require(type(self.null) is bool, "null")
        self._require(bool(_DEVICES.fullmatch(str(self.device))), "device")

    @property
    def seeds(self) -> list[int]:
        """``n_seeds`` seeds; two values of ``seed`` share none."""
        start = self.seed * _SEEDS_APART
        return list(range(start, start + self.n_seeds))

    @property
    def notice(self) -> str:
        """What a reader must know before reading on, in Markdown; empty for an ordinary run."""
        parts = []
        if self.null:
            parts.append("**Null run.** The effect is switched off: every claim here must fail.")
        if self.n_seeds < FEWEST_SEEDS:
            parts.append(
                "**Too few seeds.** With fewer than five, the intervals say little about chance; "
                "read the numbers as a try-out."
            )
        return "\n\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """The parameters by name, without the notebook's."""
        fields = asdict(self)
        del fields["notebook"]
        return fields

    def _require(self, holds: bool, name: str) -> None:
        if not holds:
            raise InputError(
                f"parameter {name!r} is {getattr(self, name)!r}; it must be {_WANTED[name]}"
            )


_WANTED = {
    "notebook": "the notebook's name without its ending, like '03_fusion'",
    "mode": "'fast' or 'full'",
    "seed": "a whole number from 0",
    "n_seeds": "a whole number from 1 to 1000, and 5 or more for a result to believe",
    "null": "True or False",
    "device": "'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'",
}
