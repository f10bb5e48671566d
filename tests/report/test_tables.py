import numpy as np
import pandas as pd
import pytest

from mmnotes.errors import InputError
from mmnotes.report.tables import decimals, grid


@pytest.fixture
def frame(around) -> pd.DataFrame:
    """Two rankers with intervals, and chance without."""
    rows = {
        "fused": [around(0.447, 0.008), around(0.610, 0.012), 1.5],
        "text": [around(0.412, 0.009), around(0.605, 0.012), 0.25],
        "chance": [0.268, 0.5, None],
    }
    columns = ["NDCG@10", "Recall@10", "time (s)"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index.name = "ranker"
    return table


def bold(table) -> list[tuple[int, int]]:
    """Row and column of the bold cells."""
    return [
        (row, column)
        for row, cells in enumerate(table.rows)
        for column, cell in enumerate(cells)
        if cell.best
    ]


def test_the_best_is_bold_only_where_the_interval_is_clear(frame):
    table = grid(frame, best=["NDCG@10", "Recall@10"])
    assert bold(table) == [(0, 1)]


def test_nothing_is_bold_unless_asked(frame):
    assert bold(grid(frame)) == []


def test_the_best_must_be_clear_of_every_row_not_only_of_the_next(around):
    # The second by value is certain; the third is so unsure that it may be the best.
    cells = [around(0.5, 0.01), around(0.4, 0.01), around(0.3, 0.25)]
    assert bold(grid(pd.DataFrame({"a": cells}), best="a")) == []


def test_intervals_that_touch_are_not_clear(around):
    cells = [around(0.5, 0.0625), around(0.375, 0.0625)]
    assert bold(grid(pd.DataFrame({"a": cells}), best="a")) == []


def test_a_baseline_can_be_the_best(around):
    cells = pd.DataFrame({"a": [around(0.2, 0.01), around(0.5, 0.01)]}, index=["new", "old"])
    assert bold(grid(cells, best="a", baselines=["old"])) == [(0, 1)]


def test_a_number_without_interval_is_never_bold_but_must_be_beaten(around):
    cells = pd.DataFrame({"a": [around(0.2, 0.01), 0.5, None]})
    assert bold(grid(cells, best="a")) == []
    cells = pd.DataFrame({"a": [around(0.2, 0.01), 0.195, None]})
    assert bold(grid(cells, best="a")) == []
    cells = pd.DataFrame({"a": [around(0.2, 0.01), 0.1, None]})
    assert bold(grid(cells, best="a")) == [(0, 0)]


@pytest.mark.parametrize("lower", [True, ["loss"], "loss"])
def test_lower_can_be_better(around, lower):
    cells = pd.DataFrame({"loss": [around(0.5, 0.01), around(0.1, 0.01)]})
    assert bold(grid(cells, best="loss", lower_is_better=lower)) == [(1, 0)]


def test_lower_is_better_for_the_named_columns_only(around):
    cells = [around(0.5, 0.01), around(0.1, 0.01)]
    table = grid(pd.DataFrame({"a": cells, "b": cells}), best=["a", "b"], lower_is_better=["b"])
    assert bold(table) == [(0, 0), (1, 1)]


def test_one_row_beats_nobody(around):
    assert bold(grid(pd.DataFrame({"a": [around(0.5, 0.01)]}), best="a")) == []


def test_best_needs_intervals(frame):
    with pytest.raises(InputError, match=r"'time \(s\)' holds no Estimate"):
        grid(frame, best="time (s)")


def test_words_cannot_be_the_best(around):
    cells = pd.DataFrame({"a": [around(0.5, 0.01), "failed"]})
    with pytest.raises(InputError, match="a cell of 'a', which is in best, must be one number"):
        grid(cells, best="a")
    assert grid(cells).rows[1][0].value == "failed"


def test_baselines_come_first_in_their_order(frame):
    table = grid(frame, baselines=["chance", "text"])
    assert [row[0].value for row in table.rows] == ["chance", "text", "fused"]
    assert '<tr class="mmnotes-after"><th scope="row" class="mmnotes-text">fused' in table.html(
        "A title"
    )


def test_a_long_label_has_a_column_of_its_width():
    rows = pd.DataFrame({"a": [0.5, 0.6]}, index=["short", "SEA, image shuffle, text shuffle"])
    html = grid(rows).html("A title")
    assert '<th scope="row" class="mmnotes-text">short<' in html
    assert '<th scope="row" class="mmnotes-text mmnotes-long">SEA, ' in html


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"best": "MAP"}, "best names 'MAP'"),
        ({"best": "NDCG@10", "lower_is_better": ["MAP"]}, "lower_is_better names 'MAP'"),
        ({"digits": {"MAP": 2}}, "digits names 'MAP'"),
        ({"baselines": ["text", "text"]}, "baseline 'text' is named twice"),
        ({"baselines": ["popular"]}, "baseline 'popular' is no row"),
        ({"baselines": "chance"}, r"write \['chance'\]"),
    ],
)
def test_a_name_that_is_not_there_is_said(frame, arguments, message):
    with pytest.raises(InputError, match=message):
        grid(frame, **arguments)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame(), "needs a DataFrame"),
        ([[1]], "needs a DataFrame"),
        (pd.DataFrame(np.ones((2, 8))), "at most 7 columns.*not 8"),
        (pd.DataFrame(np.ones((2, 7)), index=["a", "b"]), "at most 7 columns.*not 8"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column 'a' is there twice"),
        (pd.DataFrame([[1], [2]], index=["a", "a"]), "row 'a' is there twice"),
        (pd.DataFrame({("a", "b"): [1]}), "MultiIndex"),
        (pd.DataFrame({"a": [np.inf]}), "'a'.* is inf"),
        (pd.DataFrame({"a": [[1, 2]]}), "'a'.* must be one number"),
    ],
)
def test_a_table_that_cannot_be_shown_is_refused(table, message):
    with pytest.raises(InputError, match=message):
        grid(table)


