import importlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.data.record import Record, StoredFile, read_record, write_record
from mmnotes.errors import DataNotFound, InputError

NAME = "amazon-apparel"


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("MMNOTES_DATA", raising=False)


class TestAtHand:
    def test_what_is_there(self, shelf, tmp_path):
        assert data.at_hand(NAME, shelf)
        assert data.available(shelf) == [NAME]
        assert not data.at_hand(NAME, tmp_path)
        assert data.available(tmp_path) == []

    def test_unknown_name_with_a_hint(self, shelf):
        with pytest.raises(InputError, match="did you mean 'amazon-apparel'"):
            data.at_hand("amazon-aparel", shelf)
        with pytest.raises(InputError, match="choose one of"):
            data.load("movielens", shelf)

    def test_not_at_hand_says_where_it_was_looked_for(self, tmp_path):
        with pytest.raises(DataNotFound, match=f"{tmp_path}.*Set MMNOTES_DATA"):
            data.load(NAME, tmp_path)


class TestOwnFolder:
    @pytest.fixture
    def own(self, tmp_path):
        folder = tmp_path / "own"
        folder.mkdir()
        pd.DataFrame({"item": [0, 1], "id": ["x", "y"]}).to_parquet(folder / "items.parquet")
        record = Record(name="mine", files=(StoredFile("items.parquet"),))
        write_record(folder, record)
        return folder

    def test_by_path_and_by_name(self, own):
        for given in (own, str(own), f"{own}/"):
            assert data.load(given).name == "mine"
        assert data.load("own", own.parent).path == own
        assert data.at_hand("own", own.parent)
        assert data.available(own.parent) == ["own"]

    def test_is_not_there(self, tmp_path):
        with pytest.raises(DataNotFound, match=r"gone is no folder; correct the path"):
            data.load(tmp_path / "gone")

    def test_fingerprint_is_of_the_data(self, own):
        before = data.fingerprint(own)
        write_record(own, replace(read_record(own), date="2026-02-03"))
        assert data.fingerprint(own) == before
        (own / "items.parquet").write_bytes(b"other")
        assert data.fingerprint(own) != before

    def test_a_record_does_not_choose_what_is_imported(self, own):
        write_record(own, replace(read_record(own), reader="raw.pickles"))
        with pytest.raises(InputError, match=r"field 'reader' is 'raw\.pickles'; choose one of"):
            data.load(own)


class TestApparel:
    def test_keeps_rows_with_a_photo_and_counts_the_rest(self, shelf):
        apparel = data.load(NAME, shelf)
        assert apparel.catalog.items["asin"].tolist() == ["A1", "A2", "A3"]
        assert apparel.notes == {
            "rows": 5,
            "duplicate_rows": 1,
            "rows_without_photo": 1,
            "photos": 4,
            "photos_without_row": 1,
            "prices_unknown": 1,
            "kept": 3,
        }
        assert len(apparel) == len(apparel.catalog.images) == 3
        assert apparel.interactions is None

    def test_keeps_all_rows_if_asked(self, shelf):
        apparel = data.load(NAME, shelf, joined=False)
        assert apparel.catalog.items["asin"].tolist() == ["A1", "A4", "A2", "A3"]
        assert apparel.catalog.images.rgb(4)[1].tolist() == [True, False, True, True]
        assert apparel.notes["kept"] == 4

    def test_columns(self, shelf):
        catalog = data.load(NAME, shelf).catalog
        assert catalog.content == ("brand", "color", "product_type", "price")
        assert catalog.policy == ()
        np.testing.assert_array_equal(catalog.items["price"], [1299.0, np.nan, 3.5])
        assert catalog.items["price"].dtype == np.float64
        assert catalog.titles.tolist() == ["red shirt", "blue shirt", ""]

    def test_vectors_follow_their_rows(self, shelf):
        vectors = data.load(NAME, shelf).embeddings["minilm"]
        np.testing.assert_array_equal(vectors, np.eye(5, 3, dtype=np.float32)[[0, 2, 4]])
        assert vectors.dtype == np.float32

    def test_fingerprint_changes_with_any_byte_and_any_name(self, shelf):
        before = data.load(NAME, shelf).fingerprint
        assert before == data.fingerprint(NAME, shelf)
        assert len(before) == 64
        extra = shelf / NAME / "extra.txt"
        extra.write_text("a")
        with_a = data.fingerprint(NAME, shelf)
        extra.rename(shelf / NAME / "extrb.txt")
        assert len({before, with_a, data.fingerprint(NAME, shelf)}) == 3

    def test_the_real_one(self, apparel):
        assert apparel.notes == {
            "rows": 16_042,
            "duplicate_rows": 0,
            "rows_without_photo": 24,
            "photos": 16_028,
            "photos_without_row": 10,
            "prices_unknown": 2,
            "kept": 16_018,
        }
        assert apparel.embeddings["minilm"].shape == (16_018, 384)
        assert apparel.catalog.images.select(np.arange(3)).grey(8)[1].all()


