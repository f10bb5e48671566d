import os
from pathlib import Path

import pytest

from mmnotes.data.raw.source import ITEMS, Tally, items, reviews
from mmnotes.errors import InputError

ITEM_2014 = {
    "asin": "0188477284",
    "title": "Klean Kanteen 40oz &amp; Bottle",
    "price": 26.98,
    "imUrl": "http://ecx.images-amazon.com/images/I/31dnAfHf0vL._SY300_.jpg",
    "related": {"also_bought": ["B000GUZC2A"], "buy_after_viewing": []},
    "salesRank": {"Baby": 20160},
    "brand": "Klean Kanteen",
    "categories": [["Baby", "Feeding", "Bottles"], ["Sports"]],
    "description": 'It\'s a "bottle"\n\xe9',
}
ITEM_2018 = {
    "asin": "B001BKEWF2",
    "title": "Serendipity 3 $100.00 Gift Card",
    "description": ["Gift card.", "", "In New York City only."],
    "brand": "Serendipity 3",
    "category": ["Gift Cards", "Restaurants"],
    "imageURL": ["http://small.jpg"],
    "imageURLHighRes": ["http://large.jpg"],
    "price": "$1,100.00",
}
ITEM_2023 = {
    "parent_asin": "B01CUPMQZE",
    "main_category": "All Beauty",
    "title": "Howard LC0008 Leather Conditioner",
    "features": [],
    "description": ["One.", "Two."],
    "price": None,
    "store": "Howard Products",
    "categories": [],
    "images": [
        {"thumb": "t2", "large": "l2", "hi_res": None, "variant": "PT01"},
        {"thumb": "t1", "large": "l1", "hi_res": "h1", "variant": "MAIN"},
    ],
}
WHOLE = {"amazon-2014": ITEM_2014, "amazon-2018": ITEM_2018, "amazon-2023": ITEM_2023}
SAY = {"amazon-2014": {"say": repr}, "amazon-2018": {}, "amazon-2023": {}}


