import warnings

import numpy as np
import pandas as pd
import pytest

from mmnotes.errors import InputError
from mmnotes.features import OneHotMetadata
from mmnotes.features.coding import learn_coding


@pytest.fixture
def items():
    return pd.DataFrame(
        {
            "color": ["red", "blue", "red", None],
            "price": [1.0, 2.0, 3.0, np.nan],
            "promoted": [1, 0, 1, 0],
            "unrelated": ["x", "y", "z", "w"],
        }
    )


def extractor(**changes):
    options = {"content": ["color", "price"], "policy": ["promoted"], "min_frequency": 1, **changes}
    return OneHotMetadata(**options)


def test_one_column_a_category(items):
    onehot = extractor(content=["color"])
    np.testing.assert_array_equal(onehot.fit_transform(items), [[0, 1], [1, 0], [0, 1], [0, 0]])
    assert onehot.get_feature_names_out().tolist() == ["color=blue", "color=red"]
    assert onehot.presence(items).tolist() == [True, True, True, False]


def test_a_row_of_some_missing_values_is_present(items):
    items.loc[0, "color"] = None
    block = extractor().fit_block(items)
    assert block.present.tolist() == [True, True, True, False]
    assert block.values[0].sum() == 1


@pytest.mark.parametrize("blank", ["", "  ", None, np.nan])
def test_blank_values_are_missing(items, blank):
    items["color"] = items["color"].astype(object)
    items.loc[0, "color"] = blank
    assert extractor(content=["color"]).fit(items).presence(items).sum() == 2


class TestPolicy:
    def test_stays_out_unless_named(self, items):
        assert extractor().fit(items).columns_ == ("color", "price")

    def test_enters_if_named(self, items):
        onehot = extractor(include_policy=["promoted"]).fit(items)
        assert onehot.columns_ == ("color", "price", "promoted")
        assert [n for n in onehot.get_feature_names_out() if n.startswith("promoted")] == [
            "promoted=[-inf, 1)",
            "promoted=[1, inf)",
        ]

    def test_does_not_change_what_content_says(self, items):
        before = extractor().fit_transform(items)
        items["promoted"] = 1 - items["promoted"]
        items["unrelated"] = "now all alike"
        np.testing.assert_array_equal(extractor().fit_transform(items), before)

    def test_a_policy_column_may_be_absent_if_it_does_not_enter(self, items):
        extractor().fit(items.drop(columns=["promoted", "unrelated"]))

    def test_must_be_declared(self, items):
        with pytest.raises(InputError, match=r"include_policy names \['unrelated'\]"):
            extractor(include_policy=["unrelated"]).fit(items)
        with pytest.raises(InputError, match=r"\['color'\] are declared both"):
            extractor(policy=["color"]).fit(items)


class TestNumbers:
    def test_are_cut_at_their_quantiles(self):
        table = pd.DataFrame({"price": np.arange(100.0)})
        onehot = OneHotMetadata(["price"], n_bins=4)
        np.testing.assert_array_equal(onehot.fit_transform(table).sum(axis=0), [25, 25, 25, 25])
        assert onehot.get_feature_names_out()[0] == "price=[-inf, 24.75)"

    def test_few_values_have_a_band_each(self):
        coding = learn_coding(pd.Series([0, 0, 0, 0, 1, 2, 2], name="stars"), 10, 1, 50)
        assert len(coding) == 3
        np.testing.assert_array_equal(coding.encode(pd.Series([0, 1, 2]))[:, :], np.eye(3))

    def test_a_heap_at_the_lowest_value_is_told_from_the_rest(self):
        values = pd.Series([0.0] * 980 + list(range(1, 21)), name="sales")
        coding = learn_coding(values, 10, 1, 50)
        np.testing.assert_array_equal(coding.encode(values).sum(axis=0), [980, 20])

    def test_beyond_what_fit_saw_fall_into_the_outer_bands(self):
        coding = learn_coding(pd.Series(np.arange(100.0), name="price"), 4, 1, 50)
        hot = coding.encode(pd.Series([-5.0, 1e9, np.nan]))
        assert hot[0, 0] == hot[1, -1] == 1
        assert not hot[2].any()

    def test_of_pandas_with_missing_values(self, items):
        items["price"] = items["price"].astype("Float64")
        assert not extractor().fit_transform(items)[3].any()

    def test_infinity_names_column_and_row(self, items):
        items.loc[2, "price"] = np.inf
        with pytest.raises(InputError, match="column 'price': row 2 is infinite"):
            extractor().fit(items)

    def test_words_where_fit_saw_numbers(self, items):
        onehot = extractor().fit(items)
        items["price"] = ["one", "two", "three", None]
        with pytest.raises(InputError, match="'price' held numbers in fit, but not now"):
            onehot.transform(items)


