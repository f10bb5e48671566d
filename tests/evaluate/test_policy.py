"""Do the estimators do what they are defined to, hold the truth, and warn where they can't?"""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.evaluate import Estimate, off_policy

N_ACTIONS = 5


def world(seed, n=2000, logging=0.5, wanted=-0.5):
    """A log over five actions whose truth is known; strengths set how far the policies differ."""
    rng = np.random.default_rng(seed)
    context = rng.normal(size=(n, 1))
    slopes = np.linspace(-1, 1, N_ACTIONS)
    chance = 1 / (1 + np.exp(1.5 - context * slopes))  # (n, n_actions)
    old, policy = (softmax(strength * context * slopes) for strength in (logging, wanted))
    action = (rng.random((n, 1)) > old.cumsum(axis=1)).sum(axis=1)
    rows = np.arange(n)
    reward = (rng.random(n) < chance[rows, action]).astype(float)
    log = {"reward": reward, "propensity": old[rows, action], "target": policy[rows, action]}
    model = {"action": action, "policy": policy, "predicted": chance}
    return log, model, (policy * chance).sum(axis=1).mean()


def softmax(scores):
    weights = np.exp(scores)
    return weights / weights.sum(axis=1, keepdims=True)


def value(name, *args, **more):
    return off_policy(*args, estimators=[name], **more)[name].estimate.value


def by_definition(log, model, clip):
    """The definitions of Open Bandit Pipeline, written down round by round."""
    sums = dict.fromkeys(("w", "wr", "cr", "m", "we"), 0.0)
    n = len(log["reward"])
    for t in range(n):
        w = log["target"][t] / log["propensity"][t]
        sums["w"] += w
        sums["wr"] += w * log["reward"][t]
        sums["cr"] += min(w, clip) * log["reward"][t]
        sums["m"] += sum(model["policy"][t, a] * model["predicted"][t, a] for a in range(N_ACTIONS))
        sums["we"] += w * (log["reward"][t] - model["predicted"][t, model["action"][t]])
    return {
        "ips": sums["wr"] / n,
        "clipped-ips": sums["cr"] / n,
        "snips": sums["wr"] / sums["w"],
        "dm": sums["m"] / n,
        "dr": (sums["m"] + sums["we"]) / n,
        "sndr": sums["m"] / n + sums["we"] / sums["w"],
    }


@pytest.mark.parametrize("n", [1, 3, 4096, 4097, 9000])
@pytest.mark.parametrize("n_resamples", [0, 100])
def test_agrees_with_the_definitions_over_block_borders(n, n_resamples):
    log, model, _ = world(n, n=n)
    if n == 1:
        with pytest.raises(InputError, match="at least two users, clusters or rounds"):
            off_policy(**log, **model, n_resamples=n_resamples)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = off_policy(**log, **model, clip=1.2, n_resamples=n_resamples)
    wanted = by_definition(log, model, clip=1.2)
    assert list(got) == list(wanted)
    for name, by_hand in wanted.items():
        assert got[name].estimate.value == pytest.approx(by_hand, abs=1e-12), name


def test_the_policy_says_what_target_would():
    log, model, _ = world(3)
    short = {name: log[name] for name in ("reward", "propensity")}
    assert off_policy(**short, **model) == off_policy(**log, **model)
    with pytest.raises(InputError, match="whose value"):
        off_policy(**short)
    policy = model["policy"].copy()
    policy[7] = -0.5
    policy[7, model["action"][7]] = 3  # the row still sums to 1
    with pytest.raises(InputError, match="policy: round 7 is not in 0 … 1"):
        off_policy(**short, **(model | {"policy": policy}))


def coverage(names, cases, n_resamples):
    """By name, in which share of the cases the truth lies in the interval."""
    held = {name: [] for name in names}
    for log, model, truth in cases:
        found = off_policy(**log, **model, clip=1.5, n_resamples=n_resamples)
        for name in names:
            held[name].append(found[name].estimate.low <= truth <= found[name].estimate.high)
    return {name: np.mean(of_name) for name, of_name in held.items()}


