"""What would another policy have earned, judging by the log of this one?"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.evaluate.ratios import ColumnMeans, Ratio
from mmnotes.evaluate.rounds import Rounds, WeightSummary

# Every estimator is a sum of ratios of means of the columns of ``Rounds.blocks``.
_RATIOS: dict[str, tuple[Ratio, ...]] = {
    "ips": (("reward", "rounds"),),
    "clipped-ips": (("clipped reward", "rounds"),),
    "snips": (("reward", "weight"),),
    "dm": (("model", "rounds"),),
    "dr": (("model", "rounds"), ("residual", "rounds")),
    "sndr": (("model", "rounds"), ("residual", "weight")),
}
ESTIMATORS = tuple(_RATIOS)

_RESAMPLED = 20_000  # units up to which the bootstrap is worth its time


@dataclass(frozen=True)
class PolicyValue:
    """What one estimator says a policy is worth, and whether to believe it.

    Parameters
    ----------
    estimate : Estimate
        Reward a round; ``n_users`` counts the clusters, or the rounds where there are none.
    effective_sample_size : float
        So many rounds of equal weight would tell as much (Kish); ``n`` for ``"dm"``, which weighs
        nothing.
    largest_weight : float
        Of a round, after clipping.
    share_clipped : float
        Of the rounds.
    n : int
        Rounds of the log.
    warnings : tuple of str
        Why not to believe it; empty is good.
    """

    estimate: Estimate
    effective_sample_size: float
    largest_weight: float
    share_clipped: float
    n: int
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.estimate}, effective sample {self.effective_sample_size:,.0f} of {self.n:,}"


def off_policy(
    reward: np.ndarray,
    propensity: np.ndarray,
    target: np.ndarray | None = None,
    *,
    action: np.ndarray | None = None,
    policy: np.ndarray | None = None,
    predicted: np.ndarray | None = None,
    clip: float | None = None,
    estimators: Sequence[str] | None = None,
    n_resamples: int = 2000,
    random_state: int = 0,
    level: float = 0.95,
    clusters: np.ndarray | None = None,
) -> dict[str, PolicyValue]:
    """What would another policy have earned, judging by the log of this one?

    With weight w = target / propensity, reward r, predicted reward q and its mean m under the
    policy to be valued:

    ==============  =======================================  ======================================
    ``ips``         mean(w r)                                right on average, unsteady
    ``clipped-ips`` mean(min(w, clip) r)                     steadier, too low for rewards above 0
    ``snips``       sum(w r) / sum(w)                        steadier, right in the long run
    ``dm``          mean(m)                                  as good as the reward model
    ``dr``          mean(m + w (r − q))                      right if weights or model are
    ``sndr``        mean(m) + sum(w (r − q)) / sum(w)        the same, steadier
    ==============  =======================================  ======================================

    Where the log holds few rewards, the interval is wide whichever you take. It is the percentile
    bootstrap over rounds, or over clusters of rounds that belong together; beyond 20,000 of them
    it is normal, by the delta method, and ``n_resamples=0`` asks for that. It takes the reward
    model as given: fit it on other rounds.

    Parameters
    ----------
    reward : (n,) float
        What came of each round.
    propensity : (n,) float
        Probability, in (0, 1], with which the logging policy did what it did.
    target : (n,) float, optional
        Probability with which the policy to be valued would have done the same; where ``policy`` is
        given, it says so.
    action : (n,) int, optional
        What was done; with ``policy`` and ``predicted``, for dm, dr and sndr.
    policy : (n, n_actions) float, optional
        What the policy to be valued would have done, with which probability.
    predicted : (n, n_actions) float, optional
        What a reward model expects of each action.
    clip : float, optional
        Largest weight, for ``"clipped-ips"``.
    estimators : sequence of str, optional
        By default all for which the arguments suffice.
    n_resamples : int
    random_state : int
    level : float
    clusters : (n,), optional
        The user or session of each round, where their rounds are not independent.

    Returns
    -------
    dict of str to PolicyValue
        Its ``warnings`` are issued as ``UserWarning`` too: where the weights' mean is not 1, which
        says that the log lacks part of what the policy would do, or that propensities are wrong;
        where the effective sample is below a tenth of the rounds; and where five rounds carry more
        than a quarter of the weight.

    Raises
    ------
    InputError
        Unequal lengths, an empty log, a propensity not in (0, 1], a target not in 0…1, values that
        are not finite, a policy whose rows don't sum to 1 or that disagrees with ``target``, an
        unknown estimator or one whose arguments are missing, no weight above zero.

    References
    ----------
    Horvitz and Thompson (1952), https://doi.org/10.1080/01621459.1952.10483446; Ionides (2008),
    https://doi.org/10.1198/106186008X320456, on clipping; Swaminathan and Joachims (2015),
    https://papers.nips.cc/paper/5748, on snips; Dudík, Langford and Li (2011),
    https://arxiv.org/abs/1103.4601, on dr; Thomas and Brunskill (2016),
    https://arxiv.org/abs/1604.00923, on sndr. Definitions as in Open Bandit Pipeline,
    https://arxiv.org/abs/2008.07146.

    Examples
    --------
    A coin decided between two actions; what is it worth always to take the second?

    >>> action = np.array([0, 1] * 50)
    >>> clicked = np.array([0, 0, 0, 1] * 25)
    >>> always = off_policy(clicked, np.full(100, 0.5), (action == 1) * 1.0)
    >>> print(always["snips"])
    0.500 [0.362, 0.640], effective sample 50 of 100
    """
    rounds = Rounds(reward, propensity, target, action, policy, predicted, clip)
    names = _chosen(estimators, rounds)
    means, whole, clipped = _weigh(rounds, clusters, n_resamples, random_state)
    if not whole.total:
        raise InputError(
            "target is 0 in every round: the log says nothing of a policy that never does what "
            "was done"
        )
    doubts = whole.doubts()
    for doubt in doubts if set(names) - {"dm"} else ():
        warnings.warn(doubt, stacklevel=2)
    values = {}
    for name in names:
        estimate = means.estimate(*_RATIOS[name], level=level)
        if name == "dm":
            values[name] = PolicyValue(estimate, whole.n, 1.0, 0.0, whole.n)
            continue
        weights = clipped if name == "clipped-ips" else whole
        largest, share = float(weights.heaviest[-1]), weights.n_clipped / weights.n
        values[name] = PolicyValue(estimate, weights.effective, largest, share, whole.n, doubts)
    return values


def _chosen(estimators: Sequence[str] | None, rounds: Rounds) -> list[str]:
    """The estimators asked for, if the arguments suffice; else those for which they do."""
    there = set(rounds.names)
    possible = [
        name
        for name, ratios in _RATIOS.items()
        if {part for pair in ratios for part in pair} <= there
    ]
    if estimators is None:
        return possible
    chosen = list(estimators)
    unknown = [name for name in chosen if name not in _RATIOS]
    if unknown or not chosen:
        raise InputError(f"estimators must be some of {', '.join(ESTIMATORS)}, not {chosen}")
    for name in chosen:
        if name not in possible:
            lacking = "clip" if name == "clipped-ips" else "action, policy and predicted"
            raise InputError(f"estimator {name!r} needs {lacking}")
    return chosen


def _weigh(
    rounds: Rounds, clusters: np.ndarray | None, n_resamples: int, random_state: int
) -> tuple[ColumnMeans, WeightSummary, WeightSummary]:
    """Means of the columns over rounds or clusters, and the weights, whole and clipped."""
    whole, clipped = WeightSummary(), WeightSummary(rounds.clip or np.inf)
    codes = None if clusters is None else _codes(clusters, len(rounds.reward))
    n_units = len(rounds.reward) if codes is None else int(codes.max()) + 1
    resampled = n_resamples != 0 and n_units <= _RESAMPLED
    keep = resampled or codes is not None
    kept, products = [], np.zeros((len(rounds.names), len(rounds.names)))
    for block in rounds.blocks():
        whole.add(block[1])
        if rounds.clip is not None:
            clipped.add(block[1])
        if keep:
            kept.append(block)
        else:
            products += block @ block.T
    if keep:
        columns = np.concatenate(kept, axis=1)
        if codes is not None:
            columns = np.stack([np.bincount(codes, weights=column) for column in columns])
        if resampled:
            named = dict(zip(rounds.names, columns, strict=True))
            return ColumnMeans.resampled(named, n_resamples, random_state), whole, clipped
        products = columns @ columns.T
        total = columns.sum(axis=1)
    else:
        total = products[0]  # the first column is 1
    return ColumnMeans.from_moments(rounds.names, n_units, total, products), whole, clipped


def _codes(clusters: np.ndarray, n: int) -> np.ndarray:
    """Clusters numbered from 0, (n,)."""
    if np.shape(clusters) != (n,):
        raise InputError(f"clusters must be ({n},), not {np.shape(clusters)}")
    return np.unique(clusters, return_inverse=True)[1]