def test_seven_columns_fit():
    assert len(grid(pd.DataFrame(np.ones((2, 7)))).header) == 7
    assert len(grid(pd.DataFrame(np.ones((2, 6)), index=["a", "b"])).header) == 7


def test_cells_as_a_reader_sees_them(frame):
    text = grid(frame, best="NDCG@10", baselines=["chance"]).text("A title")
    lines = [line.split() for line in text.splitlines()]
    assert lines == [
        ["A", "title"],
        ["ranker", "NDCG@10", "Recall@10", "time", "(s)"],
        ["chance", "0.268", "0.500", "–"],
        ["fused", "0.447*", "[0.439,", "0.455]", "0.610", "[0.598,", "0.622]", "1.50"],
        ["text", "0.412", "[0.403,", "0.421]", "0.605", "[0.593,", "0.617]", "0.25"],
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1234567, 2], ["1,234,567", "2"]),
        ([12001.0, None], ["12,001", "–"]),
        ([1.25, 0.5], ["1.25", "0.50"]),
        ([123.4, 1.0], ["123", "1"]),
        ([0.0123, 0.5], ["0.012", "0.500"]),
        ([-0.25, -0.00001], ["−0.250", "0.000"]),
        ([True, False], ["yes", "no"]),
        (["a", None], ["a", "–"]),
        ([np.float32(0.5), np.int64(3)], ["0.50", "3"]),
        ([0.0, 0.0], ["0", "0"]),
    ],
)
def test_how_numbers_are_written(cells, expected):
    frame = pd.DataFrame({"a": pd.Series(cells, dtype=object)})
    assert [row[0].value for row in grid(frame).rows] == expected


@pytest.mark.parametrize(("digits", "expected"), [(1, "0.4"), ({"a": 4}, "0.4120"), ({}, "0.412")])
def test_digits_may_be_chosen(around, digits, expected):
    frame = pd.DataFrame({"a": [around(0.412, 0.004)]})
    assert grid(frame, digits=digits).rows[0][0].value == expected


@pytest.mark.parametrize(
    ("half", "expected"), [(0.3, 1), (0.12, 2), (0.02, 2), (0.009, 3), (0.0012, 4), (30.0, 0)]
)
def test_decimals_are_what_the_interval_supports(around, half, expected):
    assert decimals([around(0.5, half), 0.1]) == expected


def test_a_point_interval_supports_what_a_number_does(around):
    assert decimals([around(0.5, 0.0)]) == 3
    rounding = [around(0.005, 1e-18), around(0.005, 1e-17)]  # as of a mean over seeds
    assert decimals([*rounding, around(0.09, 0.004)]) == 3
    assert decimals(rounding) == decimals([0.005])


def test_the_html_of_a_table(make_page, shown, frame):
    make_page().table(
        frame, "Photos <help>", best="NDCG@10", baselines=["chance"], caption="In brackets: 95%."
    )
    html = shown[0].bundle["text/html"]
    assert '<figure class="mmnotes mmnotes-table">' in html
    assert 'role="region" aria-label="Photos &lt;help&gt;" tabindex="0"' in html
    assert html.count("<tr") == 4
    assert html.count('class="mmnotes-best"') == 1
    assert '<span class="mmnotes-value">0.447</span>' in html
    assert '<span class="mmnotes-interval">[0.439, 0.455]</span>' in html
    # Chance has no interval, and leaves as much room, so that the points stand in one line.
    assert html.count('mmnotes-pad" aria-hidden="true">') == 2
    assert "In brackets: 95%." in shown[0].bundle["text/plain"]


def test_words_in_cells_are_escaped():
    frame = pd.DataFrame({"<a>": ["<b>"]}, index=["<c>"])
    html = grid(frame).html("t")
    assert "&lt;a&gt;" in html
    assert "&lt;b&gt;" in html
    assert "&lt;c&gt;" in html


def test_a_title_has_a_minus_sign_and_keeps_its_hyphens(make_page, shown, frame):
    make_page().table(frame, "Top-20 of a well-kept list: -0.02")
    assert "Top-20 of a well-kept list: −0.02" in shown[0].bundle["text/html"]


def test_a_table_needs_a_title(make_page, frame):
    with pytest.raises(InputError, match="title is empty"):
        make_page().table(frame, "")


def test_the_frame_is_left_as_it_was(frame):
    before = frame.copy()
    grid(frame, baselines=["chance"], best="NDCG@10")
    pd.testing.assert_frame_equal(frame, before)
