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