@pytest.mark.filterwarnings("ignore::UserWarning")  # by chance, in a world or two
@pytest.mark.parametrize(("n", "n_resamples"), [(600, 200), (600, 0)])
def test_intervals_hold_the_truth_as_often_as_they_say(n, n_resamples):
    cases = [world(seed, n=n) for seed in range(250)]
    for name, share in coverage(("ips", "snips", "dr", "sndr"), cases, n_resamples).items():
        assert 0.905 <= share <= 0.99, name  # 0.95 ± three standard errors of 250 worlds


def test_clipping_misses_the_truth_it_gives_up():
    cases = [world(seed, logging=1.5, wanted=-1.5) for seed in range(30)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low = [value("clipped-ips", **log, clip=1.0) for log, _, _ in cases]
    assert np.mean(low) < 0.9 * np.mean([truth for _, _, truth in cases])


def test_doubly_robust_forgives_a_wrong_model_or_wrong_propensities():
    log, model, truth = world(0, n=200_000)
    wrong_model = model | {"predicted": np.full_like(model["predicted"], 0.9)}
    assert value("dr", **log, **wrong_model) == pytest.approx(truth, abs=0.01)
    assert value("dm", **log, **wrong_model) == pytest.approx(0.9)
    wrong_log = log | {"propensity": np.full(200_000, 0.4)}
    with pytest.warns(UserWarning, match="the propensities are not its own"):
        assert value("dr", **wrong_log, **model) == pytest.approx(truth, abs=0.01)
    with pytest.warns(UserWarning, match="not 1"):
        assert abs(value("ips", **wrong_log) - truth) > 0.05


def test_the_logging_policy_itself_is_the_plain_mean():
    log, _, _ = world(3)
    same = log | {"target": log["propensity"]}
    got = off_policy(**same)
    for found in got.values():
        assert found.estimate.value == pytest.approx(log["reward"].mean())
        assert found.effective_sample_size == pytest.approx(2000)
        assert found.largest_weight == pytest.approx(1)
        assert found.warnings == ()


def test_a_perfect_model_narrows():
    log, model, _ = world(1, logging=1, wanted=-1)
    # Most rounds are rewarded: where few are, there is little for a model to explain.
    log, model = log | {"reward": 1 - log["reward"]}, model | {"predicted": 1 - model["predicted"]}
    got = off_policy(**log, **model)
    width = {name: v.estimate.high - v.estimate.low for name, v in got.items()}
    assert width["dm"] < width["dr"] < width["ips"]
    assert width["snips"] < width["ips"]


def test_bootstrap_and_delta_method_agree_where_both_may_speak():
    log, model, _ = world(5, n=8000)
    one, other = off_policy(**log, **model), off_policy(**log, **model, n_resamples=0)
    for name in one:
        a, b = one[name].estimate, other[name].estimate
        assert (a.n_users, b.n_users) == (8000, 8000)
        assert a.value == pytest.approx(b.value)
        assert a.high - a.low == pytest.approx(b.high - b.low, rel=0.1)


@pytest.mark.parametrize("n_resamples", [0, 1000])
def test_rounds_of_a_cluster_are_not_independent(n_resamples):
    log, model, _ = world(2, n=500)
    eight = {name: np.repeat(values, 8, axis=0) for name, values in (log | model).items()}
    clusters = np.repeat(np.random.default_rng(0).permutation(500), 8)
    one = off_policy(**log, **model, n_resamples=n_resamples)
    naive = off_policy(**eight, n_resamples=n_resamples)
    fair = off_policy(**eight, clusters=clusters, n_resamples=n_resamples)
    for name in one:
        width = one[name].estimate.high - one[name].estimate.low
        assert fair[name].estimate.value == pytest.approx(one[name].estimate.value)
        assert fair[name].estimate.n_users == 500
        assert fair[name].estimate.high - fair[name].estimate.low == pytest.approx(width, rel=0.1)
        assert naive[name].estimate.high - naive[name].estimate.low < 0.5 * width


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(0.1, 10), shift=st.floats(-5, 5), n=st.integers(20, 200), seed=st.integers(0, 9)
)
def test_properties(scale, shift, n, seed):
    log, model, _ = world(seed, n=n)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = {name: values[order] for name, values in (log | model).items()}
    moved = log | {"reward": scale * log["reward"] + shift}
    moved_model = model | {"predicted": scale * model["predicted"] + shift}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base = off_policy(**log, **model, n_resamples=0)
        other = off_policy(**shuffled, n_resamples=0)
        scaled = off_policy(**moved, **moved_model, n_resamples=0)
    for name, found in base.items():
        assert other[name].estimate.value == pytest.approx(found.estimate.value)
    for name in (
        "snips",
        "dm",
        "sndr",
    ):  # what divides by the weights follows a shift; ips does not
        assert scaled[name].estimate.value == pytest.approx(
            scale * base[name].estimate.value + shift, abs=1e-6
        )
    assert 1 <= base["ips"].effective_sample_size <= n


