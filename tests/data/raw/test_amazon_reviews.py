import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from mmnotes.data.raw.source import REVIEWS, Tally, reviews
from mmnotes.errors import InputError

# As they stand in the official files, but for the people's ids.
OLD = {
    "reviewerID": "A1",
    "asin": "097293751X",
    "reviewerName": "B",
    "helpful": [0, 0],
    "reviewText": "Perfect\u00e9",
    "overall": 5.0,
    "summary": "Awesine",
    "unixReviewTime": 1373932800,
    "reviewTime": "07 16, 2013",
}
NEW = {
    "rating": 5.0,
    "title": "Such a lovely scent",
    "text": "…",
    "images": [],
    "asin": "B00YQ6X8EO",
    "parent_asin": "B00YQ6X8E1",
    "user_id": "AG1",
    "timestamp": 1588687728923,
    "helpful_vote": 0,
    "verified_purchase": True,
}


def read(format, file, tally=None, max_bad=0):
    batches = list(reviews(format, file, tally or Tally(), max_bad))
    assert all(batch.schema.equals(REVIEWS) for batch in batches)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("format", ["amazon-2014", "amazon-2018"])
def test_reviews_until_2018(lines_of, format):
    assert read(format, lines_of([OLD])) == [("A1", "097293751X", 5.0, 1373932800.0)]


def test_reviews_of_2023_are_of_the_parent_and_in_seconds(lines_of):
    assert read("amazon-2023", lines_of([NEW])) == [("AG1", "B00YQ6X8E1", 5.0, 1588687728.923)]


def test_a_null_rating_is_unknown(lines_of):
    assert read("amazon-2023", lines_of([NEW | {"rating": None}]))[0][2] is None


def without(field):
    return {name: value for name, value in NEW.items() if name != field}


BAD = [
    ("{", "the line is no JSON"),
    ('["a", "b"]', "the line holds no object of fields"),
    ("7", "the line holds no object of fields"),
    ("null", "the line holds no object of fields"),
    ('"user_id"', "the line holds no object of fields"),
    (OLD, "there is no field 'user_id': is it another format?"),
    (without("parent_asin"), "there is no field 'parent_asin': is it another format?"),
    (without("rating"), "there is no field 'rating': is it another format?"),
    (NEW | {"user_id": None}, "field 'user_id' is empty"),
    (NEW | {"user_id": ""}, "field 'user_id' is empty"),
    (NEW | {"user_id": 7}, "field 'user_id' must be text (it is '7')"),
    (NEW | {"parent_asin": ["B"]}, "field 'parent_asin' must be text"),
    (NEW | {"rating": "5.0"}, "field 'rating' must be a number (it is '5.0')"),
    (NEW | {"rating": True}, "field 'rating' must be a number"),
    (NEW | {"rating": float("nan")}, "the line is no JSON"),
    (NEW | {"rating": 2**63 - 1}, "field 'rating' is too large a number"),
    (json.dumps(NEW | {"rating": 0}).replace("0,", "1e999,", 1), "the line is no JSON"),
    (NEW | {"timestamp": 1588687728923000}, "field 'timestamp' is no time between 1970 and 2242"),
    (NEW | {"timestamp": -1}, "field 'timestamp' is no time between 1970 and 2242"),
    (NEW | {"user_id": "\ud800"}, "the line is no JSON"),
]


@pytest.mark.parametrize(("record", "fault"), BAD)
def test_a_bad_line_is_an_error_or_dropped_and_counted(lines_of, record, fault):
    file = lines_of([NEW, record, NEW])
    with pytest.raises(InputError) as error:
        read("amazon-2023", file)
    assert str(error.value).startswith(f"{file}: line 2: {fault}")
    tally = Tally()
    assert len(read("amazon-2023", file, tally, max_bad=1)) == 2
    assert tally.counts == {"reviews": 2}
    ((why, dropped),) = tally.dropped.items()
    assert fault.startswith(why)
    assert (dropped.n, dropped.first) == (1, "lines.gz line 2")


def test_an_unknown_format_is_refused(lines_of):
    with pytest.raises(InputError, match="unknown format 'amazon-2015': choose one of amazon-2014"):
        reviews("amazon-2015", lines_of([]), Tally())
    with pytest.raises(InputError, match="'amazon-2014' has its own field names"):
        reviews("amazon-2014", lines_of([]), Tally(), columns={"user": "u"})


@pytest.fixture
def gift_cards():
    file = Path(os.environ.get("MMNOTES_DATA", "")) / "amazon-gift-cards-2018/Gift_Cards_5.json.gz"
    if not file.is_file():
        pytest.skip("amazon-gift-cards-2018 is not at hand: set MMNOTES_DATA")
    return file


def test_the_gift_cards(gift_cards):
    """Row for row what the json module reads."""
    tally = Tally()
    rows = read("amazon-2018", gift_cards, tally)
    with gzip.open(gift_cards, "rt") as lines:
        expected = [json.loads(line) for line in lines]
    fields = ("reviewerID", "asin", "overall", "unixReviewTime")
    assert rows == [tuple(record[field] for field in fields) for record in expected]
    assert tally == Tally({"reviews": 2972})
    assert len({user for user, *_ in rows}) == 458
    assert len({item for _, item, *_ in rows}) == 148
    assert len(Counter((user, item) for user, item, *_ in rows)) == 2965
    assert pa.array([rating for _, _, rating, _ in rows]).null_count == 0
