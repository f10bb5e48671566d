import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mmnotes.errors import InputError
from mmnotes.report.charts import compare_densities, dot_interval, label_line, line_interval
from mmnotes.report.style import HUES, INK, figure, hue, label_colour, row_hues

WHITE, DARK = "#ffffff", "#14181e"


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def luminance(colour: str) -> float:
    """As WCAG defines it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a: str, b: str) -> float:
    """As WCAG defines it, from 1 to 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", [WHITE, DARK])
def test_every_hue_is_seen_on_both_grounds(ground):
    assert min(contrast(colour, ground) for colour in HUES.values()) > 3
    assert contrast(INK, ground) > 3.8
    assert min(contrast(label_colour(colour), ground) for colour in HUES.values()) > 3.9


# Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "deutan": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "protan": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "tritan": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, eye: np.ndarray) -> np.ndarray:
    """CIELAB of a colour as this eye sees it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(eye @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("eye", list(BLINDNESS))
def test_any_two_hues_differ_for_every_eye(eye):
    seen = {name: lab(colour, BLINDNESS[eye]) for name, colour in HUES.items()}
    nearest = min(np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2))
    assert nearest > 12  # 2 is just to be seen side by side


def test_hues_by_name_by_colour_and_by_label():
    assert hue("image") == HUES["image"]
    assert hue("#FF0000") == "#ff0000"
    with pytest.raises(InputError, match="no hue 'sound': take one of text, image"):
        hue("sound")
    assert row_hues(None, ["Image", "chance"]) == [HUES["image"], INK]
    assert row_hues("text", ["a", "b"]) == [HUES["text"]] * 2
    with pytest.raises(InputError, match="2 labels but 1 hues"):
        row_hues(["text"], ["a", "b"])


def test_a_figure_is_a_page_wide_whatever_its_panels():
    fig, axes = figure(3, height=2, sharex=True)
    assert len(axes) == 3
    assert tuple(fig.get_size_inches()) == (5.2, 6)
    with pytest.raises(InputError, match="rows >= 1"):
        figure(0)
    with pytest.raises(InputError, match="height > 0"):
        figure(height=0)


def words(ax) -> list[str]:
    """The direct labels of an axes."""
    return [text.get_text() for text in ax.texts]


def test_dots_with_intervals_from_the_top(around):
    _, ax = figure()
    dot_interval(
        ax,
        ["text", "a label of more than twenty letters"],
        [around(0.4, 0.1), 0.25],
        digits=2,
        reference=0.2,
        reference_label="chance",
        dots=[[0.3, 0.45], []],
    )
    assert words(ax) == ["0.40", "0.25", "chance"]
    assert ax.get_ylim() == (1.5, -0.5)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "text",
        "a label of more than\ntwenty letters",
    ]
    interval = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_lw() > 2]
    assert list(interval[0].get_xdata()) == pytest.approx([0.3, 0.5])
    assert interval[0].get_color() == HUES["text"]
    assert [line.get_color() for line in ax.lines[:3]] == [HUES["text"]] * 3


@pytest.mark.parametrize(
    ("labels", "estimates", "dots"),
    [(["a"], [1.0, 2.0], None), ([], [], None), (["a"], [1.0], [[1], [2]])],
)
def test_dots_need_as_many_of_each(labels, estimates, dots):
    _, ax = figure()
    with pytest.raises(InputError, match="give as many of each, and at least one"):
        dot_interval(ax, labels, estimates, dots=dots)


def heights(fig, ax) -> dict[str, tuple[float, float]]:
    """Bottom and top of each label, in pixels."""
    fig.draw_without_rendering()
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    return {word: (box.y0, box.y1) for word, box in boxes.items()}


def test_names_at_line_ends_do_not_cover_each_other(around):
    fig, ax = figure()
    ends = {"text": 0.50, "image": 0.501, "metadata": 0.502, "fused": 0.9}
    line_interval(ax, [1, 2], {name: [0.1, around(end, 0.01)] for name, end in ends.items()})
    spans = sorted(heights(fig, ax).values())
    assert all(below[1] <= above[0] + 1 for below, above in itertools.pairwise(spans))
    order = sorted(ends, key=ends.get)
    assert sorted(heights(fig, ax), key=heights(fig, ax).get) == order


def test_a_label_with_room_stays_at_its_line(around):
    fig, ax = figure()
    line_interval(ax, [1, 2], {"text": [0.1, around(0.2, 0.01)], "image": [0.1, 0.9]})
    bottom, top = heights(fig, ax)["image"]
    at = ax.transData.transform((2, 0.9))[1]
    assert (bottom + top) / 2 == pytest.approx(at, abs=4)


def test_bands_show_the_intervals(around):
    _, ax = figure()
    line_interval(ax, [1, 2], {"a": [around(0.5, 0.1), around(0.6, 0.1)]}, "image")
    (band,) = ax.collections
    y = band.get_paths()[0].vertices[:, 1]
    assert (y.min(), y.max()) == pytest.approx((0.4, 0.7))
    assert ax.lines[0].get_color() == HUES["image"]


def test_series_must_fit_x():
    _, ax = figure()
    with pytest.raises(InputError, match="'a' has 1 points for 2 x"):
        line_interval(ax, [1, 2], {"a": [0.1]})
    with pytest.raises(InputError, match="no series"):
        line_interval(ax, [1, 2], {})


def test_a_line_of_ones_own_can_be_labelled():
    _, ax = figure()
    (line,) = ax.plot([1, 2], [3, 4], color=HUES["text"])
    label_line(ax, line, "clicks")
    assert words(ax) == ["clicks"]
    assert ax.texts[0].xy == (2, 4)
    assert ax.texts[0].get_color() == label_colour(HUES["text"])


def draw_two(**options):
    rng = np.random.default_rng(0)
    _, ax = figure()
    series = {"text": rng.normal(0, 0.1, 5000), "image": rng.normal(3, 0.2, 50)}
    compare_densities(ax, series, **options)
    return ax, series


def test_densities_lie_where_the_values_do():
    ax, series = draw_two(bins=40)
    for stairs, name in zip(ax.patches, series, strict=True):
        height, edges, _ = stairs.get_data()
        counts, _ = np.histogram(series[name], edges)
        np.testing.assert_allclose(height, counts / counts.max())
        assert len(edges) == 41
        every = np.concatenate(list(series.values()))
        assert (edges[0], edges[-1]) == (every.min(), every.max())
        assert to_rgb(stairs.get_facecolor()) == to_rgb(HUES[name])


def test_few_values_show_as_well_as_many():
    ax, _ = draw_two()
    assert [stairs.get_data().values.max() for stairs in ax.patches] == [1, 1]
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 1


def test_densities_are_named_above_their_highest_point():
    ax, _ = draw_two()
    assert words(ax) == ["text", "image"]
    for text, middle in zip(ax.texts, (0, 3), strict=True):
        assert text.xy == pytest.approx((middle, 1), abs=0.4)
    assert [text.get_color() for text in ax.texts] == [
        label_colour(HUES[name]) for name in ("text", "image")
    ]


def test_threshold_of_densities():
    assert not draw_two()[0].lines
    (line,) = draw_two(threshold=0.9)[0].lines
    assert list(line.get_xdata()) == [0.9, 0.9]


def test_values_that_are_all_the_same_can_be_seen():
    _, ax = figure()
    compare_densities(ax, {"text": [0.3, 0.3], "image": [0.3]})
    for stairs in ax.patches:
        height, edges, _ = stairs.get_data()
        assert np.diff(edges).min() > 0
        assert edges[height.argmax()] <= 0.3 <= edges[height.argmax() + 1]


@pytest.mark.parametrize("series", [{}, {"a": [1.0], "b": []}, {"a": np.array([])}])
def test_densities_need_values(series):
    _, ax = figure()
    with pytest.raises(InputError, match="at least one series, and none of them empty"):
        compare_densities(ax, series)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_densities_of_numbers_only(value):
    _, ax = figure()
    with pytest.raises(InputError, match="a series holds NaN or infinity; leave those values out"):
        compare_densities(ax, {"a": [1.0, value]})
