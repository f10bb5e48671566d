import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from mmnotes.errors import InputError
from mmnotes.features import TfidfText

TITLES = ["red shirt", "blue shirt", "red dress", "blue dress", "red silk dress"]


def test_agrees_with_scikit_learn():
    weights = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(TITLES)
    wanted = TruncatedSVD(2, algorithm="arpack").fit_transform(weights)
    values = TfidfText(n_components=2).fit_transform(TITLES)
    np.testing.assert_allclose(np.abs(values), np.abs(wanted), atol=1e-5)


def test_keeps_the_words_themselves_if_asked():
    text = TfidfText(n_components=None, min_df=1)
    weights = text.fit_transform([*TITLES, ""])
    assert sparse.issparse(weights)
    assert weights.dtype == np.float32
    assert weights.shape == (6, 5)
    assert text.get_feature_names_out().tolist() == ["blue", "dress", "red", "shirt", "silk"]
    np.testing.assert_allclose(np.sqrt((weights.toarray()[:5] ** 2).sum(axis=1)), 1, atol=1e-6)
    with pytest.raises(InputError, match="a feature block is dense"):
        text.block(TITLES)


def test_words_in_too_few_titles_are_ignored():
    text = TfidfText(n_components=2, min_df=2).fit(TITLES)
    assert set(text.vocabulary_) == {"red", "blue", "shirt", "dress"}


def objects(titles):
    return np.array(titles, dtype=object)


@pytest.mark.parametrize("nothing", ["", "   ", None, np.nan])
@pytest.mark.parametrize("kind", [list, tuple, pd.Series, objects])
def test_empty_titles_are_missing(nothing, kind):
    block = TfidfText(n_components=2).fit_block(kind([*TITLES, nothing]))
    assert block.present.tolist() == [True] * 5 + [False]
    assert not block.values[5].any()


def test_missing_titles_of_a_string_column():
    column = pd.Series(["red shirt", None, "shirt red red"], dtype="string")
    assert TfidfText(n_components=1).fit_block(column).present.tolist() == [True, False, True]


def test_unseen_words_give_zeros_but_the_title_is_there():
    block = TfidfText(n_components=2).fit(TITLES).block(["velvet gown", "red gown"])
    assert block.present.all()
    assert not block.values[0].any()
    assert block.values[1].any()


@pytest.mark.parametrize("titles", [[], ["", None], ["a b c", "! ?"]])
def test_no_words_at_all(titles):
    with pytest.raises(
        InputError, match=rf"no words can be learnt from \d titles of {len(titles)}"
    ):
        TfidfText(n_components=1, min_df=1).fit(titles)


def test_titles_that_are_all_alike():
    text = TfidfText(n_components=1).fit(["red shirt"] * 3)
    assert np.isfinite(text.explained_variance_ratio_).all()


def test_one_word_alone():
    with pytest.raises(InputError, match="one word in common, 'red'"):
        TfidfText(n_components=1).fit(["red shirt", "red dress"])


def test_more_components_than_titles_or_words():
    with pytest.raises(InputError, match="n_components=6 is more than 5 titles"):
        TfidfText(n_components=6, min_df=1).fit(TITLES)
    with pytest.raises(InputError, match="choose at most 4"):
        TfidfText(n_components=5).fit(TITLES)


@pytest.mark.parametrize("bad", [7, ["red"], b"red"])
def test_names_the_row_of_an_entry_that_is_no_string(bad):
    titles = pd.Series([*TITLES, None], dtype=object)
    titles[5] = bad
    with pytest.raises(InputError, match=r"title of row 5 is .* not a string"):
        TfidfText(n_components=1).fit(titles)


def test_refuses_one_string_and_tables():
    with pytest.raises(InputError, match="not one string"):
        TfidfText().fit("red shirt")
    with pytest.raises(InputError, match=r"not of shape \(5, 1\)"):
        TfidfText().fit(np.array(TITLES)[:, None])
