import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mmnotes.errors import InputError

ALT = "Four of 5 neighbours are red."


@pytest.fixture
def pictures() -> list[Image.Image | None]:
    """A tiny drawing, a photo larger than the strip, a grey one, and none."""
    rng = np.random.default_rng(0)
    return [
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)),
        Image.fromarray(rng.integers(0, 255, (400, 200, 3), dtype=np.uint8)),
        Image.new("L", (100, 90), 128),
        None,
    ]


def sizes(html: str) -> list[tuple[int, int]]:
    """The pixels of the pictures in the HTML."""
    found = re.findall(r"image/png;base64,([^\"]+)", html)
    return [Image.open(io.BytesIO(base64.b64decode(png))).size for png in found]


def test_pictures_in_a_row_with_labels(make_page, shown, pictures):
    make_page().strip(
        pictures, [1, 0, 3], "Red <first>", ALT, labels=["red & blue", "b", "c"], lead=True
    )
    html = shown[0].bundle["text/html"]
    assert '<figure class="mmnotes mmnotes-strip">' in html
    assert f'role="group" aria-label="{ALT}"' in html
    assert 'alt="red &amp; blue"' in html
    assert "<div>red &amp; blue</div>" in html
    assert html.count("no photo") == 1
    assert sizes(html) == [(64, 128), (128, 128)]
    assert ALT in shown[0].bundle["text/plain"]
    assert shown[0].metadata == {"mmnotes": {"lead": True}}


def test_without_labels_the_item_is_named(make_page, shown, pictures):
    make_page().strip(pictures, np.array([2]), "A title", ALT)
    assert 'alt="item 2"' in shown[0].bundle["text/html"]


def test_named_rows(make_page, shown, pictures):
    make_page().strip(
        pictures,
        {"before": [0, 1], "after": [2]},
        "A title",
        ALT,
        labels={"before": ["x", "y"], "after": ["z"]},
    )
    html = shown[0].bundle["text/html"]
    assert html.count('class="mmnotes-row"') == 2
    assert html.index("before</div>") < html.index(">y<") < html.index("after</div>")


def test_the_same_pictures_give_the_same_bytes(make_page, shown, pictures):
    for _ in range(2):
        make_page().strip(pictures, [0, 1], "A title", ALT)
    assert shown[0].bundle == shown[1].bundle


@pytest.mark.parametrize(
    ("index", "labels", "message"),
    [
        ([], None, "1 to 24 pictures, not 0"),
        ([0] * 25, None, "1 to 24 pictures, not 25"),
        ({"a": [0] * 20, "b": [0] * 5}, None, "not 25"),
        ([4], None, "no item 4; ids run from 0 to 3"),
        ([-1], None, "no item -1"),
        ([0, 1], ["a"], "2 items but 1 labels"),
        ({"a": [0]}, {"b": ["x"]}, "labels have no row 'a'"),
        ({"a": [0]}, ["x"], "labels by row"),
    ],
)
def test_a_strip_that_cannot_be_shown_is_refused(make_page, pictures, index, labels, message):
    with pytest.raises(InputError, match=message):
        make_page().strip(pictures, index, "A title", ALT, labels=labels)


def test_a_strip_needs_alt_text(make_page, pictures):
    with pytest.raises(InputError, match="no alt text"):
        make_page().strip(pictures, [0], "A title", "")
