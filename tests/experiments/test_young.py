"""New items that gather clicks: what is asked must not change with them."""

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.experiments.young import Young
from mmnotes.recommenders import EASE

LEAST = 4


def pairs(rows):
    return set(zip(rows.user.tolist(), rows.item.tolist(), strict=True))


@pytest.fixture(scope="module")
def young(toy):
    return Young.draw(toy.interactions, random_state=3, least=LEAST, share=0.1)


def indifferent(rows):
    return lambda users: np.zeros((len(users), rows.n_items))


def test_each_young_item_has_so_many_rows(toy, young):
    items = young.candidates.items
    assert len(items) == round(0.1 * toy.interactions.n_items)
    whole = toy.interactions.part("train")
    others = ~np.isin(whole.item, items)
    for n_rows in range(LEAST + 1):
        train = young.train(n_rows)
        assert (np.bincount(train.item, minlength=train.n_items)[items] == n_rows).all()
        assert pairs(train.where(~np.isin(train.item, items))) == pairs(whole.where(others))


def test_rows_once_handed_out_stay(young):
    for n_rows in range(LEAST):
        assert pairs(young.train(n_rows)) < pairs(young.train(n_rows + 1))


def test_in_the_end_all_rows_are_there(toy, young):
    assert pairs(young.train(10**6)) == pairs(toy.interactions.part("train")) == pairs(young.seen)


def test_truth_is_the_test_part_of_the_young(toy, young):
    test = toy.interactions.part("test")
    kept = np.isin(test.item, young.candidates.items)
    assert pairs(young.truth) == pairs(test.where(kept))
    assert 0 < kept.sum() < len(test)


def test_candidates_are_as_many_whatever_is_known(toy, young):
    """A scorer that says the same of all is at chance, and chance is the same at each number."""
    users = np.unique(young.truth.user)
    flat = indifferent(toy.interactions)
    ranking = young.ask(flat)
    assert np.array_equal(ranking["recall@20"].users, users)
    assert np.allclose(ranking["recall@20"].values, ranking.chance["recall@20"].values)
    assert np.array_equal(ranking.candidates.items, young.candidates.items)


def test_growing_asks_at_each_number(young):
    """Clicks alone know nothing of an item without one; weights are those of the number."""
    flat = indifferent(young.seen)

    def fit(train):
        return [EASE(10, "cpu").fit(train).score, flat]

    blends = {"clicks": lambda n: (1, 0), "nothing at first": lambda n: (n, 1)}
    found = young.growing(fit, (0, LEAST), blends)
    assert list(found) == [(name, n) for n in (0, LEAST) for name in blends]
    at_first = found["clicks", 0]
    assert np.allclose(at_first["recall@20"].values, at_first.chance["recall@20"].values)
    alone = young.ask(EASE(10, "cpu").fit(young.train(LEAST)).score)["recall@20"].values
    for name in blends:
        assert np.allclose(found[name, LEAST]["recall@20"].values, alone)


def test_drawn_again_the_same_and_by_seed_another(toy, young):
    same, other = (Young.draw(toy.interactions, s, LEAST, 0.1) for s in (3, 4))
    assert np.array_equal(same.turn, young.turn)
    assert not np.array_equal(other.turn, young.turn)


@pytest.mark.parametrize(("least", "share"), [(10**6, 0.1), (1, 0.0)])
def test_too_few_items(toy, least, share):
    with pytest.raises(InputError, match="items are to be young"):
        Young.draw(toy.interactions, 0, least, share)


def test_a_negative_number_of_rows(young):
    with pytest.raises(InputError, match="n_rows must be at least 0, not -1"):
        young.train(-1)
