import itertools

import numpy as np
import pytest
from scipy.special import expit

from mmnotes.data.words import NOUNS, POLES, TEXT_TRAITS, WORDS_A_TITLE, write_titles


def write(traits, seed=0, short=None):
    short = np.zeros(len(traits), bool) if short is None else short
    return write_titles(np.asarray(traits, float), np.random.default_rng(seed), short)


def test_no_word_has_two_meanings():
    words = [*itertools.chain(*itertools.chain(*POLES)), *NOUNS]
    assert len(words) == len(set(words))
    assert len({len(pole) for pole in itertools.chain(*POLES)}) == 1


@pytest.mark.parametrize("trait", range(TEXT_TRAITS))
@pytest.mark.parametrize("pole", [0, 1])
def test_far_towards_a_pole_all_words_come_from_there(trait, pole):
    traits = np.zeros((50, TEXT_TRAITS))
    traits[:, trait] = (50, -50)[pole]
    used = set(itertools.chain(*(title.split() for title in write(traits))))
    assert used & set(POLES[trait][pole])
    assert not used & set(POLES[trait][1 - pole])


def test_log_odds_of_a_pole_are_three_times_the_trait():
    traits = np.full((3000, TEXT_TRAITS), 0.3)
    words = list(itertools.chain(*(title.split()[:-1] for title in write(traits))))
    first = set(itertools.chain(*(poles[0] for poles in POLES)))
    assert np.mean([word in first for word in words]) == pytest.approx(expit(0.9), abs=0.01)


def test_length_and_noun():
    short = np.arange(40) < 15
    titles = write(np.zeros((40, TEXT_TRAITS)), short=short)
    lengths = [len(title.split()) for title in titles]
    assert lengths == [2] * 15 + [WORDS_A_TITLE + 1] * 25
    assert {title.split()[-1] for title in titles} <= set(NOUNS)


def test_a_short_title_is_the_long_one_cut():
    traits = np.random.default_rng(1).normal(size=(30, TEXT_TRAITS))
    for long, short in zip(write(traits), write(traits, short=np.ones(30, bool)), strict=True):
        assert short.split() == [long.split()[0], long.split()[-1]]


def test_the_seed_decides():
    traits = np.random.default_rng(1).normal(size=(30, TEXT_TRAITS))
    assert (write(traits) == write(traits)).all()
    assert (write(traits) != write(traits, seed=1)).any()
