"""Full ranking against a plain loop over users, and against what it must refuse."""

import time
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.tables import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import Candidates, counting, full_ranking, mean_interval, rank_metrics

METRICS = ("recall@3", "ndcg@3", "mrr", "map@3", "hit@2", "precision@2", "auc", "ndcg-lattice@3")


def one_by_one(scores, truth, seen, items, ties="average"):
    """The same through the grouped metrics: one group a user, of its candidates not yet seen."""
    relevant, hidden = set(zip(*truth, strict=True)), set(zip(*seen, strict=True))
    rows = [
        (user, item, (user, item) in relevant)
        for user in sorted({user for user, _ in relevant})
        for item in items
        if (user, item) not in hidden
    ]
    users, shown, labels = (np.array(column) for column in zip(*rows, strict=True))
    return rank_metrics(scores[users, shown], labels, users, METRICS, ties)


def pairs(pattern):
    users, items = np.nonzero(pattern)
    return users.tolist(), items.tolist()


@st.composite
def world(draw):
    """Scores with ties, truth and seen apart, and candidates."""
    n_users, n_items = draw(st.integers(1, 9)), draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    scores = rng.integers(0, draw(st.sampled_from([1, 3, 1000])) + 1, (n_users, n_items)) - 1.0
    scores[rng.random(scores.shape) < 0.1] = draw(st.sampled_from([-np.inf, 0.0, np.inf]))
    kind = rng.random(scores.shape)
    items = rng.permutation(n_items)[: draw(st.integers(1, n_items))]
    truth = kind < 0.3
    truth[0, items[0]] = True
    return scores, truth, (kind > 0.7) & ~truth, items


@pytest.mark.parametrize("ties", ["average", "best", "worst", "id"])
@pytest.mark.parametrize("many", [0, 2, 1000])
@given(world=world(), rows=st.integers(1, 10))
@settings(max_examples=20, deadline=None)
def test_agrees_with_one_user_at_a_time(ties, many, world, rows):
    scores, truth, seen, items = world
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_MANY", many)  # sort all rows, some, none
        got = full_ranking(
            lambda users: scores[users],
            pairs(truth),
            pairs(seen),
            Candidates("some", items),
            METRICS,
            ties,
            block_rows=rows,
            n_items=scores.shape[1],
        )
    expected = one_by_one(scores, pairs(truth), pairs(seen), np.sort(items), ties)
    for name, value in expected.items():
        assert got[name].users.tolist() == value.groups.tolist()
        assert got[name].values == pytest.approx(value.values, abs=1e-12), name
    assert got.n_users + got.n_left_out == truth.any(axis=1).sum()
    assert got.n_outside == truth.sum() - truth[:, items].sum()


def vectors(n_users=40, n_items=90, d=8, seed=0):
    rng = np.random.default_rng(seed)
    users, items = rng.normal(size=(n_users, d)), rng.normal(size=(n_items, d))
    kind = rng.random((n_users, n_items))
    return users.astype("f4"), items.astype("f4"), pairs(kind < 0.05), pairs(kind > 0.8)


