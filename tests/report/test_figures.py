import base64
import re
import subprocess
import sys
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.report.alt import checked_alt
from mmnotes.report.html import STYLE, figure_html
from mmnotes.report.style import figure
from mmnotes.report.svg import svg_bytes

ALT = "NDCG@10 rises from 0.41 to 0.45 with photos."


def svg_of(html: str) -> str:
    """The drawing inside the HTML of a figure."""
    return base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", html).group(1)).decode()


class Reader(HTMLParser):
    """Reads HTML; knows its tags, and whether each that opens closes."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_figure_is_shown_with_title_alt_and_caption_and_closed(make_page, shown):
    page = make_page()
    fig, ax = figure()
    ax.plot([1, 2])
    page.show(fig, title="Photos <help> & titles", alt=ALT, caption="Dots are seeds.", lead=True)
    assert not plt.fignum_exists(fig.number)
    (output,) = shown
    html = output.bundle["text/html"]
    read = Reader(html)
    assert not read.open
    ((_, image),) = [tag for tag in read.tags if tag[0] == "img"]
    assert image["alt"] == ALT
    assert "dark-light" in image["class"]
    assert '<div class="mmnotes-title">Photos &lt;help&gt; &amp; titles</div>' in html
    assert '<figcaption class="mmnotes-caption">Dots are seeds.</figcaption>' in html
    assert '<figure class="mmnotes mmnotes-figure">' in html
    assert ALT in output.bundle["text/plain"]
    assert output.metadata == {"mmnotes": {"lead": True}}


def test_an_ordinary_figure_leads_nothing(make_page, shown):
    make_page().show(figure()[0], "A title", ALT)
    assert shown[0].metadata == {}
    assert "figcaption class" not in shown[0].bundle["text/html"]


def test_axes_stand_for_their_figure(make_page, shown):
    _, ax = figure()
    make_page().show(ax, "A title", ALT)
    assert len(shown) == 1


@pytest.mark.parametrize("thing", [None, "fig", [1]])
def test_what_is_no_figure_is_refused(make_page, thing):
    with pytest.raises(InputError, match="needs a matplotlib figure"):
        make_page().show(thing, "A title", ALT)


def test_a_figure_without_title_is_refused(make_page):
    with pytest.raises(InputError, match="title is empty"):
        make_page().show(figure()[0], " ", ALT)


@pytest.mark.parametrize(
    ("alt", "message"),
    [
        ("", "no alt text"),
        ("  ", "no alt text"),
        (None, "no alt text"),
        ("Photos help.", "no number"),
        ("Figure showing 3 bars", "says that it is a figure"),
        ("A plot of 3 lines", "says that it is a figure"),
        ("Bar chart of NDCG@10", "says that it is a figure"),
        ("This chart shows 3 lines", "says that it is a figure"),
        ("An image of 5 shirts", "says that it is a figure"),
    ],
)
def test_alt_text_must_say_what_is_shown(make_page, alt, message):
    with pytest.raises(InputError, match=rf"figure 'A title'.*{message}"):
        make_page().show(figure()[0], "A title", alt)


@pytest.mark.parametrize("alt", ["Image features add 0.03.", "Plots differ: 3 rise, 2 fall."])
def test_alt_text_may_speak_of_images_and_plots(alt):
    assert checked_alt(alt, "A title") == alt


def test_alt_text_is_one_line():
    assert checked_alt("NDCG is\n  0.4.", "A title") == "NDCG is 0.4."


def test_quotes_in_alt_text_stay_inside_it(make_page, shown):
    make_page().show(figure()[0], "A title", 'The "best" of 2 <b>')
    assert 'alt="The &quot;best&quot; of 2 &lt;b&gt;"' in shown[0].bundle["text/html"]


def test_the_drawing_has_no_ground_no_font_and_no_date(make_page, shown):
    fig, ax = figure()
    ax.plot([1, 2])
    ax.set_xlabel("words")
    make_page().show(fig, "A title", ALT)
    svg = svg_of(shown[0].bundle["text/html"])
    assert "<text" not in svg
    assert "dc:date" not in svg
    assert not re.search(r"fill:\s*#ffffff", svg)


DRAW = """
import sys
from mmnotes.report.style import figure
from mmnotes.report.svg import svg_bytes
fig, ax = figure(2)
ax[0].plot([1, 3, 2]); ax[1].imshow([[1, 2], [3, 4]]); ax[0].set_title("a")
sys.stdout.buffer.write(svg_bytes(fig))
"""


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes():
    drawn = [
        subprocess.run([sys.executable, "-c", DRAW], capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert len(drawn[0]) > 1000
    assert drawn[0] == drawn[1]


def box(svg: bytes) -> list[float]:
    """Width and height in points."""
    return [float(size) for size in re.findall(rb'(?:width|height)="([\d.]+)pt"', svg)[:2]]


def test_every_figure_is_as_wide_as_the_page():
    fig, ax = figure(height=2)
    ax.set_ylabel("a label")
    assert box(svg_bytes(fig)) == pytest.approx([5.2 * 72, 2 * 72])


def test_what_sticks_out_is_not_clipped():
    fig, _ = figure(height=2)
    fig.text(0.9, 0.5, "a long remark at the right edge")
    fig.text(0.5, 1.1, "above")
    width, height = box(svg_bytes(fig))
    assert width > 5.2 * 72 + 50
    assert height > 2 * 72 + 10


def test_a_figure_too_heavy_for_a_page_is_refused():
    fig, ax = figure()
    rng = np.random.default_rng(0)
    ax.plot(*rng.random((2, 40_000)), "o", rasterized=False)
    with pytest.raises(InputError, match=r"MB of SVG.*rasterized=True"):
        svg_bytes(fig)
    assert not plt.fignum_exists(fig.number)


def test_nothing_sets_the_colour_of_words():
    # They must follow the page, light or dark; only "inherit" is allowed.
    assert set(re.findall(r"[{;]color:([^;}]+)", STYLE)) <= {"inherit", "inherit!important"}
    assert "http" not in figure_html("t", "b", "c")
