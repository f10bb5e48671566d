"""From raw files to a dataset, in one call."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.data import registry
from mmnotes.data.options import FOLDER_FORMATS, Options
from mmnotes.data.preparing.prepare import RawFolder, prepare, prepare_known
from mmnotes.data.preparing.reviews import RawFiles
from mmnotes.data.record import file_sha256, read_record
from mmnotes.data.split_checks import PROMISES, check_split
from mmnotes.errors import DataNotFound, InputError

REVIEWS = "user,item,rating,timestamp\n" + "".join(
    f"u{u:02},i{i},{1 + (u + i) % 5},{100 * u + 7 * i}\n"
    for u in range(30)
    for i in range(12)
    if (u * i) % 3 < 2
)


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(REVIEWS)
    return RawFiles("table", file)


@pytest.fixture
def mmrec(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    rows = ["userID\titemID\tx_label", *(f"{u}\t{i}\t{i}" for u in range(10) for i in range(3))]
    (folder / "tiny.inter").write_text("\n".join(rows) + "\n")
    np.save(folder / "image_feat.npy", np.eye(3, dtype=np.float32))
    (folder / "notes.md").touch()
    return RawFolder("mmrec", folder)


@pytest.fixture(scope="session")
def cards():
    """The real gift cards, raw."""
    folder = Path(os.environ.get("MMNOTES_DATA", "")) / "amazon-gift-cards-2018"
    if not os.environ.get("MMNOTES_DATA") or not folder.is_dir():
        pytest.skip("amazon-gift-cards-2018 is not at hand: set MMNOTES_DATA")
    meta = folder / "meta_Gift_Cards.json.gz"
    return RawFiles("amazon-2018", folder / "Gift_Cards_5.json.gz", meta)


def test_the_real_gift_cards(cards, tmp_path):
    record = prepare(tmp_path / "cards", cards)
    counts = record.counts
    assert counts["reviews"] == 2_972
    assert (counts["users"], counts["items"], counts["interactions"]) == (458, 148, 2_965)
    assert (counts["items with metadata"], counts["items with image_url"]) == (148, 116)
    assert {drop.why: drop.n for drop in record.dropped} == {
        "a later review of the same item by the same user": 7,
        "metadata of an item that nobody took": 1_547 - 148,
    }
    small = data.load(tmp_path / "cards")
    taken = small.interactions
    assert (taken.n_users, taken.n_items, len(taken)) == (458, 148, 2_965)
    assert small.notes["items_without_image_url"] == 148 - 116
    assert (small.catalog.titles != "").all()
    raw = pd.read_json(cards.reviews, lines=True)
    first = raw.sort_values("unixReviewTime", kind="stable").drop_duplicates(["reviewerID", "asin"])
    assert taken.timestamp.sum() == first["unixReviewTime"].sum()
    assert taken.rating.sum() == first["overall"].sum()
    sources = {entry.file: entry.sha256 for entry in record.sources}
    assert sources[cards.reviews.name] == file_sha256(cards.reviews)


def test_a_table_is_kept_whole(table, tmp_path):
    record = prepare(tmp_path / "mine", table, Options())
    assert (record.name, record.format) == ("mine", "table")
    assert record.options == {"k_core": 1, "max_bad": 0}
    frame = pd.read_csv(table.reviews).sort_values(["user", "timestamp"])
    taken = data.load(tmp_path / "mine").interactions
    np.testing.assert_array_equal(taken.timestamp, frame["timestamp"])
    np.testing.assert_array_equal(taken.rating, frame["rating"])
    names = pd.read_parquet(tmp_path / "mine" / "items.parquet")["id"].to_numpy()
    assert names[taken.item].tolist() == frame["item"].tolist()


@pytest.mark.parametrize("how", PROMISES)
def test_splits(table, tmp_path, how):
    record = prepare(tmp_path / "mine", table, Options(split=how, seed=3))
    assert record.options["split"] == how
    assert record.options["seed"] == 3
    taken = data.load(tmp_path / "mine").interactions
    check_split(taken, how)
    parts = [record.counts[f"{how} split: {part}"] for part in ("train", "valid", "test")]
    assert parts == [(taken.split == part).sum() for part in ("train", "valid", "test")]
    stored = pd.read_parquet(tmp_path / "mine" / "interactions.parquet")["split"]
    assert set(stored) == {"train", "val", "test"}


def test_a_split_that_cannot_be_had(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("user,item\nu,i\nv,j\n")
    with pytest.raises(InputError, match="no timestamp"):
        prepare(tmp_path / "mine", RawFiles("table", file), Options(split="global-time"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"k_core": 0}, "k-core must be 1 or more, not 0"),
        ({"max_bad": -1}, "max-bad must be 0 or more, not -1"),
        ({"memory": 1}, "memory must be 128 or more, not 1"),
        ({"threads": 0}, "threads must be 1 or more, not 0"),
        ({"split": "by-luck"}, "no split is called 'by-luck'; choose from random"),
    ],
)
def test_options_that_cannot_be(options, said):
    with pytest.raises(InputError, match=said):
        Options(**options)


class TestFolder:
    def test_is_read_as_it_is(self, mmrec, tmp_path):
        record = prepare(tmp_path / "out", mmrec)
        assert [source.file for source in record.sources] == ["image_feat.npy", "tiny.inter"]
        small = data.load(tmp_path / "out")
        assert small.interactions.split.tolist() == ["train", "valid", "test"] * 10
        np.testing.assert_array_equal(small.embeddings["image"], np.eye(3))

    def test_may_be_split_anew(self, mmrec, tmp_path):
        prepare(tmp_path / "out", mmrec, Options(split="new-users", seed=1))
        check_split(data.load(tmp_path / "out").interactions, "new-users")

    @pytest.mark.parametrize("options", [{"k_core": 2}, {"max_bad": 1}])
    def test_has_no_use_for_options_of_reviews(self, mmrec, tmp_path, options):
        with pytest.raises(InputError, match="is read as it is: leave out k-core and max-bad"):
            prepare(tmp_path / "out", mmrec, Options(**options))
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("format", FOLDER_FORMATS)
    def test_that_holds_nothing(self, tmp_path, format):
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="empty"):
            prepare(tmp_path / "out", RawFolder(format, tmp_path / "empty"))
        assert not (tmp_path / "out").exists()


class TestKnown:
    NAME = "amazon-2018-gift-cards"

    @pytest.fixture
    def shelf(self, cards, tmp_path):
        for raw in registry.source(self.NAME).raw:
            target = registry.raw_folder(self.NAME, tmp_path) / raw.path
            target.parent.mkdir(parents=True)
            shutil.copy(cards.files()[target.name], target)
        return tmp_path

    def test_goes_where_it_is_looked_for(self, shelf):
        record = prepare_known(self.NAME, shelf, {"k_core": 2})
        assert record.licence
        assert record.options == {"k_core": 2, "max_bad": 0}
        assert record.sources[0].url == registry.source(self.NAME).raw[0].urls[0]
        assert data.load(self.NAME, shelf).interactions.n_users == 458

    def test_does_without_metadata(self, shelf):
        raw = registry.source(self.NAME).raw[1]
        assert raw.role == "meta"
        (registry.raw_folder(self.NAME, shelf) / raw.path).unlink()
        record = prepare_known(self.NAME, shelf)
        assert len(record.sources) == 1
        assert "metadata rows" not in record.counts

    def test_needs_its_raw_files(self, tmp_path):
        with pytest.raises(DataNotFound, match=r"lacks .*Gift_Cards_5.*mmnotes data fetch"):
            prepare_known(self.NAME, tmp_path)

    def test_has_an_address(self, tmp_path):
        with pytest.raises(DataNotFound, match="lacks raw files: no address is known"):
            prepare_known("amazon-apparel", tmp_path)

    def test_public_copies_are_those_of_the_registry(self, tmp_path):
        for raw in registry.source("amazon-grocery").raw:
            target = registry.raw_folder("amazon-grocery", tmp_path) / raw.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("something else")
        with pytest.raises(InputError, match=r"train\.csv is not the file that the registry knows"):
            prepare_known("amazon-grocery", tmp_path)

    @pytest.fixture
    def grocery_copies(self, tmp_path):
        originals = Path(os.environ.get("MMNOTES_DATA", "")) / "originals"
        if not os.environ.get("MMNOTES_DATA") or not originals.is_dir():
            pytest.skip("the originals are not at hand: set MMNOTES_DATA")
        for raw in registry.source("amazon-grocery").raw:
            target = registry.raw_folder("amazon-grocery", tmp_path) / raw.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(originals / raw.origin / raw.path, target)
        return tmp_path

    def test_public_copies_give_the_set_at_hand(self, grocery_copies, grocery):
        record = prepare_known("amazon-grocery", grocery_copies)
        assert record.options["first_user"] == 1
        made = data.load("amazon-grocery", grocery_copies)
        for name in ("user", "item", "timestamp"):
            np.testing.assert_array_equal(
                getattr(made.interactions, name), getattr(grocery.interactions, name)
            )
        assert (made.interactions.n_users, len(made)) == (
            grocery.interactions.n_users,
            len(grocery),
        )
        assert read_record(made.path).sources[0].sha256 == record.sources[0].sha256
