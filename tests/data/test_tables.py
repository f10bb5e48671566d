from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmnotes.data import ArrayImages, Catalog, Impressions, Interactions
from mmnotes.errors import InputError


@pytest.fixture
def items():
    table = {"title": ["a", None, "c"], "color": ["red", "blue", "red"], "promoted": [0, 1, 0]}
    return pd.DataFrame(table, index=[7, 8, 9])


def log(**changes):
    columns = {
        "impression": [0, 0, 1],
        "user": [0, 0, 1],
        "item": [0, 1, 2],
        "position": [1, 2, 1],
        "clicked": [True, False, False],
        "day": [0, 0, 1],
        "device": [0, 0, 1],
        **changes,
    }
    return Impressions(**{name: np.array(values) for name, values in columns.items()})


class TestCatalog:
    def test_titles_and_metadata(self, items):
        catalog = Catalog("toy", items, content=("color",), policy=("promoted",))
        assert catalog.titles.tolist() == ["a", "", "c"]
        assert list(catalog.metadata) == ["color", "promoted"]

    def test_selection_takes_pictures_along(self, items):
        pictures = ArrayImages(np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((4, 4), "u1"))
        chosen = Catalog("toy", items, pictures, ("color",)).select(np.array([2, 0]))
        assert chosen.titles.tolist() == ["c", "a"]
        assert chosen.images[0].getpixel((0, 0)) == 2
        assert chosen.items.index.tolist() == [0, 1]

    def test_bad_declarations(self, items):
        with pytest.raises(InputError, match="no column 'title'"):
            Catalog("toy", items.drop(columns="title"))
        with pytest.raises(InputError, match=r"lacks the declared columns \['size'\]"):
            Catalog("toy", items, content=("size",))
        with pytest.raises(InputError, match="both content and policy"):
            Catalog("toy", items, content=("color",), policy=("color",))

    def test_pictures_of_another_number(self, items):
        with pytest.raises(InputError, match="3 items but 2 images"):
            Catalog("toy", items, ArrayImages(np.zeros((2, 4, 4), np.uint8)))


class TestImpressions:
    def test_where(self):
        kept = log().where(np.array([False, True, True]))
        assert kept.item.tolist() == [1, 2]
        assert kept.n_impressions == 2

    def test_columns_of_unequal_length(self):
        with pytest.raises(InputError, match="Impressions: columns differ in length"):
            log(user=[0, 0])

    def test_a_slate_torn_apart(self):
        with pytest.raises(InputError, match="must lie together"):
            log(impression=[0, 1, 0])


class TestInteractions:
    def test_length(self):
        assert len(Interactions(np.array([0, 1]), np.array([1, 0]), 2, 2)) == 2

    def test_ids_out_of_range(self):
        with pytest.raises(InputError, match=r"item ids run from 0 to 5.*0 … 1"):
            Interactions(np.array([0, 1]), np.array([0, 5]), 2, 2)

    def test_columns_of_unequal_length(self):
        with pytest.raises(InputError, match="differ in length"):
            Interactions(np.array([0, 1]), np.array([0]), 2, 2)

    @pytest.mark.parametrize(
        ("ids", "said"),
        [
            ([-1, 0], "user ids run from -1 to 0"),
            ([0.0, 1.0], r"user ids must be .* whole numbers, not float64"),
            ([True, False], "whole numbers, not bool"),
            (np.array([2**63, 0], np.uint64), r"user ids run from 0 to 9223372036854775808"),
            ([[0], [1]], r"of shape \(2, 1\)"),
        ],
    )
    def test_ids_that_are_none(self, ids, said):
        with pytest.raises(InputError, match=said):
            Interactions(np.array(ids), np.array([0, 1]), 2, 2)

    def test_small_ids_are_widened_so_that_products_fit(self):
        rows = Interactions(
            np.array([60_000], np.uint16), np.array([60_000], np.int32), 2**17, 2**17
        )
        assert rows.user[0] * rows.n_items + rows.item[0] == 60_000 * 2**17 + 60_000

    def test_where_keeps_numbers_and_every_column(self):
        rows = Interactions(
            np.array([0, 1, 1]),
            np.array([3, 2, 0]),
            5,
            7,
            timestamp=np.array([1.0, 2.0, 3.0]),
            order=np.array([0, 1, 0]),
            split=np.array(["train", "test", "train"]),
        )
        kept = rows.where(rows.item > 0)
        assert (kept.user.tolist(), kept.item.tolist()) == ([0, 1], [3, 2])
        assert (kept.n_users, kept.n_items, kept.rating) == (5, 7, None)
        assert kept.timestamp.tolist() == [1.0, 2.0]
        assert kept.order.tolist() == [0, 1]
        train = rows.part("train")
        assert train.item.tolist() == [3, 0]
        assert set(train.split) == {"train"}

    @pytest.mark.parametrize("rows", [[0, 1], [True], [[True, False]]])
    def test_a_mask_that_is_none(self, rows):
        with pytest.raises(InputError, match=r"a mask of 2 rows must be \(2,\) bool"):
            Interactions(np.array([0, 1]), np.array([1, 0]), 2, 2).where(np.array(rows))

    def test_parts_that_are_not_there(self):
        rows = Interactions(np.array([0, 1]), np.array([1, 0]), 2, 2)
        with pytest.raises(InputError, match="have no split, so no part 'test'"):
            rows.part("test")
        parted = replace(rows, split=np.array(["train", "valid"]))
        with pytest.raises(
            InputError, match="no interaction is in part 'test'; there is train, valid"
        ):
            parted.part("test")


def test_every_user_before_every_item():
    rows = Impressions.all_pairs(3, 4, day=2, device=1)
    assert len(rows) == 12
    assert rows.n_impressions == 3
    assert {(u, i) for u, i in zip(rows.user, rows.item, strict=True)} == {
        (u, i) for u in range(3) for i in range(4)
    }
    np.testing.assert_array_equal(rows.user.reshape(3, 4), [[0] * 4, [1] * 4, [2] * 4])
    np.testing.assert_array_equal(rows.position.reshape(3, 4), [[1, 2, 3, 4]] * 3)
    assert (rows.day == 2).all()
    assert (rows.device == 1).all()
    assert not rows.clicked.any()