class TestRareCategories:
    def test_are_pooled(self):
        table = pd.DataFrame({"brand": ["a"] * 5 + ["b"] * 5 + ["c", "d"]})
        onehot = OneHotMetadata(["brand"], min_frequency=5)
        values = onehot.fit_transform(table)
        assert onehot.get_feature_names_out().tolist() == ["brand=a", "brand=b", "brand=other"]
        np.testing.assert_array_equal(values.sum(axis=0), [5, 5, 2])

    def test_only_the_most_frequent_are_kept_whatever_the_order_of_rows(self):
        table = pd.DataFrame({"brand": list("cccbbaadd")})
        for frame in (table, table[::-1]):
            onehot = OneHotMetadata(["brand"], min_frequency=1, max_categories=2).fit(frame)
            assert onehot.get_feature_names_out().tolist() == ["brand=a", "brand=c", "brand=other"]


class TestUnseenCategories:
    def test_give_zeros_and_are_counted(self, items):
        onehot = extractor(content=["color"]).fit(items)
        new = pd.DataFrame({"color": ["green", "red", "pink", None]})
        with pytest.warns(UserWarning, match=r"did not see get zeros.*\{'color': 2\}"):
            block = onehot.block(new)
        assert block.present.tolist() == [True, True, True, False]
        assert block.values.sum(axis=1).tolist() == [0, 1, 0, 0]
        assert onehot.count_unseen(new) == {"color": 2}

    def test_do_not_fall_into_the_pool(self):
        onehot = OneHotMetadata(["brand"], min_frequency=2)
        onehot.fit(pd.DataFrame({"brand": ["a", "a", "b"]}))
        with pytest.warns(UserWarning, match="did not see"):
            assert not onehot.transform(pd.DataFrame({"brand": ["new"]})).any()
        assert onehot.count_unseen(pd.DataFrame({"brand": ["b"]})) == {"brand": 0}
        assert onehot.transform(pd.DataFrame({"brand": ["b"]})).tolist() == [[0, 1]]

    def test_none_of_them_no_warning(self, items):
        onehot = extractor().fit(items)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            onehot.transform(items)


class TestColumnsThatSayNothing:
    def test_are_left_out_with_a_warning(self, items):
        items["season"] = "summer"
        with pytest.warns(UserWarning, match=r"\['season'\] are left out"):
            onehot = extractor(content=["season", "color"]).fit(items)
        assert onehot.columns_ == ("color",)
        assert onehot.constant_columns_ == ("season",)

    def test_of_numbers_too(self, items):
        items["size"] = 3.0
        with pytest.warns(UserWarning, match=r"\['size'\] are left out"):
            extractor(content=["size", "color"]).fit(items)

    def test_are_an_error_if_there_is_no_other(self, items):
        with pytest.raises(InputError, match=r"in one category each.*\['color'\]"):
            extractor(content=["color"], min_frequency=5).fit(items)


class TestBadDeclarations:
    def test_nothing_declared(self, items):
        with pytest.raises(InputError, match="no column is declared"):
            OneHotMetadata().fit(items)

    def test_absent_column(self, items):
        with pytest.raises(InputError, match=r"lacks the declared columns \['size'\]"):
            extractor(content=["size"]).fit(items)
        onehot = extractor().fit(items)
        with pytest.raises(InputError, match=r"lacks the declared columns \['price'\]"):
            onehot.transform(items.drop(columns="price"))

    def test_no_value_at_all(self, items):
        items["color"] = None
        with pytest.raises(InputError, match="no item has a value in any of the columns"):
            extractor(content=["color"]).fit(items)


def test_other_columns_may_come_and_go(items):
    onehot = extractor().fit(items)
    again = items[["promoted", "price", "color"]].assign(more=1)
    np.testing.assert_array_equal(onehot.transform(again), onehot.transform(items))
