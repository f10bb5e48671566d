"""What denoisers draw."""

from dataclasses import replace

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.experiments.denoised import drawn_by_epoch, share_taken
from mmnotes.recommenders import DiffMM, Training

SMALL = DiffMM(dim=8, hidden=32, training=Training(learning_rate=1e-2, batch_size=16))


def test_shares_by_hand():
    rows = Interactions(np.array([0, 0, 1, 2]), np.array([0, 1, 2, 0]), 3, 4)
    links = {
        "image": (np.array([0, 1, 2]), np.array([1, 3, 0])),
        "text": (np.array([0, 1, 2]), np.array([2, 2, 0])),
    }
    found = share_taken(links, rows)
    assert found.users.tolist() == [0, 1, 2]
    assert found.values.tolist() == [0.5, 0.5, 1.0]


def test_the_denoisers_learn_to_hand_back_what_goes_in(toy):
    train = toy.interactions.part("train")
    drawn = list(drawn_by_epoch(SMALL, train, toy.content, 60))
    assert [list(links) for links in drawn] == 60 * [["image", "text"]]
    first, last = (share_taken(links, train).values.mean() for links in (drawn[0], drawn[-1]))
    others = replace(train, user=(train.user + 1) % train.n_users)
    assert last > 1.5 * first
    assert last > 3 * share_taken(drawn[-1], others).values.mean()


def test_the_same_seed_draws_the_same(toy):
    train = toy.interactions.part("train")
    one, other = (list(drawn_by_epoch(SMALL, train, toy.content, 2))[-1] for _ in range(2))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_each_time_the_denoisers_were_trained(toy):
    train = toy.interactions.part("train")
    often, seldom = (
        list(drawn_by_epoch(replace(SMALL, denoise_every=every), train, toy.content, 3))
        for every in (1, 3)
    )
    for one, other in zip(often, seldom, strict=True):
        np.testing.assert_array_equal(one["text"], other["text"])
    assert not np.array_equal(often[0]["text"][1], often[-1]["text"][1])


@pytest.mark.parametrize("links", ["neighbors", "own", "none"])
def test_links_that_nothing_draws(toy, links):
    train = toy.interactions.part("train")
    with pytest.raises(InputError, match=f"links='{links}' are not drawn"):
        next(drawn_by_epoch(replace(SMALL, links=links), train, toy.content, 1))


@pytest.mark.parametrize(("user", "item", "words"), [(3, 0, "user 3"), (0, 4, "item 4")])
def test_links_of_other_rows(user, item, words):
    rows = Interactions(np.array([0, 1]), np.array([0, 1]), 3, 4)
    with pytest.raises(InputError, match=f"{words} is linked, but the rows are of"):
        share_taken({"text": (np.array([user]), np.array([item]))}, rows)


@pytest.mark.parametrize("users", [1, 3])
def test_users_of_the_links_are_those_with_a_row(toy, users):
    train = toy.interactions.part("train")
    train = train.where(train.user >= users)
    links = next(drawn_by_epoch(SMALL, train, toy.content, 1))
    assert np.array_equal(share_taken(links, train).users, np.unique(train.user))