@pytest.mark.parametrize(
    "kind", ["f4", "f8", "f2", "i4", "tensor", "read-only", "strided", "mixed"]
)
def test_vectors_of_every_kind(kind):
    users, items, truth, seen = vectors()
    users, items = users * 10, items * 10
    if kind in ("f8", "f2", "i4"):
        users, items = users.astype(kind), items.astype(kind)
    scores = users.astype("f8") @ items.astype("f8").T
    if kind == "tensor":
        users, items = torch.tensor(users, requires_grad=True), torch.tensor(items)
    if kind == "read-only":
        users.flags.writeable = items.flags.writeable = False
        torch.set_warn_always(True)  # else it warns of such memory but once
    if kind == "strided":
        users, items = np.asfortranarray(users), items[::-1][::-1].copy()
    if kind == "mixed":
        items = items.astype("f8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = full_ranking((users, items), truth, seen, metrics=METRICS)
    torch.set_warn_always(False)
    expected = one_by_one(scores, truth, seen, range(90))
    for name, value in expected.items():
        assert got[name].values == pytest.approx(value.values), name


def test_function_may_return_arrays_tensors_or_whole_numbers_and_keeps_them():
    users, items, truth, seen = vectors()
    scores = users @ items.T
    expected = full_ranking((users, items), truth, seen)
    for answer in (scores, torch.from_numpy(scores), (scores * 1e6).astype(int)):
        before = torch.as_tensor(answer).clone()
        got = full_ranking(lambda rows, a=answer: a[rows], truth, seen, n_items=90)
        assert got["ndcg@20"].values == pytest.approx(expected["ndcg@20"].values)
        assert (torch.as_tensor(answer) == before).all()
    # the model's own table in one block, which must not be written into
    before = scores.copy()
    full_ranking(lambda rows: scores, (range(40), [0] * 40), (range(40), [1] * 40), n_items=90)
    assert (scores == before).all()


@pytest.mark.parametrize("n_items", [63, 64, 65, 100, 257])
@pytest.mark.parametrize("block_rows", [1, 2, 7, None])
def test_items_with_the_same_vector_tie_to_the_last_digit(n_items, block_rows):
    """Zeroed or averaged features make whole catalogues tie; rounding must not break that."""
    rng = np.random.default_rng(0)
    users = rng.normal(size=(15, 63)).astype("f4")
    items = np.tile(rng.normal(size=63).astype("f4"), (n_items, 1))
    truth = (range(15), rng.integers(0, n_items, 15))
    got = full_ranking((users, items), truth, metrics=METRICS, block_rows=block_rows)
    assert (got.ranks.tied == n_items).all()
    for name in METRICS:
        assert (got[name].values == got.chance[name].values).all()


def test_the_like_of_an_item_ties_with_it_among_others():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(9, 31)).astype("f4"), rng.normal(size=(65, 31)).astype("f4")
    items[7, 3] = 0.0
    items[[20, 64]] = items[7]
    items[64, 3] = -0.0  # equal, though not in its bits
    some = Candidates("some", np.array([3, 7, 20, 40, 64]))
    got = full_ranking((users, items), (range(9), [64] * 9), candidates=some)
    assert (got.ranks.tied == 3).all()
    best = (users @ items[[3, 40]].T > users @ items[[7]].T).sum(axis=1)
    assert (got.ranks.above == best).all()


def test_chance_is_what_random_scores_reach_among_the_candidates():
    rng = np.random.default_rng(0)
    users = np.arange(2000)
    for candidates, n in ((None, 200), (Candidates("twenty", np.arange(20)), 20)):
        truth = (users, rng.integers(0, 20, 2000))
        got = full_ranking(
            lambda rows: rng.random((len(rows), 200)), truth, None, candidates, n_items=200
        )
        assert got.chance["recall@20"].values == pytest.approx(20 / n)
        for name in ("recall@20", "ndcg@20"):
            gap = got[name].values.mean() - got.chance[name].values.mean()
            assert abs(gap) <= 3 * got[name].values.std() / np.sqrt(2000)
    assert got.candidates.name == "twenty"
    assert got.n_candidates == len(got.candidates) == 20


def test_prints_chance_and_the_candidates_beside_every_figure():
    scores = np.array([[3.0, 2, 1], [1, 2, 3], [1, 2, 3]])
    got = full_ranking(
        lambda users: scores[users],
        ([0, 1, 2, 2], [0, 0, 2, 1]),
        candidates=Candidates("the first two", np.array([1, 0])),
        metrics=["hit@1", "auc"],
        n_items=3,
    )
    assert str(got).splitlines() == [
        "hit@1 0.6667 (chance 0.5000) over 3 users, among the first two (2)",
        "auc 0.6667 (chance 0.5000) over 3 users, among the first two (2)",
        "left out: 0 users without a relevant candidate; 1 relevant pairs are not among the "
        "candidates",
    ]
    frame = got.frame()
    assert frame.loc["hit@1"].tolist() == [2 / 3, 0.5, "the first two", 2, 3]
    assert mean_interval([got["hit@1"]]).n_users == 3
    with pytest.raises(InputError, match="'ndcg@20' was not asked for, only hit@1, auc"):
        got["ndcg@20"]