def read(format, file, tally=None, max_bad=0):
    batches = list(items(format, file, tally or Tally(), max_bad))
    assert all(batch.schema.equals(ITEMS) for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.fixture
def one(lines_of):
    """What is read of one item with some of its fields changed."""

    def of(format, **changes):
        (row,) = read(format, lines_of([WHOLE[format] | changes], **SAY[format]))
        return row

    return of


def test_an_item_of_2014(one):
    assert one("amazon-2014") == {
        "item": "0188477284",
        "title": "Klean Kanteen 40oz &amp; Bottle",
        "description": 'It\'s a "bottle"\n\xe9',
        "brand": "Klean Kanteen",
        "category": "Baby > Feeding > Bottles",
        "image_url": "http://ecx.images-amazon.com/images/I/31dnAfHf0vL._SY300_.jpg",
        "price": 26.98,
    }


def test_an_item_of_2018(one):
    assert one("amazon-2018") == {
        "item": "B001BKEWF2",
        "title": "Serendipity 3 $100.00 Gift Card",
        "description": "Gift card. In New York City only.",
        "brand": "Serendipity 3",
        "category": "Gift Cards > Restaurants",
        "image_url": "http://large.jpg",
        "price": 1100.0,
    }


def test_an_item_of_2023(one):
    assert one("amazon-2023") == {
        "item": "B01CUPMQZE",
        "title": "Howard LC0008 Leather Conditioner",
        "description": "One. Two.",
        "brand": "Howard Products",
        "category": "All Beauty",
        "image_url": "h1",
        "price": None,
    }


@pytest.mark.parametrize(
    ("format", "id"), [("amazon-2014", "asin"), ("amazon-2023", "parent_asin")]
)
def test_an_item_of_which_nothing_is_known(lines_of, format, id):
    (row,) = read(format, lines_of([{id: "B0"}], **SAY[format]))
    assert row == dict.fromkeys(ITEMS.names) | {"item": "B0"}


def test_the_small_picture_where_there_is_no_large_one(one):
    assert one("amazon-2018", imageURLHighRes=[])["image_url"] == "http://small.jpg"
    assert one("amazon-2018", imageURLHighRes=[], imageURL=[])["image_url"] is None


@pytest.mark.parametrize(
    ("images", "url"),
    [
        ([], None),
        (None, None),
        ([{"large": "l", "variant": "PT01"}], "l"),
        ([{"thumb": "t", "large": None, "hi_res": "", "variant": "MAIN"}], "t"),
        ([{"variant": "MAIN"}, {"hi_res": "h2", "variant": "PT01"}], "h2"),
    ],
)
def test_the_best_picture_of_2023(one, images, url):
    assert one("amazon-2023", images=images)["image_url"] == url


@pytest.mark.parametrize(
    ("price", "dollars", "counted"),
    [
        ("$12.99", 12.99, 0),
        ("12", 12.0, 0),
        (0, 0.0, 0),
        (" $1,234,567.5 ", 1234567.5, 0),
        ("$1.00 - $2.00", None, 1),
        ("from 5.99", None, 1),
        (".a-box-inner{background-color:#fff}", None, 1),
        ("$1,23", None, 1),
        (-5, None, 1),
        ("", None, 0),
        ("None", None, 0),
        (None, None, 0),
    ],
)
def test_a_price_is_one_amount_or_unknown(lines_of, price, dollars, counted):
    tally = Tally()
    (row,) = read("amazon-2023", lines_of([ITEM_2023 | {"price": price}]), tally)
    assert row["price"] == dollars
    assert tally.counts.get("prices that are no single amount, left empty", 0) == counted


def test_a_price_is_counted_once_though_another_row_of_the_block_is_bad(lines_of):
    rows = [ITEM_2023 | {"price": "from 5"}, ITEM_2023 | {"title": 5}, ITEM_2023]
    tally = Tally()
    assert len(read("amazon-2023", lines_of(rows), tally, max_bad=1)) == 2
    assert tally.counts["prices that are no single amount, left empty"] == 1
    rows[1] = ITEM_2023 | {"price": [5]}
    tally = Tally()
    assert len(read("amazon-2023", lines_of(rows), tally, max_bad=1)) == 2
    assert tally.counts["prices that are no single amount, left empty"] == 1


BAD = [
    ("amazon-2014", {"asin": ""}, "field 'asin' is empty"),
    ("amazon-2014", {"title": "\ud800"}, "field 'title' is no UTF-8 text"),
    ("amazon-2014", {"categories": "Baby"}, "field 'categories' must be a list of lists of texts"),
    ("amazon-2014", {"categories": [[1]]}, "field 'categories' must be text or a list of texts"),
    ("amazon-2018", {"asin": 5}, "field 'asin' must be text"),
    ("amazon-2018", {"title": {"a": 1}}, "field 'title' must be text or a list of texts"),
    ("amazon-2018", {"imageURL": "http://a"}, "field 'imageURL' must be a list"),
    ("amazon-2018", {"price": ["$5"]}, "field 'price' must be a number or text"),
    ("amazon-2023", {"parent_asin": None}, "field 'parent_asin' is empty"),
    ("amazon-2023", {"description": [1]}, "field 'description' must be text or a list of texts"),
    ("amazon-2023", {"images": ["http://a"]}, "field 'images' must be a list of objects"),
    ("amazon-2023", {"images": [{"hi_res": 5}]}, "field 'hi_res' must be text"),
]


@pytest.mark.parametrize(("format", "changes", "fault"), BAD)
def test_a_bad_field_is_named(lines_of, format, changes, fault):
    whole = WHOLE[format]
    file = lines_of([whole, whole | changes], **SAY[format])
    with pytest.raises(InputError) as error:
        read(format, file)
    assert str(error.value).startswith(f"{file}: line 2: {fault}")
    assert len(read(format, file, max_bad=1)) == 1


@pytest.mark.parametrize("line", ["[1, 2]", "'asin'", "{'asin'}", "5"])
def test_a_line_of_2014_that_is_no_dictionary(lines_of, line):
    with pytest.raises(InputError, match="line 1: the line holds no object of fields"):
        read("amazon-2014", lines_of([line]))


def test_json_is_no_python_literal_and_the_other_way_round(lines_of):
    with pytest.raises(InputError, match="line 1: the line is no Python literal"):
        read("amazon-2014", lines_of([{"asin": "B0", "title": None}]))
    with pytest.raises(InputError, match="line 1: the line is no JSON"):
        read("amazon-2018", lines_of([ITEM_2018], say=repr))


@pytest.mark.real
def test_the_gift_cards():
    folder = Path(os.environ.get("MMNOTES_DATA", "")) / "amazon-gift-cards-2018"
    if not folder.is_dir():
        pytest.skip("amazon-gift-cards-2018 is not at hand: set MMNOTES_DATA")
    tally = Tally()
    rows = read("amazon-2018", folder / "meta_Gift_Cards.json.gz", tally)
    assert len(rows) == tally.counts["metadata rows"] == 1547
    assert not tally.dropped
    batches = reviews("amazon-2018", folder / "Gift_Cards_5.json.gz", Tally())
    sold = {item for batch in batches for item in batch["item"].to_pylist()}
    known = {row["item"]: row for row in reversed(rows)}
    assert sold <= set(known)
    assert sum(known[item]["image_url"] is not None for item in sold) == 116
