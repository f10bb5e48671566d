import json

import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.data.describe import describe
from mmnotes.data.embedding import Embedding
from mmnotes.data.preparing.parts import Parts
from mmnotes.data.preparing.writer import write_dataset
from mmnotes.data.raw.tally import Tally
from mmnotes.data.record import Record, read_record


@pytest.fixture
def found(tmp_path):
    tally = Tally()
    tally.drop("no user", "f line 3", 2)
    taken = {"user": [0, 0, 1], "item": [0, 1, 0], "rating": [5.0, np.nan, 5.0]}
    taken |= {"timestamp": [0, 86_400, 0], "split": ["train", "val", "test"]}
    items = {"item": [0, 1, 2], "id": list("abc"), "title": ["x", "", None], "tags": [[], [1], []]}
    parts = Parts(
        tables={"interactions": pd.DataFrame(taken), "items": pd.DataFrame(items)},
        tally=tally,
        vectors={"v": np.array([[3, 4], [0, 0], [0, 2]], np.float32)},
        archives={
            "g": {
                "neighbors": np.array([[0], [0], [2]], np.int32),
                "cosine": np.array([[1], [np.nan], [1]], np.float32),
            }
        },
        embeddings={"image": "v"},
        graphs={"image": "g"},
        made_by={"image": Embedding(model="eye")},
    )
    record = write_dataset(tmp_path / "small", parts, Record(name="small", licence="free"))
    loaded = data.load(tmp_path / "small")
    assert read_record(loaded.path) == record
    return describe(loaded, record)


def test_in_numbers(found):
    assert found["items"] == {"n": 3, "known": {"id": 3, "title": 1, "tags": 3}}
    assert found["interactions"] == {
        "rows": 3,
        "users": 2,
        "items taken": 2,
        "density": 0.5,
        "rows a user": {"least": 1, "median": 1.5, "mean": 1.5, "most": 2},
        "rows an item": {"least": 0, "median": 1.0, "mean": 1.0, "most": 2},
        "split": {"test": 1, "train": 1, "valid": 1},
        "ratings": {"5.0": 2, "unknown": 1},
        "times": {
            "first": "1970-01-01T00:00:00+00:00",
            "last": "1970-01-02T00:00:00+00:00",
            "instants": 2,
        },
    }
    image = found["embeddings"]["image"]
    assert {k: image[k] for k in ("width", "zero rows", "median length", "model")} == {
        "width": 2,
        "zero rows": 1,
        "median length": 3.5,
        "model": "eye",
    }
    assert found["graphs"]["image"] == {
        "k": 1,
        "items among their own neighbours": 2,
        "cosines unknown": 1,
    }
    assert found["dropped"] == {"no user": {"n": 2, "first": "f line 3"}}


def test_json_can_hold_it_and_nothing_empty_is_told(found):
    json.dumps(found, allow_nan=False)
    assert "about" not in found
    assert "logs" not in found


@pytest.mark.real
@pytest.mark.parametrize("name", ["coat", "open_bandit", "flickr8k", "apparel"])
def test_the_real_ones(request, name):
    loaded = request.getfixturevalue(name)
    told = describe(loaded, read_record(loaded.path))
    json.dumps(told, allow_nan=False)
    assert told["items"]["n"] == len(loaded)
    if name == "open_bandit":
        assert told["logs"]["random_men"] == {"rounds": 10_000, "actions": 34, "rewards": 46.0}