def test_users_who_are_left_out_and_users_who_are_new():
    scores = np.tile(np.arange(4.0), (5, 1))
    truth = Interactions(np.array([0, 1, 3, 4]), np.array([0, 3, 3, 1]), n_users=5, n_items=4)
    seen = ([0, 0, 4, 4], [1, 2, 2, 3])  # user 4 has seen both candidates; 1 and 3 are new
    got = full_ranking(lambda users: scores[users], truth, seen, Candidates("late", [2, 3]))
    assert got["recall@20"].users.tolist() == [1, 3]
    assert (got.n_left_out, got.n_outside) == (2, 2)
    assert got.ranks.sizes.tolist() == [2, 2]
    nobody = full_ranking(lambda users: scores[users], truth, ([], []), metrics=["mrr"])
    assert nobody["mrr"].values.tolist() == [1 / 4, 1, 1, 1 / 3]


def test_repeated_pairs_count_once_and_k_may_exceed_the_items():
    scores = np.tile(np.arange(4.0), (1, 1))
    got = full_ranking(
        lambda users: scores[users],
        ([0, 0, 0], [3, 3, 0]),
        ([0, 0], [2, 2]),
        metrics=["recall@1", "recall@500"],
        n_items=4,
    )
    assert [got[name].values.tolist() for name in got.metrics] == [[0.5], [1.0]]


def test_small_ids_do_not_overflow():
    """int32 and uint16 ids of which user * n_items goes beyond 32 bits, and users beyond 64."""
    users, items = np.array([60_000, 65_000]), np.array([65_000, 64_999])
    scores = np.tile(np.arange(65_536.0, dtype="f4"), (1, 1))
    seen = (np.repeat(users, 500), np.tile(np.arange(65_036, 65_536), 2))
    for dtype in (np.uint16, np.int32, np.uint64):
        got = full_ranking(
            lambda rows: scores.repeat(len(rows), axis=0),
            (users.astype(dtype), items.astype(dtype)),
            tuple(column.astype(dtype) for column in seen),
            metrics=["mrr"],
            n_items=65_536,
        )
        assert got["mrr"].values == pytest.approx([1 / 36, 1 / 37])
    far = np.array([2**40])
    got = full_ranking(lambda rows: scores, (far, [65_535]), metrics=["mrr"], n_items=65_536)
    assert (got["mrr"].users.tolist(), got["mrr"].values.tolist()) == ([2**40], [1.0])
    with pytest.raises(InputError, match="truth: user ids run from"):
        full_ranking(lambda rows: scores, (np.array([2**62]), [0]), n_items=65_536)


def good(**change):
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(4, 2)), rng.normal(size=(5, 2))
    return {"scorer": (users, items), "truth": ([0, 3], [4, 0]), "seen": ([0], [1]), **change}


def with_value(value, side):
    scorer = good()["scorer"]
    scorer[side][2, 1] = value
    return scorer


