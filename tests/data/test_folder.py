from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.data.embedding import Embedding
from mmnotes.data.record import StoredFile, read_record, write_record
from mmnotes.errors import InputError

NAME = "amazon-baby"
ITEMS = pd.DataFrame(
    {
        "item": [0, 1, 2],
        "asin": ["A", "B", "C"],
        "image_url": ["u", None, "v"],
        "title": ["Bottle", None, "Cot"],
        "description": [None, None, "Sleeps"],
    }
)
TAKEN = pd.DataFrame(
    {
        "user": [0, 0, 1, 3, 3],
        "item": [0, 2, 2, 1, 0],
        "split": ["train", "val", "train", "train", "test"],
        "rating": [5.0, np.nan, 1.0, np.nan, 3.0],
    }
)
GRAPH = {
    "neighbors": np.array([[0, 2], [1, 0], [2, 0]], np.int32),
    "cosine": np.array([[1, 0.5], [np.nan, np.nan], [1, 0.5]], np.float32),
}


@pytest.fixture
def shelf(tmp_path):
    """A data folder with a small set in the format of Amazon Baby; user 2 took nothing."""
    folder = tmp_path / NAME
    folder.mkdir()
    ITEMS.to_parquet(folder / "items.parquet")
    TAKEN.to_parquet(folder / "interactions.parquet")
    np.save(folder / "text_minilm.npy", np.diag([1, 0, 1]).astype(np.float16))
    np.savez(folder / "image_knn10.npz", **GRAPH)
    np.savez(folder / "text_knn10.npz", **GRAPH)
    return tmp_path


def test_what_is_read(shelf):
    small = data.load(NAME, shelf)
    taken = small.interactions
    assert (taken.n_users, taken.n_items, len(taken)) == (4, 3, 5)
    assert taken.split.tolist() == ["train", "valid", "train", "train", "test"]
    np.testing.assert_array_equal(taken.rating, [5, np.nan, 1, np.nan, 3])
    assert taken.part("valid").item.tolist() == [2]
    assert small.catalog.titles.tolist() == ["Bottle", "", "Cot"]
    assert small.catalog.items["description"].tolist() == ["", "", "Sleeps"]
    assert small.catalog.items["asin"].tolist() == ["A", "B", "C"]
    np.testing.assert_array_equal(small.embeddings["minilm"], np.diag([1.0, 0, 1]))
    assert small.embeddings["minilm"].dtype == np.float32
    np.testing.assert_array_equal(small.graphs["image"].index, GRAPH["neighbors"])
    np.testing.assert_array_equal(small.graphs["text"].cosine, GRAPH["cosine"])
    assert small.notes == {
        "interactions": 5,
        "users": 4,
        "items": 3,
        "train": 3,
        "valid": 1,
        "test": 1,
        "ratings_unknown": 2,
        "items_without_title": 1,
        "items_without_description": 2,
        "items_without_image_url": 1,
        "items_without_minilm_vector": 1,
        "image_cosines_unknown": 2,
        "text_cosines_unknown": 2,
    }


def test_columns_that_need_not_be_there(shelf):
    TAKEN[["user", "item"]].to_parquet(shelf / NAME / "interactions.parquet")
    ITEMS[["item"]].to_parquet(shelf / NAME / "items.parquet")
    small = data.load(NAME, shelf)
    taken = small.interactions
    assert (taken.split, taken.rating, taken.timestamp, taken.order) == (None,) * 4
    assert small.catalog.titles.tolist() == [""] * 3


def test_times_and_places(shelf):
    more = {"timestamp": [5, 4, 3, 2, 1], "position_in_user_history": [1, 0, 0, 1, 0]}
    TAKEN.assign(**more).to_parquet(shelf / NAME / "interactions.parquet")
    taken = data.load(NAME, shelf).interactions
    assert taken.timestamp.tolist() == [5, 4, 3, 2, 1]
    assert taken.order.tolist() == [1, 0, 0, 1, 0]


