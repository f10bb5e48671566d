"""Work: the value of a policy by IPS, SNIPS and DR, judging by another policy's log."""

from functools import partial

import numpy as np

from mmnotes.bench.works import OURS, Arrays, Implementation, Values, Work

_ACTIONS = 10
_OBP_RESAMPLES = 100
_HOW_TO_INSTALL_OBP = (
    "pip install --no-deps --ignore-requires-python obp==0.5.7 (it asks for NumPy 1.23)"
)


def make_rounds(n_rounds: int) -> dict[str, np.ndarray]:
    """The log of one policy, another policy, and a reward model.

    Returns
    -------
    dict
        ``reward``, ``propensity`` (n,) float64; ``action`` (n,) int64; ``policy`` and ``predicted``
        (n, 10) float64.
    """
    rng = np.random.default_rng(0)
    logging, policy = (rng.dirichlet(np.full(_ACTIONS, 5.0), n_rounds) for _ in range(2))
    drawn = np.cumsum(logging, axis=1) > rng.random((n_rounds, 1))
    action = drawn.argmax(axis=1)
    quality = np.linspace(0.05, 0.3, _ACTIONS)
    return {
        "reward": (rng.random(n_rounds) < quality[action]).astype(np.float64),
        "propensity": logging[np.arange(n_rounds), action],
        "action": action,
        "policy": policy,
        "predicted": np.clip(quality + rng.normal(0, 0.05, (n_rounds, _ACTIONS)), 0, 1),
    }


def _ours(arrays: Arrays) -> Values:
    from mmnotes.evaluate import off_policy

    values = off_policy(
        arrays["reward"],
        arrays["propensity"],
        action=arrays["action"],
        policy=arrays["policy"],
        predicted=arrays["predicted"],
        estimators=("ips", "snips", "dr"),
        n_resamples=0,
    )
    return {name: value.estimate.value for name, value in values.items()}


def _numpy(arrays: Arrays) -> Values:
    reward, predicted, policy = arrays["reward"], arrays["predicted"], arrays["policy"]
    rounds = np.arange(len(reward))
    weight = policy[rounds, arrays["action"]] / arrays["propensity"]
    residual = reward - predicted[rounds, arrays["action"]]
    model = np.einsum("na,na->n", policy, predicted)
    return {
        "ips": (weight * reward).mean(),
        "snips": (weight * reward).sum() / weight.sum(),
        "dr": (model + weight * residual).mean(),
    }


def _obp(arrays: Arrays, intervals: bool = False) -> Values:
    from obp.ope import (
        DoublyRobust,
        InverseProbabilityWeighting,
        SelfNormalizedInverseProbabilityWeighting,
    )

    logged = {
        "reward": arrays["reward"],
        "action": arrays["action"],
        "pscore": arrays["propensity"],
        "action_dist": arrays["policy"][:, :, None],  # (n, n_actions, one position)
    }
    modelled = {**logged, "estimated_rewards_by_reg_model": arrays["predicted"][:, :, None]}
    values = {}
    for name, estimator, given in (
        ("ips", InverseProbabilityWeighting(), logged),
        ("snips", SelfNormalizedInverseProbabilityWeighting(), logged),
        ("dr", DoublyRobust(), modelled),
    ):
        values[name] = estimator.estimate_policy_value(**given)
        if intervals:
            estimator.estimate_interval(**given, n_bootstrap_samples=_OBP_RESAMPLES)
    return values


WORKS = (
    Work(
        f"IPS, SNIPS and DR over {{size:,}} rounds of {_ACTIONS} actions",
        size=1_000_000,
        quick=100_000,
        make=make_rounds,
        implementations=(
            Implementation(
                OURS,
                _ours,
                "mmnotes.evaluate.policy",
                about="with intervals by the delta method, and checks of the support",
            ),
            Implementation("NumPy", _numpy, "numpy", about="what one would write; no intervals"),
            Implementation("obp", _obp, "obp.ope", hint=_HOW_TO_INSTALL_OBP, about="no intervals"),
            Implementation(
                "obp, with intervals",
                partial(_obp, intervals=True),
                "obp.ope",
                hint=_HOW_TO_INSTALL_OBP,
                about=f"bootstrap with {_OBP_RESAMPLES} resamples, as many as it takes by default",
            ),
        ),
        allowed=lambda values: dict.fromkeys(values, 1e-9),
    ),
)