def test_what_it_says_of_the_weights():
    reward, propensity = np.ones(8), np.full(8, 0.5)
    target = np.array([1, 1, 0.5, 0.5, 0.5, 0.5, 0, 0])
    with pytest.warns(UserWarning, match="5 rounds carry 88% of the weight"):
        got = off_policy(reward, propensity, target, clip=1.5)
    whole, clipped = got["ips"], got["clipped-ips"]
    assert whole.effective_sample_size == pytest.approx(8**2 / (4 + 4 + 4))
    assert (whole.largest_weight, whole.share_clipped, whole.n) == (2, 0, 8)
    assert clipped.effective_sample_size == pytest.approx(7**2 / (2.25 * 2 + 4))
    assert (clipped.largest_weight, clipped.share_clipped) == (1.5, 0.25)
    assert str(whole).endswith("effective sample 5 of 8")
    assert isinstance(whole.estimate, Estimate)


def test_warns_where_support_fails():
    log, _, _ = world(0)
    # Half of the rounds would have been an action that this log never holds.
    with pytest.warns(
        UserWarning, match=r"the weights' mean is 0\.\d+ .* and not 1: the log lacks"
    ):
        got = off_policy(**log | {"target": log["target"] * 0.5})
    assert "lacks part of what the policy would do" in got["ips"].warnings[0]


@pytest.mark.filterwarnings("ignore:5 rounds carry")
def test_warns_where_few_rounds_decide():
    n = 2000
    target = np.full(n, 0.005)
    target[:2] = 1.0
    propensity = np.full(n, 0.01)
    propensity[:2] = 0.002
    with pytest.warns(UserWarning, match="the effective sample is 8 of 2,000 rounds") as caught:
        off_policy(np.ones(n), propensity, target)
    assert any("5 rounds carry 50% of the weight" in str(w.message) for w in caught)
    assert all(w.filename == __file__ for w in caught)