def test_items_under_other_numbers(shelf):
    ITEMS.assign(item=[7, 3, 5]).to_parquet(shelf / NAME / "items.parquet")
    TAKEN.assign(item=[7, 5, 5, 3, 7]).to_parquet(shelf / NAME / "interactions.parquet")
    small = data.load(NAME, shelf)
    np.testing.assert_array_equal(small.interactions.item, TAKEN["item"])
    assert small.catalog.items["item"].tolist() == [7, 3, 5]


class TestUsers:
    def write(self, shelf, **columns):
        pd.DataFrame(columns).to_parquet(shelf / NAME / "users.parquet")
        record = read_record(shelf / NAME)
        files = (*record.files, StoredFile("users.parquet"))
        write_record(shelf / NAME, replace(record, files=files))

    def test_those_listed_count(self, shelf):
        self.write(shelf, user=range(6), id=list("abcdef"))
        assert data.load(NAME, shelf).interactions.n_users == 6

    @pytest.mark.parametrize(
        ("user", "id", "said"),
        [
            ([0, 2, 1, 3], list("abcd"), r"users\.parquet: row 1 is not where its user number"),
            ([0, 1, 2, 3], list("abca"), r"users\.parquet: row 3 repeats an id"),
            ([0, 1], list("ab"), r"interactions\.parquet: row 3 has a number out of 0 … 1"),
        ],
    )
    def test_that_do_not_fit(self, shelf, user, id, said):
        self.write(shelf, user=user, id=id)
        with pytest.raises(InputError, match=said):
            data.load(NAME, shelf)

    def test_numbered_from_one(self, shelf):
        record = replace(read_record(shelf / NAME), options={"first_user": 1})
        write_record(shelf / NAME, record)
        TAKEN.assign(user=TAKEN["user"] + 1).to_parquet(shelf / NAME / "interactions.parquet")
        taken = data.load(NAME, shelf).interactions
        assert taken.n_users == 4
        np.testing.assert_array_equal(taken.user, TAKEN["user"])
        write_record(shelf / NAME, replace(record, options={"first_user": "1"}))
        with pytest.raises(InputError, match="option first_user is '1'"):
            data.load(NAME, shelf)


def test_vectors_that_were_changed(shelf):
    vectors = np.load(shelf / NAME / "text_minilm.npy")
    record = read_record(shelf / NAME)
    entry = {"file": "text_minilm.npy", **Embedding(model="m").of(vectors).table()}
    write_record(shelf / NAME, replace(record, embeddings={"minilm": entry}))
    data.load(NAME, shelf)
    np.save(shelf / NAME / "text_minilm.npy", vectors * 2)
    with pytest.raises(InputError, match=r"text_minilm\.npy: the vectors are not those"):
        data.load(NAME, shelf)


def test_the_real_sports(sports):
    taken = sports.interactions
    assert (taken.n_users, taken.n_items, len(taken)) == (35_598, 18_357, 296_337)
    rows = pd.DataFrame({"user": taken.user, "order": taken.order}).sort_values(["user", "order"])
    assert (rows.groupby("user").cumcount() == rows["order"]).all()


def test_the_real_grocery(grocery):
    taken = grocery.interactions
    assert (taken.n_users, taken.n_items, len(taken)) == (14_681, 8_713, 121_892)
    assert (np.bincount(taken.user) > 0).all()
    assert np.isfinite(taken.timestamp).all()


