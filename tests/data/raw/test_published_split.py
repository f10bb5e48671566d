from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmnotes.data.raw.published_split import MAX_ID, Part, folder_parts, in_order, joined
from mmnotes.data.raw.tally import Dropped, Tally
from mmnotes.errors import InputError


def part(pairs, file="a.inter", first=2, **more):
    rows = pd.DataFrame(pairs, columns=["user", "item"]).assign(**more)
    rows.index += first
    return Part(rows, Path(file), "line")


class TestJoined:
    def test_by_user_and_item(self):
        tally = Tally()
        table = joined(
            {
                "train": part([(1, 2), (0, 3)], rating=[5.0, 4.0]),
                "test": part([(0, 1)], rating=1.0),
            },
            tally,
        )
        assert table.to_dict("list") == {
            "user": [0, 0, 1],
            "item": [1, 3, 2],
            "split": ["test", "train", "train"],
            "rating": [1.0, 4.0, 5.0],
        }
        assert tally.counts == {"interactions of train": 2, "interactions of test": 1}
        assert not tally.dropped

    def test_a_pair_stands_once(self):
        tally = Tally()
        table = joined(
            {
                "train": part([(0, 1), (0, 2), (0, 1)], "train.json"),
                "val": part([(0, 2)], "val.json"),
            },
            tally,
        )
        assert table["split"].tolist() == ["train", "train"]
        assert tally.dropped == {"the user has the item already": Dropped(2, "train.json line 4")}

    @pytest.mark.parametrize("number", [-1, MAX_ID + 1])
    @pytest.mark.parametrize("column", ["user", "item"])
    def test_ids(self, column, number):
        rows = part([(0, 1), (0, 2)])
        rows.rows.loc[3, column] = number
        with pytest.raises(InputError, match=rf"a\.inter: line 3 has a {column} out of 0 … "):
            joined({"train": rows}, Tally())

    def test_none_at_all(self):
        with pytest.raises(InputError, match=r"a\.inter: no interaction is there"):
            joined({"train": part([])}, Tally())


class TestFolder:
    TAKEN = pd.DataFrame({"user": [0, 1], "item": [2, 0]})

    def test_features_beside(self, tmp_path):
        np.save(tmp_path / "text_feat.npy", np.eye(3, dtype=np.float32))
        tally = Tally()
        parts = folder_parts(tmp_path, self.TAKEN, tally)
        assert parts.embeddings == {"text": "text_feat"}
        np.testing.assert_array_equal(parts.vectors["text_feat"], np.eye(3))
        assert parts.tables["items"]["item"].tolist() == [0, 1, 2]
        assert tally.counts == {
            "image vectors": 0,
            "text vectors": 3,
            "zero rows of text_feat.npy": 0,
            "items without an interaction": 1,
        }

    def test_more_items_than_were_taken(self, tmp_path):
        assert len(folder_parts(tmp_path, self.TAKEN, Tally(), n_items=9).tables["items"]) == 9

    @pytest.mark.parametrize("whose", ["items", "users"])
    def test_too_few_ids(self, tmp_path, whose):
        ids = pd.DataFrame({"id": ["a"]})
        with pytest.raises(InputError, match=f"1 {whose} have an id, but there are"):
            folder_parts(tmp_path, self.TAKEN, Tally(), **{whose: ids})

    def test_features_of_others(self, tmp_path):
        np.save(tmp_path / "image_feat.npy", np.eye(4))
        with pytest.raises(InputError, match=r"image_feat\.npy: shape \(4, 4\), but there are 3"):
            folder_parts(tmp_path, self.TAKEN, Tally())


class TestInOrder:
    def test_sorts(self):
        ids = in_order(Path("a"), pd.Series(["b", "c", "a"]), pd.Series([1, 2, 0]))
        assert ids.tolist() == ["a", "b", "c"]

    @pytest.mark.parametrize(
        ("ids", "numbers", "fault"),
        [
            (["a", ""], [0, 1], "line 3 has an empty id"),
            (["a", "a"], [0, 1], "line 3 has an id that comes twice"),
            (["a", "b"], [1, 1], "line 3 has a number that comes twice"),
            (["a", "b"], [0, 2], "line 3 has a number too high or below 0"),
            (["a", "b"], [-1, 0], "line 2 has a number too high or below 0"),
        ],
    )
    def test_refused(self, ids, numbers, fault):
        with pytest.raises(InputError, match=rf"a\.csv: {fault}, and 1 in all"):
            in_order(Path("a.csv"), pd.Series(ids, [2, 3]), pd.Series(numbers, [2, 3]))
