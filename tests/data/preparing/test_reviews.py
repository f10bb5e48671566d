"""Reviews, metadata and image vectors of one dataset, joined."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from mmnotes.data.options import FILE_FORMATS, Options
from mmnotes.data.preparing.reviews import RawFiles, review_parts
from mmnotes.data.raw import source
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

A, B, C, D = (f"B00000000{letter}" for letter in "ABCD")  # an ASIN has ten characters


def lines(file, records):
    with gzip.open(file, "wt") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in records)
    return file


@pytest.fixture
def reviews(tmp_path):
    rows = [("u2", B, 2), ("u1", A, 1), ("u1", B, 3), ("u1", C, 2)]
    records = [
        {"reviewerID": user, "asin": item, "overall": 4.0, "unixReviewTime": time}
        for user, item, time in rows
    ]
    return lines(tmp_path / "reviews.json.gz", records)


@pytest.fixture
def meta(tmp_path):
    records = [
        {"asin": C, "title": "Third", "imageURL": ["https://x.org/c.jpg"]},
        {"asin": D, "title": "Nobody took it"},
        {"asin": A, "title": "First", "brand": "Acme"},
        {"asin": A, "title": "First again", "price": "$3.00"},
        {"asin": "B00000000E", "title": "Nor this"},
    ]
    return lines(tmp_path / "meta.json.gz", records)


def run(raw, tmp_path, **options):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    tally = Tally()
    parts = review_parts(raw, scratch, tally, Options(**options))
    return parts, {name: pd.read_parquet(file) for name, file in parts.tables.items()}, tally


def test_items_are_joined_to_their_metadata(reviews, meta, tmp_path):
    parts, tables, tally = run(RawFiles("amazon-2018", reviews, meta), tmp_path)
    items = tables["items"]
    assert items.columns.tolist() == ["item", "asin", "title", "brand", "image_url"]
    assert items["item"].tolist() == [0, 1, 2]
    assert items["asin"].tolist() == [A, B, C]
    assert items["title"].fillna("").tolist() == ["First", "", "Third"]
    assert items["image_url"].fillna("").tolist() == ["", "", "https://x.org/c.jpg"]
    taken = tables["interactions"]
    assert taken["user"].tolist() == [0, 0, 0, 1]
    assert taken["item"].tolist() == [0, 2, 1, 1]
    assert tally.counts == {
        "reviews": 4,
        "metadata rows": 5,
        "items with metadata": 2,
        "items with title": 2,
        "items with description": 0,
        "items with brand": 1,
        "items with category": 0,
        "items with image_url": 1,
        "items with price": 0,
    }
    drops = {why: (drop.n, drop.first) for why, drop in tally.dropped.items()}
    assert drops == {
        "metadata of an item that nobody took": (2, f"meta.json.gz item {D}"),
        "metadata of an item that came before": (1, f"meta.json.gz item {A}"),
    }
    assert parts.vectors == {}


def test_metadata_need_not_be_there(reviews, tmp_path):
    _, tables, tally = run(RawFiles("amazon-2018", reviews), tmp_path)
    assert tables["items"].columns.tolist() == ["item", "asin"]
    assert tally.counts == {"reviews": 4}


def test_metadata_of_other_items(reviews, tmp_path):
    meta = lines(tmp_path / "m.json.gz", [{"asin": D, "title": "t"}])
    _, tables, tally = run(RawFiles("amazon-2018", reviews, meta), tmp_path)
    assert tables["items"].columns.tolist() == ["item", "asin"]
    assert tally.counts["items with metadata"] == 0


def test_image_vectors(reviews, tmp_path):
    vectors = {B: 1.5, D: 9.0, A: -2.0}
    images = tmp_path / "images.b"
    images.write_bytes(
        b"".join(asin.encode() + np.full(4096, x, "<f4").tobytes() for asin, x in vectors.items())
    )
    parts, _, tally = run(RawFiles("amazon-2014", reviews, None, images), tmp_path)
    stored = np.load(parts.vectors["image"])
    assert stored.dtype == np.float32
    np.testing.assert_array_equal(stored, np.repeat([[-2.0], [1.5], [0.0]], 4096, axis=1))
    assert tally.counts["items with an image vector"] == 2
    drop = tally.dropped["the image vector of an item that nobody took"]
    assert (drop.n, drop.first) == (1, f"images.b item {D}")
    assert parts.embeddings == {"image": "image"}


def test_a_table_of_ones_own(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("customer,sku,when\nann,2,2020-01-02\nbob,10,2020-01-01\n")
    about = tmp_path / "about.csv"
    about.write_text("sku,label\n10,Ten\n")
    columns = {"user": "customer", "item": "sku", "timestamp": "when", "title": "label"}
    _, tables, _ = run(RawFiles("table", file, about, None, columns), tmp_path)
    assert tables["users"]["id"].tolist() == ["ann", "bob"]
    assert tables["items"]["id"].tolist() == ["10", "2"]  # byte by byte
    assert tables["items"]["title"].fillna("").tolist() == ["Ten", ""]
    assert tables["interactions"].columns.tolist() == ["user", "item", "timestamp"]


def test_a_column_for_nothing(tmp_path):
    with pytest.raises(InputError, match="no column can hold 'colour'; choose from user, item"):
        RawFiles("table", tmp_path / "f.csv", columns={"colour": "c"})


def test_malformed_lines_are_counted_if_allowed(reviews, tmp_path):
    good = gzip.decompress(reviews.read_bytes()).decode().splitlines()
    lines_ = [good[0], "{", *good[1:]]
    reviews.write_bytes(gzip.compress("\n".join(lines_).encode()))
    with pytest.raises(InputError, match=r"reviews\.json\.gz: line 2"):
        run(RawFiles("amazon-2018", reviews), tmp_path)
    (tmp_path / "again").mkdir()
    _, tables, tally = run(RawFiles("amazon-2018", reviews), tmp_path / "again", max_bad=1)
    assert len(tables["interactions"]) == 4
    assert [drop.n for drop in tally.dropped.values()] == [1]


def test_formats_are_those_that_can_be_read():
    assert FILE_FORMATS == source.FORMATS