def test_the_real_one(baby):
    taken = baby.interactions
    assert (taken.n_users, taken.n_items, len(taken)) == (19_445, 7_050, 160_792)
    sizes = {part: len(taken.part(part)) for part in ("train", "valid", "test")}
    assert sizes == {"train": 118_551, "valid": 20_559, "test": 21_682}
    assert len(baby) == 7_050
    assert baby.notes["items_without_title"] == 7_050 - 3_416
    assert baby.notes["items_without_minilm_vector"] == 3_634
    for name, items in (("image", 53), ("text", 14)):
        graph = baby.graphs[name]
        assert graph.k == 10
        assert np.isnan(graph.cosine).any(axis=1).sum() == items
        own = graph.index == np.arange(7_050)[:, None]
        assert own.any(axis=1).mean() > 0.99


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("items", {"asin": ["A", None, "C"]}, "row 1 has no asin"),
        ("items", {"asin": ["A", "B", "A"]}, "row 2 repeats an asin"),
        ("items", {"item": [0, 2, 2]}, "row 2 repeats an item number, and 1 rows"),
        ("items", {"price": ["1", "2", "a lot"]}, "column 'price' must hold numbers"),
        ("items", {"item": ["0", "1", "2"]}, "column 'item' holds .*, not whole numbers"),
        ("interactions", {"user": -1}, "row 0 has a number out of 0 … .* in column 'user'"),
        ("interactions", {"item": 3}, r"row 0 has an item that items\.parquet lacks, and 5 rows"),
        ("interactions", {"item": 0.0}, "column 'item' holds float64"),
        ("interactions", {"user": 0, "item": 0}, "row 1 repeats a user and item, and 4 rows"),
        ("interactions", {"split": "dev"}, "row 0 has a split other than train, val, valid, test"),
        ("interactions", {"split": None}, "row 0 has a split other than"),
        ("interactions", {"rating": np.inf}, "row 0 has an infinite rating"),
        ("interactions", {"timestamp": -np.inf}, "row 0 has an infinite timestamp"),
        ("interactions", {"position_in_user_history": 0.5}, "column 'position.*' holds float64"),
        ("interactions", {"rating": "good"}, "column 'rating' must hold numbers"),
    ],
)
def test_tables_that_cannot_be(shelf, file, change, said):
    path = shelf / NAME / f"{file}.parquet"
    pd.read_parquet(path).assign(**change).to_parquet(path)
    with pytest.raises(InputError, match=rf"{file}\.parquet: {said}"):
        data.load(NAME, shelf)


@pytest.mark.parametrize("column", ["user", "item"])
def test_a_missing_column(shelf, column):
    path = shelf / NAME / "interactions.parquet"
    TAKEN.drop(columns=column).to_parquet(path)
    with pytest.raises(InputError, match=rf"interactions\.parquet: columns \['{column}'\]"):
        data.load(NAME, shelf)


def test_no_interaction(shelf):
    TAKEN.iloc[:0].to_parquet(shelf / NAME / "interactions.parquet")
    with pytest.raises(InputError, match=r"interactions\.parquet: holds no interaction"):
        data.load(NAME, shelf)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"neighbors": GRAPH["neighbors"] + 1}, "item ids run from 1 to 3"),
        ({"neighbors": GRAPH["neighbors"] * 1.0}, "whole numbers, not float64"),
        ({"cosine": np.ones((3, 3))}, r"\(3, 2\) and \(3, 3\)"),
        ({"cosine": np.full((3, 2), "near")}, "could not convert"),
        ({k: v[:2] * 0 for k, v in GRAPH.items()}, r"2 rows, but items\.parquet has 3"),
    ],
)
def test_graphs_that_cannot_be(shelf, change, said):
    np.savez(shelf / NAME / "text_knn10.npz", **{**GRAPH, **change})
    with pytest.raises(InputError, match=rf"text_knn10\.npz: .*{said}"):
        data.load(NAME, shelf)


@pytest.mark.parametrize("part", ["graphs", "interactions"])
def test_parts_of_another_number_of_items(shelf, part):
    small = data.load(NAME, shelf)
    changed = {
        "graphs": {"text": data.Neighbors(np.zeros((2, 1), int), np.ones((2, 1)))},
        "interactions": data.Interactions(np.array([0]), np.array([0]), 1, 2),
    }
    with pytest.raises(InputError, match=f"3 items but 2 rows in the {part[:5]}"):
        replace(small, **{part: changed[part]})
