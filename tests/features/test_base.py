"""What every extractor promises, whatever the modality."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from mmnotes.errors import InputError
from mmnotes.features import OneHotMetadata, PcaImage
from mmnotes.features.base import check_n_components


# It has no checks for lists of strings, so TfidfText meets only those below.
@parametrize_with_checks([PcaImage(n_components=1), OneHotMetadata(content=(0,))])
def test_scikit_learn_is_content(estimator, check):
    check(estimator)


class TestEveryExtractor:
    def test_gives_float32_with_zeros_where_missing(self, case):
        values = clone(case.extractor).fit_transform(case.X)
        assert values.dtype == np.float32
        assert len(values) == case.n
        assert not values[case.missing].any()
        assert values[np.arange(case.n) != case.missing].any(axis=1).all()

    def test_knows_who_is_present(self, case):
        presence = clone(case.extractor).fit(case.X).presence(case.X)
        assert presence.dtype == bool
        assert np.flatnonzero(~presence).tolist() == [case.missing]

    def test_all_ways_agree(self, case):
        extractor = clone(case.extractor)
        block = extractor.fit_block(case.X)
        for values in (
            extractor.transform(case.X),
            extractor.block(case.X).values,
            clone(extractor).fit(case.X).transform(case.X),
            clone(extractor).fit_transform(case.X),
        ):
            np.testing.assert_allclose(values, block.values, atol=1e-6)
        np.testing.assert_array_equal(block.present, extractor.presence(case.X))

    def test_learns_only_from_those_present(self, case):
        present = np.flatnonzero(np.arange(case.n) != case.missing)
        with_missing = clone(case.extractor).fit(case.X)
        without = clone(case.extractor).fit(case.take(present))
        np.testing.assert_allclose(
            with_missing.transform(case.X), without.transform(case.X), atol=1e-5
        )

    def test_two_fits_are_identical(self, case):
        first, second = (clone(case.extractor).fit_transform(case.X) for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_rows_do_not_depend_on_each_other(self, case):
        extractor = clone(case.extractor).fit(case.X)
        rows = np.array([7, 3, case.missing])
        np.testing.assert_allclose(
            extractor.transform(case.take(rows)), extractor.transform(case.X)[rows], atol=1e-6
        )

    def test_takes_no_items_at_all(self, case):
        extractor = clone(case.extractor).fit(case.X)
        block = extractor.block(case.take(np.array([], int)))
        assert block.values.shape == (0, extractor.transform(case.X).shape[1])

    def test_has_a_name_for_every_column(self, case):
        extractor = clone(case.extractor).fit(case.X)
        names = extractor.get_feature_names_out()
        assert len(set(names)) == extractor.transform(case.X).shape[1]
        table = extractor.set_output(transform="pandas").transform(case.X)
        assert list(table.columns) == list(names)
        assert isinstance(extractor.block(case.X).values, np.ndarray)

    def test_survives_pickling(self, case):
        extractor = clone(case.extractor).fit(case.X)
        again = pickle.loads(pickle.dumps(extractor))
        np.testing.assert_array_equal(again.transform(case.X), extractor.transform(case.X))

    @pytest.mark.parametrize("method", ["transform", "presence", "block"])
    def test_must_be_fitted_first(self, case, method):
        with pytest.raises(NotFittedError):
            getattr(clone(case.extractor), method)(case.X)


def test_number_of_components():
    check_n_components(3, (3, 4), "titles")
    with pytest.raises(InputError, match=r"n_components=4 is more than 3 titles.*at most 3"):
        check_n_components(4, (3, 9), "titles")
    with pytest.raises(InputError, match="at least 1, not 0"):
        check_n_components(0, (3, 9), "titles")