def test_the_direct_method_weighs_nothing():
    log, model, _ = world(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = off_policy(**log | {"propensity": np.full(2000, 0.9)}, **model, estimators=["dm"])
    assert got["dm"].effective_sample_size == got["dm"].n == 2000


def test_takes_integers_float32_and_a_policy_without_context():
    log, model, _ = world(0)
    got = off_policy(
        log["reward"].astype(int),
        log["propensity"].astype(np.float32),
        np.full(2000, 1 / N_ACTIONS, dtype=np.float32),
        action=model["action"].astype(np.uint8),
        policy=np.broadcast_to(np.full(N_ACTIONS, 1 / N_ACTIONS), (2000, N_ACTIONS)),
        predicted=model["predicted"].astype(np.float32),
    )
    weight = 1 / N_ACTIONS / log["propensity"]
    assert got["ips"].estimate.value == pytest.approx((weight * log["reward"]).mean())


GOOD, MODEL, _ = world(0, n=10)


def changed(name, row, to):
    column = (GOOD | MODEL)[name].copy()
    column[row] = to
    return GOOD | MODEL | {name: column}


@pytest.mark.filterwarnings("ignore:5 rounds carry")
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (changed("reward", 3, np.nan), "reward: round 3 is not finite"),
        (changed("reward", 3, np.inf), "reward: round 3 is not finite"),
        (changed("propensity", 2, 0.0), r"propensity: round 2 is not in \(0, 1\]"),
        (changed("propensity", 2, -0.1), r"propensity: round 2 is not in \(0, 1\]"),
        (changed("propensity", 9, 1.5), r"propensity: round 9 is not in \(0, 1\]"),
        (changed("propensity", 9, np.nan), r"propensity: round 9 is not in \(0, 1\]"),
        (changed("target", 0, 1.5), "target: round 0 is not in 0 … 1"),
        (changed("target", 0, -0.5), "target: round 0 is not in 0 … 1"),
        (changed("target", 4, 0.9), "target: round 4 is not what policy says of the logged"),
        (changed("action", 1, 5), "action: round 1 has an action that is not among the 5"),
        (changed("action", 1, -1), "action: round 1 has an action that is not among the 5"),
        (changed("policy", (6, 0), 0.9), "policy: round 6 does not sum to 1"),
        (changed("predicted", (6, 0), np.nan), "policy or predicted: round 6 is not finite"),
        (GOOD | {"reward": np.ones(9)}, r"must be \(n,\) each, not .*\(9,\)"),
        ({name: np.ones((3, 2)) for name in GOOD}, r"must be \(n,\) each"),
        ({name: np.ones(0) for name in GOOD}, "no round to weigh: the log is empty"),
        (GOOD | {"target": np.zeros(10)}, "target is 0 in every round"),
        (GOOD | {"clip": 0.0}, "clip must be a number above 0, not 0.0"),
        (GOOD | {"clip": np.nan}, "clip must be a number above 0, not nan"),
        (GOOD | {"action": MODEL["action"]}, "needs action, policy and predicted; only action"),
        (GOOD | MODEL | {"action": np.ones(10)}, r"action must be whole numbers \(10,\)"),
        (GOOD | MODEL | {"predicted": np.ones((10, 4))}, r"must be \(10, n_actions\) each"),
        (GOOD | {"clusters": np.ones(9)}, r"clusters must be \(10,\), not \(9,\)"),
        (GOOD | {"clusters": np.ones(10)}, "at least two users, clusters or rounds"),
        (GOOD | {"estimators": ["ipw"]}, "estimators must be some of ips, clipped-ips, snips"),
        (GOOD | {"estimators": []}, "estimators must be some of"),
        (GOOD | {"estimators": ["clipped-ips"]}, "'clipped-ips' needs clip"),
        (GOOD | {"estimators": ["dr"]}, "'dr' needs action, policy and predicted"),
        (GOOD | {"level": 1.0}, "a level between 0 and 1, not 1.0"),
        (GOOD | {"n_resamples": 10}, "n_resamples"),
        (GOOD | {"n_resamples": -5}, "n_resamples"),
    ],
)
def test_bad_input(bad, message):
    with pytest.raises(InputError, match=message):
        off_policy(**bad)


def test_names_the_row_beyond_the_first_block():
    log, _, _ = world(0, n=10_000)
    log["propensity"][9_000] = 0
    with pytest.raises(InputError, match="propensity: round 9000"):
        off_policy(**log)


REFERENCE = json.loads((Path(__file__).parent / "obp_reference.json").read_text())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_agrees_with_open_bandit_pipeline(case):
    policy, action = np.array(case["policy"]), np.array(case["action"])
    got = off_policy(
        np.array(case["reward"]),
        np.array(case["propensity"]),
        policy[np.arange(len(action)), action],
        action=action,
        policy=policy,
        predicted=np.array(case["predicted"]),
        clip=case["clip"],
    )
    for name, found in got.items():
        assert found.estimate.value == pytest.approx(case["values"][name], abs=1e-9), name
