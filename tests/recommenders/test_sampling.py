"""Batches: every pair once, negatives that are negatives, and the same ones again."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Batch, Sampler

CPU = torch.device("cpu")


def problem(user, item, n_users, n_items):
    return Problem.of(Interactions(np.array(user), np.array(item), n_users, n_items), None, CPU)


@pytest.fixture
def toy():
    """Twenty users took one to nineteen of forty items, of which ten are cold; user 19 none."""
    rng = np.random.default_rng(0)
    taken = [(user, item) for user in range(19) for item in rng.permutation(30)[: user + 1]]
    return problem(*zip(*taken, strict=True), 20, 40)


def columns(sampler, epoch=1):
    batches = list(sampler.epoch(epoch))
    parts = ("user", "positive", "negative")
    return [torch.cat([getattr(batch, part) for batch in batches]).numpy() for part in parts]


def taken(toy):
    return set(zip(toy.user.tolist(), toy.item.tolist(), strict=True))


class TestPairs:
    def test_each_once_an_epoch(self, toy):
        sampler = Sampler(toy, 32)
        batches = list(sampler.epoch(1))
        assert len(batches) == len(sampler) == 6
        assert [len(batch) for batch in batches] == [32] * 5 + [30]
        user, positive, _ = columns(sampler)
        assert sorted(zip(user, positive, strict=True)) == sorted(taken(toy))

    def test_decided_by_seed_and_epoch_alone(self, toy):
        sampler = Sampler(toy, 32, random_state=3)
        first = columns(sampler, 5)
        columns(sampler, 6)
        for again in (columns(sampler, 5), columns(Sampler(toy, 32, random_state=3), 5)):
            for one, other in zip(first, again, strict=True):
                np.testing.assert_array_equal(one, other)
        assert (first[0] != columns(sampler, 6)[0]).any()
        assert (first[0] != columns(Sampler(toy, 32, random_state=4), 5)[0]).any()


class TestUsers:
    def test_different_in_a_batch_and_each_pair_was_taken(self, toy):
        sampler = Sampler(toy, 16, pairs="users")
        batches = list(sampler.epoch(1))
        assert len(batches) == len(sampler)
        for batch in batches:
            assert len(batch.user.unique()) == len(batch)
            pairs = zip(batch.user.tolist(), batch.positive.tolist(), strict=True)
            assert set(pairs) <= taken(toy)

    def test_more_are_wanted_than_there_are(self, toy):
        user, positive, _ = columns(Sampler(toy, 50, pairs="users"))
        assert set(zip(user, positive, strict=True)) <= taken(toy)
        assert len(user) == 190

    def test_all_come_as_often(self, toy):
        """Whereas by pairs, user 18 comes nineteen times as often as user 0."""
        sampler = Sampler(toy, 10, pairs="users")
        user = np.concatenate([columns(sampler, epoch)[0] for epoch in range(60)])
        counts = np.bincount(user, minlength=20)
        assert counts[19] == 0
        assert stats.chisquare(counts[:19]).pvalue > 1e-3


class TestNegatives:
    @pytest.mark.parametrize("pairs", ["pairs", "users"])
    @pytest.mark.parametrize(("negatives", "last"), [("warm", 30), ("all", 40)])
    def test_were_not_taken(self, toy, pairs, negatives, last):
        sampler = Sampler(toy, 32, pairs, negatives)
        seen = set()
        for epoch in range(30):
            user, _, negative = columns(sampler, epoch)
            assert not set(zip(user, negative, strict=True)) & taken(toy)
            seen |= set(negative)
        assert seen == set(range(last))  # with "warm", no cold item

    def test_are_uniform_over_those_not_taken(self):
        """User 0 took one item of thirty, user 1 nine, user 2 the others."""
        pairs = [(0, 0)] + [(1, item) for item in range(9)] + [(2, i) for i in range(9, 30)]
        sampler = Sampler(problem(*zip(*pairs, strict=True), 3, 35), 8)
        user, _, negative = (
            np.concatenate(parts)
            for parts in zip(*(columns(sampler, epoch) for epoch in range(300)), strict=True)
        )
        for one, free in ((0, range(1, 30)), (1, range(9, 30)), (2, range(9))):
            counts = np.bincount(negative[user == one], minlength=35)
            assert counts.sum() == counts[list(free)].sum()
            assert stats.chisquare(counts[list(free)]).pvalue > 1e-3

    def test_one_item_is_left(self):
        pairs = [(0, item) for item in range(9)] + [(1, 9)]
        user, _, negative = columns(Sampler(problem(*zip(*pairs, strict=True), 2, 10), 4))
        assert set(negative[user == 0]) == {9}

    def test_no_item_is_left(self):
        everything = problem([0, 0, 1], [0, 1, 0], 2, 3)
        with pytest.raises(InputError, match="user 0 took all 2 items"):
            Sampler(everything, 4)
        Sampler(everything, 4, negatives="all")  # the cold one is left

    @given(
        pairs=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1, max_size=30),
        size=st.integers(1, 9),
        way=st.sampled_from(["pairs", "users"]),
        negatives=st.sampled_from(["warm", "all"]),
    )
    @settings(max_examples=60, deadline=None)
    def test_whatever_was_taken(self, pairs, size, way, negatives):
        toy = problem(*zip(*pairs, strict=True), 6, 8)
        pool = {item for _, item in pairs} if negatives == "warm" else range(8)
        counts = np.bincount([user for user, _ in pairs])
        if counts.max() == len(pool):
            with pytest.raises(InputError, match="took all"):
                Sampler(toy, size, way, negatives)
            return
        sampler = Sampler(toy, size, way, negatives)
        user, positive, negative = columns(sampler)
        assert len(user) == len(pairs)
        assert set(zip(user, positive, strict=True)) <= pairs
        assert not set(zip(user, negative, strict=True)) & pairs
        if way == "pairs":
            assert set(zip(user, positive, strict=True)) == pairs


class TestBatch:
    def test_rows_and_gradients_are_those_of_three_look_ups(self):
        users = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
        items = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
        batch = Batch(*torch.tensor([[1, 1, 5], [6, 0, 6], [2, 6, 2]]))
        weights = torch.randn(3, 3, 3, dtype=torch.float64)
        found = batch.of(users, items)
        wanted = users[batch.user], items[batch.positive], items[batch.negative]
        gradients = []
        for rows in (found, wanted):
            total = sum((row * part).sum() for row, part in zip(rows, weights, strict=True))
            gradients.append(torch.autograd.grad(total, (users, items)))
        for one, other in zip((*found, *gradients[0]), (*wanted, *gradients[1]), strict=True):
            torch.testing.assert_close(one, other)


class TestSettings:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"batch_size": 0}, "batch_size must be at least 1, not 0"),
            ({"pairs": "items"}, "pairs='items' and negatives='warm': choose from pairs, users"),
            ({"negatives": "cold"}, "negatives='cold': choose from pairs, users and warm, all"),
        ],
    )
    def test_out_of_range(self, toy, given, said):
        with pytest.raises(InputError, match=said):
            Sampler(toy, **{"batch_size": 4, **given})


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")
def test_gpu_gets_the_same_batches(toy):
    rows = Interactions(toy.user.numpy(), toy.item.numpy(), 20, 40)
    there = Sampler(Problem.of(rows, None, torch.device("cuda")), 32)
    for one, other in zip(there.epoch(2), Sampler(toy, 32).epoch(2), strict=True):
        assert one.user.is_cuda
        assert one.user.cpu().equal(other.user)
        assert one.positive.cpu().equal(other.positive)
        assert one.negative.cpu().equal(other.negative)
