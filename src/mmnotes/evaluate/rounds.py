"""Rounds of a logged policy, weighed for another policy in one pass over memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from mmnotes.errors import InputError

_BLOCK = 4096  # rounds at once: ten actions' worth of numbers stay in the cache
_HEAVY = 5  # rounds that make a handful
_LEAST_SHARE = 0.1  # of the rounds that the effective sample should reach
_HEAVY_SHARE = 0.25  # of the weight that a handful of rounds should not reach
_ERRORS = 4.0  # standard errors at which the weights' mean is not 1


@dataclass(frozen=True)
class Rounds:
    """A log as ``mmnotes.evaluate.off_policy`` takes it, its shapes checked.

    Parameters and errors as there; values are checked block by block, as they are read.
    """

    reward: np.ndarray
    propensity: np.ndarray
    target: np.ndarray | None = None
    action: np.ndarray | None = None
    policy: np.ndarray | None = None
    predicted: np.ndarray | None = None
    clip: float | None = None

    def __post_init__(self) -> None:
        if self.target is None and self.policy is None:
            raise InputError("whose value? Give target, or the whole policy and the actions")
        there = [name for name in _COLUMNS if getattr(self, name) is not None]
        shapes = {name: np.shape(getattr(self, name)) for name in there}
        if len(set(shapes.values())) != 1 or len(shapes["reward"]) != 1:
            raise InputError(f"reward, propensity and target must be (n,) each, not {shapes}")
        if not len(self.reward):
            raise InputError("there is no round to weigh: the log is empty")
        if self.clip is not None and not self.clip > 0:
            raise InputError(f"clip must be a number above 0, not {self.clip!r}")
        given = [name for name in _MODEL if getattr(self, name) is not None]
        if given and len(given) < len(_MODEL):
            raise InputError(
                f"a reward model needs action, policy and predicted; only {', '.join(given)} given"
            )
        if given:
            self._check_model()

    def _check_model(self) -> None:
        n, action = len(self.reward), np.asarray(self.action)
        shape, other = np.asarray(self.policy).shape, np.asarray(self.predicted).shape
        if action.shape != (n,) or action.dtype.kind not in "iu":
            raise InputError(
                f"action must be whole numbers ({n},), not {action.dtype} {action.shape}"
            )
        if len(shape) != 2 or shape[0] != n or other != shape:
            raise InputError(
                f"policy and predicted must be ({n}, n_actions) each, not {shape} and {other}; "
                "np.broadcast_to makes a row serve all rounds"
            )
        fault = f"has an action that is not among the {shape[1]} of policy and predicted, from 0"
        _within(action, 0, shape[1] - 1, 0, "action", fault)

    @property
    def modelled(self) -> bool:
        """Whether there is a reward model."""
        return self.predicted is not None

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of ``blocks`` are called."""
        clipped = ("clipped reward",) if self.clip is not None else ()
        modelled = ("model", "residual") if self.modelled else ()
        return ("rounds", "weight", "reward", *clipped, *modelled)

    def blocks(self) -> Iterator[np.ndarray]:
        """Columns of successive rounds, (n_columns, n_in_block) float64.

        ``rounds``: 1. ``weight``: target over propensity. ``reward`` and ``clipped reward``: times
        the weight, whole or clipped. ``model``: the predicted reward under the policy.
        ``residual``: the weight times what the prediction missed.

        Raises
        ------
        InputError
            If a value is out of its range; the message names field and round.
        """
        for start in range(0, len(self.reward), _BLOCK):
            rows = slice(start, start + _BLOCK)
            reward, propensity = _block(self.reward, rows), _block(self.propensity, rows)
            _within(reward, -_HUGE, _HUGE, start, "reward", "is not finite")
            fault = "is not in (0, 1]: it is the probability of what was done"
            _within(propensity, _TINY, 1.0, start, "propensity", fault)
            expected, predicted, target = self._model(rows) if self.modelled else (None,) * 3
            target = self._target(rows, target)
            weight = target / propensity
            columns = [np.ones(len(weight)), weight, weight * reward]
            if self.clip is not None:
                columns.append(np.minimum(weight, self.clip) * reward)
            if expected is not None:
                columns += [expected, weight * (reward - predicted)]
            yield np.stack(columns)

    def _model(self, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is expected of the policy; of what was done, prediction and probability.

        (n_in_block,) each.
        """
        policy, predicted = _block(self.policy, rows), _block(self.predicted, rows)
        n, n_actions = policy.shape
        start, ones = rows.start, np.ones(n_actions)  # a matrix product sums short rows faster
        taken = np.arange(0, n * n_actions, n_actions) + np.asarray(self.action)[rows]
        expected = (policy * predicted) @ ones
        _within(expected, -_HUGE, _HUGE, start, "policy or predicted", "is not finite")
        _within(policy @ ones - 1, -_ROUNDING, _ROUNDING, start, "policy", "does not sum to 1")
        return expected, predicted.ravel()[taken], policy.ravel()[taken]

    def _target(self, rows: slice, of_policy: np.ndarray | None) -> np.ndarray:
        """Probabilities of the logged actions under the policy to be valued, (n_in_block,)."""
        target = of_policy if self.target is None else _block(self.target, rows)
        assert target is not None  # one of them is there: see __post_init__
        name = "policy" if self.target is None else "target"
        _within(target, 0.0, 1 + _ROUNDING, rows.start, name, "is not in 0 … 1")
        if self.target is not None and of_policy is not None:
            fault = "is not what policy says of the logged action"
            _within(of_policy - target, -_ROUNDING, _ROUNDING, rows.start, "target", fault)
        return target


@dataclass
class WeightSummary:
    """What the weights of a log look like: how few rounds carry how much."""

    clip: float = np.inf  # larger weights count as this
    n: int = 0
    n_clipped: int = 0
    total: float = 0.0
    squares: float = 0.0
    heaviest: np.ndarray = field(default_factory=lambda: np.zeros(_HEAVY))  # ascending

    def add(self, weight: np.ndarray) -> None:
        """Count in another block of weights, (n_in_block,)."""
        self.n += len(weight)
        if self.clip < np.inf:
            self.n_clipped += int((weight > self.clip).sum())
            weight = np.minimum(weight, self.clip)
        self.total += float(weight.sum())
        self.squares += float(weight @ weight)
        heavy = weight[weight > self.heaviest[0]]
        if len(heavy):
            self.heaviest = np.sort(np.append(self.heaviest, heavy))[-_HEAVY:]

    @property
    def effective(self) -> float:
        """Kish's effective sample size: so many rounds of equal weight would tell as much.

        Kish (1965), *Survey Sampling*, section 11.7.
        """
        return self.total**2 / self.squares if self.squares else 0.0

    @property
    def mean(self) -> tuple[float, float]:
        """The mean, which is 1 where all goes well, and its standard error."""
        mean = self.total / self.n
        variance = max(self.squares / self.n - mean**2, 0.0)
        return mean, float(np.sqrt(variance / self.n))

    @property
    def heavy_share(self) -> float:
        """Which share of the weight the five heaviest rounds carry."""
        return float(self.heaviest.sum()) / self.total if self.total else 0.0

    def doubts(self) -> tuple[str, ...]:
        """Why an estimate that rests on these weights should not be believed; empty is good."""
        doubts = []
        mean, error = self.mean
        if abs(mean - 1) > _ERRORS * error + 1e-6:
            doubts.append(
                f"the weights' mean is {mean:.3f} (standard error {error:.3f}) and not 1: the log "
                "lacks part of what the policy would do, or the propensities are not its own"
            )
        if self.effective < _LEAST_SHARE * self.n:
            doubts.append(
                f"the effective sample is {self.effective:,.0f} of {self.n:,} rounds: the policy "
                "seldom does what the log shows"
            )
        if self.heavy_share > _HEAVY_SHARE:
            doubts.append(
                f"{_HEAVY} rounds carry {self.heavy_share:.0%} of the weight: the estimate is "
                "theirs"
            )
        return tuple(doubts)


_COLUMNS = ("reward", "propensity", "target")
_MODEL = ("action", "policy", "predicted")
_ROUNDING = 1e-4  # what float16 and printed probabilities are off by
_TINY, _HUGE = np.finfo(np.float64).tiny, np.finfo(np.float64).max


def _block(values: np.ndarray | None, rows: slice) -> np.ndarray:
    return np.asarray(np.asarray(values)[rows], dtype=np.float64)


def _within(
    values: np.ndarray, least: float, most: float, start: int, name: str, fault: str
) -> None:
    """Refuse NaN and what is out of range; the ends tell, and are quick to find."""
    if not (values.min() >= least and values.max() <= most):
        row = int(np.flatnonzero(~((values >= least) & (values <= most)))[0])
        raise InputError(f"{name}: round {start + row} {fault}")
