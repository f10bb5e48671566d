"""Is an interleaved list fair to both rankers, and does the better one win on it?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.errors import InputError
from mmnotes.evaluate import balanced_interleaving, preference, team_draft

MAKERS = [team_draft, balanced_interleaving]


def rankings(rng, n, length, n_items=None):
    pool = n_items or length
    return np.stack([rng.permutation(pool)[:length] for _ in range(n)])


def draft_by_hand(a, b, coins):
    """Algorithm 1 of Radlinski, Kurup and Joachims (2008) for one slate."""
    items, teams = [], []
    while len(items) < len(a):
        if teams.count(0) < teams.count(1):
            pick = 0
        elif teams.count(0) > teams.count(1):
            pick = 1
        else:
            pick = coins[len(items) // 2]
        items.append(next(i for i in (a, b)[pick] if i not in items))
        teams.append(pick)
    return items, teams


def balanced_by_hand(a, b, a_first):
    """Algorithm 1 of Chapelle and others (2012) for one slate."""
    items, at_a, at_b = [], 0, 0
    while at_a < len(a) and at_b < len(b) and len(items) < len(a):
        if at_a < at_b or (at_a == at_b and a_first):
            if a[at_a] not in items:
                items.append(a[at_a])
            at_a += 1
        else:
            if b[at_b] not in items:
                items.append(b[at_b])
            at_b += 1
    return items


def credit_by_hand(items, a, b, clicked):
    hit = [i for i, c in zip(items, clicked, strict=True) if c]
    if not hit:
        return 0
    depth = next(k for k in range(1, len(a) + 1) if hit[-1] in a[:k] or hit[-1] in b[:k])
    return np.sign(sum(i in a[:depth] for i in hit) - sum(i in b[:depth] for i in hit))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    length=st.integers(1, 8),
    other=st.integers(0, 8),
    n=st.integers(1, 9),
)
def test_lists_follow_the_published_algorithms(seed, length, other, n):
    rng = np.random.default_rng(seed)
    a, b = (rankings(rng, n, length, length + other) for _ in range(2))
    draft = team_draft(a, b, np.random.default_rng(seed))
    coin = np.random.default_rng(seed)
    coins = np.stack([coin.integers(0, 2, size=n) for _ in range(-(-length // 2))])
    balanced = balanced_interleaving(a, b, np.random.default_rng(seed))
    first = np.random.default_rng(seed).integers(0, 2, size=n)
    clicked = rng.random(a.shape) < 0.4
    got = balanced.credit(clicked)
    for slate in range(n):
        rows = a[slate].tolist(), b[slate].tolist()
        items, teams = draft_by_hand(*rows, coins[:, slate])
        assert (draft.items[slate].tolist(), draft.team[slate].tolist()) == (items, teams)
        items = balanced_by_hand(*rows, first[slate] == 0)
        assert balanced.items[slate].tolist() == items
        assert got[slate] == credit_by_hand(items, *rows, clicked[slate])


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(1, 8), other=st.integers(0, 8))
def test_properties(make, seed, length, other):
    rng = np.random.default_rng(seed)
    a, b = (rankings(rng, 20, length, length + other) for _ in range(2))
    made = make(a, b, np.random.default_rng(seed))
    for items, one, two in zip(made.items, a, b, strict=True):
        assert len(set(items)) == length
        assert set(items) <= set(one) | set(two)
        assert items[0] in (one[0], two[0])
    same = make(a, a, rng)
    assert (same.items == a).all()
    clicked = rng.random(a.shape) < 0.5
    credit = made.credit(clicked)
    assert set(credit.tolist()) <= {-1, 0, 1}
    assert (made.credit(np.zeros(a.shape)) == 0).all()


def test_equal_rankers_are_not_told_apart():
    user, told, tied = np.arange(160) // 4, 0, 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        a = rankings(rng, 160, 6)
        clicked = rng.random(a.shape) < 0.3
        told += preference(team_draft(a, a, rng).credit(clicked), user).p <= 0.05
        tied += (balanced_interleaving(a, a, rng).credit(clicked) == 0).all()
    assert told / 200 <= 0.10  # 0.05 and three standard errors of 200 worlds
    assert tied == 200  # equal tops get equal clicks


def test_random_clicks_favour_a_ranker_in_balanced_interleaving_but_not_in_a_draft():
    rng = np.random.default_rng(0)
    n = 20_000
    a, b = np.tile([1, 2, 3], (n, 1)), np.tile([2, 3, 1], (n, 1))
    one_click = np.eye(3, dtype=bool)[rng.integers(0, 3, size=n)]
    users = np.arange(n)
    balanced = balanced_interleaving(a, b, rng).credit(one_click)
    assert preference(balanced, users).estimate.high < -0.1
    fair = preference(team_draft(a, b, rng).credit(one_click), users)
    assert fair.estimate.low <= 0 <= fair.estimate.high


def test_a_draft_gives_both_teams_the_same_places():
    rng = np.random.default_rng(0)
    a, b = rankings(rng, 20_000, 5), rankings(rng, 20_000, 5)
    draft = team_draft(a, b, rng)
    assert draft.team.mean(axis=0) == pytest.approx(np.full(5, 0.5), abs=0.015)


@pytest.mark.parametrize("make", MAKERS)
def test_the_better_ranker_wins(make):
    rng = np.random.default_rng(0)
    n, length = 1500, 8
    liking = rng.random((n, length))  # of item i in each slate
    good = np.argsort(-liking - 0.3 * rng.normal(size=liking.shape), axis=1)
    poor = rankings(rng, n, length)
    made = make(good, poor, rng)
    shown = np.take_along_axis(liking, made.items, axis=1) ** 3
    clicked = rng.random(shown.shape) < shown / np.arange(1, length + 1)
    user = np.arange(n) // 5
    found = preference(made.credit(clicked), user)
    assert found.estimate.low > 0
    assert found.p < 0.001
    assert found.n_a + found.n_b + found.n_ties == n
    swapped = make(poor, good, np.random.default_rng(1))
    shown = np.take_along_axis(liking, swapped.items, axis=1) ** 3
    clicked = rng.random(shown.shape) < shown / np.arange(1, length + 1)
    assert preference(swapped.credit(clicked), user).estimate.high < 0


def test_preference_is_over_users():
    credit = np.array([1, 1, 1, 1, -1, 0])
    found = preference(credit, np.array([3, 3, 3, 3, 8, 9]))
    assert found.estimate.value == 0
    assert found.estimate.n_users == 3
    assert (found.n_a, found.n_b, found.n_ties, found.p) == (4, 1, 1, 1)
    assert str(found).endswith("p = 1 (4 : 1, 1 ties)")


def test_bad_input():
    rng = np.random.default_rng(0)
    one = np.array([[1, 2], [3, 4]])
    for make in MAKERS:
        with pytest.raises(InputError, match=r"of the same shape, not \(2, 2\) and \(1, 2\)"):
            make(one, one[:1], rng)
        with pytest.raises(InputError, match=r"\(n_slates, length\) each"):
            make(one[0], one[0], rng)
        with pytest.raises(InputError, match=r"\(n_slates, length\) each"):
            make(one[:0], one[:0], rng)
        with pytest.raises(InputError, match="b: slate 1 ranks an item twice"):
            make(one, np.array([[1, 2], [4, 4]]), rng)
        with pytest.raises(InputError, match=r"clicked must be \(2, 2\)"):
            make(one, one, rng).credit(np.zeros((2, 3)))
    with pytest.raises(InputError, match="credit: slate 1 has 2, not -1, 0 or 1"):
        preference(np.array([0, 2]), np.arange(2))
    with pytest.raises(InputError, match=r"\(n_slates,\) each"):
        preference(np.array([0, 1]), np.arange(3))
    with pytest.raises(InputError, match="at least two users"):
        preference(np.array([0, 1]), np.zeros(2))
