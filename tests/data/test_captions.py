import pandas as pd
import pytest

from mmnotes import data
from mmnotes.errors import InputError

NAME = "flickr8k-captions"
CAPTIONS = pd.DataFrame(
    {
        "image": ["b.jpg", "b.jpg", "a.jpg", "c.jpg"],
        "k": [0, 1, 0, 0],
        "caption": ["A dog", "A dog runs", "A cat", "Nothing"],
        "split": ["train", "train", "dev", None],
    }
)


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / NAME).mkdir()
    CAPTIONS.to_parquet(tmp_path / NAME / "captions.parquet")
    return tmp_path


def test_what_is_read(shelf):
    small = data.load(NAME, shelf)
    assert small.catalog.name == NAME
    assert small.catalog.items["image"].tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    assert small.catalog.items["split"].tolist() == ["valid", "train", ""]
    images = small.catalog.items["image"].to_numpy()[small.arrays["item"]]
    assert images.tolist() == CAPTIONS["image"].tolist()
    assert small.arrays["caption"].tolist() == CAPTIONS["caption"].tolist()
    assert small.arrays["k"].tolist() == [0, 1, 0, 0]
    assert small.interactions is None
    assert small.notes == {
        "images": 3,
        "captions": 4,
        "train": 1,
        "valid": 1,
        "test": 0,
        "images_out_of_the_split": 1,
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": ["b.jpg", "b.jpg", None, "c.jpg"]}, "row 2 names no image"),
        ({"caption": ["A dog", "", "A cat", "Nothing"]}, "row 1 has no caption"),
        ({"k": 0}, "row 1 repeats an image and k"),
        ({"k": [0.0, 1, 0, 0]}, "column 'k' holds float64"),
        ({"split": "later"}, "row 0 has a split other than train, dev"),
        ({"split": ["train", "test", "dev", None]}, "row 1 has another split than its image"),
    ],
)
def test_tables_that_cannot_be(shelf, change, said):
    CAPTIONS.assign(**change).to_parquet(shelf / NAME / "captions.parquet")
    with pytest.raises(InputError, match=rf"captions\.parquet: {said}"):
        data.load(NAME, shelf)


def test_the_real_one(flickr8k):
    assert flickr8k.notes == {
        "images": 8_092,
        "captions": 40_460,
        "train": 6_000,
        "valid": 1_000,
        "test": 1_000,
        "images_out_of_the_split": 92,
    }