BAD = [
    ({"truth": ([], [])}, "truth holds no pair: the test set is empty"),
    ({"truth": ([0], [5])}, r"truth: item ids run from 5 to 5, but must lie in 0 … 4"),
    ({"truth": ([4], [0])}, r"truth: user ids run from 4 to 4, but must lie in 0 … 3"),
    ({"truth": ([-1], [0])}, "truth: user ids run from -1"),
    ({"truth": (np.array([2**64 - 1], np.uint64), [0])}, "user ids run from 18446744073709551615"),
    ({"truth": ([0.0], [1.0])}, "truth: user ids must be .* whole numbers, not float64"),
    ({"truth": ([0, 1], [0])}, r"truth must be Interactions, or .* not \[\(2,\), \(1,\)\]"),
    ({"truth": [[0, 1]]}, "truth must be Interactions"),
    ({"seen": ([0], [-3])}, "seen: item ids run from -3"),
    ({"seen": ([3, 0, 0], [0, 4, 2])}, "user 0 and item 4 are also in seen, .*2 pairs in all"),
    ({"candidates": Candidates("new", [])}, "candidates 'new' name 0 different items in 0 rows"),
    ({"candidates": Candidates("new", [1, 1])}, "name 1 different items in 2 rows"),
    ({"candidates": Candidates("new", [9])}, "candidates 'new': item ids run from 9"),
    ({"candidates": Candidates("new", [2])}, "no relevant item of truth is among .* 'new'"),
    ({"scorer": with_value(np.nan, 0)}, "the vector of user 2 holds NaN or infinity"),
    ({"scorer": with_value(-np.inf, 1)}, "the vector of item 2 holds NaN or infinity"),
    ({"scorer": with_value(1e308, 1)}, "may overflow torch.float64: scale them down"),
    ({"scorer": (np.ones((4, 2)), np.ones((5, 3)))}, r"\(4, 2\) and item vectors \(5, 3\) must"),
    ({"scorer": (np.ones(4), np.ones((5, 3)))}, r"user vectors must be \(n, d\), not \(4,\)"),
    ({"scorer": (np.ones((4, 0)), np.ones((5, 0)))}, r"user vectors are empty: \(4, 0\)"),
    ({"scorer": (np.full((4, 2), "a"), np.ones((5, 2)))}, "must be numbers, not <U1"),
    ({"scorer": (np.ones((4, 2)),)}, r"scorer must be \(user vectors, item vectors\)"),
    ({"n_items": 6}, "numbers of items differ: {'n_items': 6, 'the item vectors': 5}"),
    ({"metrics": ["recall"]}, "'recall' needs a whole number"),
    ({"ties": "order"}, "ties must be one of average, best, worst, id"),
    ({"block_rows": 0}, "block_rows must be a whole number from 1, not 0"),
    ({"device": "abacus"}, "device must be 'auto' or a name that torch knows"),
    ({"scorer": lambda users: np.ones((len(users), 5))}, "how many items are there"),
    ({"scorer": lambda users: np.ones((len(users), 4)), "n_items": 5}, r"returned \(2, 4\) for 2"),
    ({"scorer": lambda users: users * np.nan, "n_items": 5}, r"returned \(2,\) for 2 users"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(change, message):
    full_ranking(**good())
    with pytest.raises(InputError, match=message):
        full_ranking(**good(**change))


def test_nan_scores_name_the_user():
    scores = np.arange(20.0).reshape(4, 5)
    scores[3, 2] = np.nan
    scores[0, :2] = np.inf, -np.inf  # no reason to stop
    with pytest.raises(InputError, match="the scorer returned NaN for user 3"):
        full_ranking(lambda users: scores[users], ([0, 3], [4, 0]), n_items=5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_gpu_that_is_not_there():
    with pytest.raises(InputError, match="torch sees no GPU here"):
        full_ranking(**good(device="cuda"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
@pytest.mark.parametrize("ties", ["average", "id"])
def test_gpu_gives_the_same(ties):
    users, items, truth, seen = vectors(300, 4000, 64)
    users, items = (np.round(v * 4) for v in (users, items))  # exact products, many ties
    truth = tuple(np.append(column, more) for column, more in zip(truth, (0, 0), strict=True))
    seen = tuple(np.array(c)[np.array(seen[0]) != 0] for c in seen)
    cpu, gpu = (
        full_ranking((users, items), truth, seen, metrics=METRICS, ties=ties, device=device)
        for device in ("cpu", "cuda")
    )
    there = full_ranking(
        (torch.tensor(users).cuda(), torch.tensor(items).cuda()), truth, seen, None, METRICS, ties
    )
    for name in METRICS:
        assert gpu[name].values == pytest.approx(cpu[name].values, abs=1e-6)
        assert there[name].values == pytest.approx(cpu[name].values, abs=1e-6)


def test_blocks_are_bounded():
    """So is memory: two blocks of 8 MiB of float32, whatever the numbers of users and items."""
    for n_users, n_items in ((5000, 1000), (300, 100_000)):
        asked = []

        def scores(users, n_items=n_items, asked=asked):
            asked.append(len(users))
            return np.zeros((1, n_items), "f4").repeat(len(users), axis=0)

        got = full_ranking(scores, (range(n_users), [0] * n_users), n_items=n_items)
        assert got.n_users == n_users == sum(asked[1:])
        assert max(asked) * n_items <= 2**21


def test_faster_than_a_top_list():
    """No slower than 1.5 times product and top 20 together; measured at 0.6 to 0.7 times."""
    rng = np.random.default_rng(0)
    users, items = (rng.normal(size=(n, 64)).astype("f4") for n in (4000, 7050))
    truth = (np.arange(4000), rng.integers(0, 7050, 4000))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def top_list():
        u, v = torch.from_numpy(users), torch.from_numpy(items)
        for start in range(0, 4000, 500):
            torch.topk(u[start : start + 500] @ v.T, 20)

    def seconds(function, *args):
        start = time.process_time()
        function(*args)
        return time.process_time() - start

    fast = min(seconds(full_ranking, (users, items), truth) for _ in range(3))
    slow = min(seconds(top_list) for _ in range(3))
    torch.set_num_threads(threads)
    assert fast < 1.5 * slow