class TestBadFolders:
    def break_and_load(self, shelf, file, content):
        (shelf / NAME / file).write_bytes(content)
        return data.load(NAME, shelf)

    @pytest.mark.parametrize("file", ["items.parquet", "images_96px.zip", "text_minilm.npy"])
    def test_missing_file(self, shelf, file):
        (shelf / NAME / file).unlink()
        with pytest.raises(InputError, match=f"lacks {file}"):
            data.load(NAME, shelf)

    @pytest.mark.parametrize("file", ["items.parquet", "images_96px.zip", "text_minilm.npy"])
    @pytest.mark.parametrize("keep", [0, 0.6])
    def test_truncated_file(self, shelf, file, keep):
        whole = (shelf / NAME / file).read_bytes()
        with pytest.raises(InputError, match=f"{file}: not a whole"):
            self.break_and_load(shelf, file, whole[: int(keep * len(whole))])

    def test_pickle_in_place_of_an_array(self, shelf):
        objects = np.array([{}] * 5, dtype=object)
        np.save(shelf / NAME / "text_minilm.npy", objects, allow_pickle=True)
        with pytest.raises(InputError, match=r"text_minilm\.npy: not a whole array"):
            data.load(NAME, shelf)

    def test_missing_column(self, shelf):
        file = shelf / NAME / "items.parquet"
        pd.read_parquet(file).drop(columns="color").to_parquet(file)
        with pytest.raises(InputError, match=r"items\.parquet: columns \['color'\] are missing"):
            data.load(NAME, shelf)

    def test_row_without_an_asin(self, shelf):
        file = shelf / NAME / "items.parquet"
        pd.read_parquet(file).replace({"asin": {"A3": None}}).to_parquet(file)
        with pytest.raises(InputError, match=r"items\.parquet: row 4 has no asin"):
            data.load(NAME, shelf)

    def test_vectors_of_another_length(self, shelf):
        np.save(shelf / NAME / "text_minilm.npy", np.eye(4, 3))
        with pytest.raises(InputError, match=r"text_minilm\.npy: shape \(4, 3\).* has 5 rows"):
            data.load(NAME, shelf)

    def test_nan_in_vectors(self, shelf):
        vectors = np.eye(5, 3)
        vectors[3, 1] = np.nan
        np.save(shelf / NAME / "text_minilm.npy", vectors)
        with pytest.raises(InputError, match=r"text_minilm\.npy: row 3 holds NaN"):
            data.load(NAME, shelf)

    def test_without_pyarrow(self, shelf, monkeypatch):
        def no_engine(*_):
            raise ImportError("no engine")

        monkeypatch.setattr(pd, "read_parquet", no_engine)
        with pytest.raises(InputError, match=r"pip install 'mmnotes\[data\]'"):
            data.load(NAME, shelf)

    def test_embedding_of_another_length(self, shelf):
        apparel = data.load(NAME, shelf)
        with pytest.raises(InputError, match="3 items but 2 rows in the embedding 'minilm'"):
            replace(apparel, embeddings={"minilm": np.eye(2)})


def test_importing_the_room_is_cheap():
    code = (
        "import sys, mmnotes.data, mmnotes.features, mmnotes.recommenders; "
        "print([m for m in ('torch', 'pandas', 'sklearn', 'PIL') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["data", "features", "recommenders"])
def test_every_public_name_can_be_had(room):
    if room == "recommenders":
        pytest.importorskip("torch")
    module = importlib.import_module(f"mmnotes.{room}")
    assert dir(module) == sorted(module.__all__)
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing  # noqa: B018
