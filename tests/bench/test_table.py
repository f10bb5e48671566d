"""The table for the terminal."""

from mmnotes.bench import Row, as_text

ROWS = [
    Row("sums", "mmnotes", 0.5, 0.4, 12.4, 3.25, 1.0, values={"sum": 3.25, "low": 1.0}),
    Row(
        "sums", "a peer", 1.5, 1.2, None, 3.0, 3.0, values={"sum": 3.0}, version="2.1", note="Odd."
    ),
    Row("sums", "a part", 0.1, 0.1, 1.0, None, 0.25),
    Row("sums", "absent", note="not installed: pip install it"),
    Row("products", "mmnotes", 1234.5, 1000.0, 2048.0, 1e-7, 1.0, values={"product": 1e-7}),
]


def test_rows_and_notes_by_work():
    how, sums, products = as_text(ROWS).split("\n\n")
    assert "one thread" in how
    assert sums.splitlines() == [
        "sums",
        "              seconds  CPU s  peak MiB  CPU ÷ ours  value",
        "  mmnotes       0.500  0.400        12         1.0  sum 3.25",
        "  a peer 2.1    1.500  1.200         –         3.0  sum 3",
        "  a part        0.100  0.100         1         0.2  –",
        "  absent            –      –         –           –  –",
        "  - a peer: Odd.",
        "  - absent: not installed: pip install it",
    ]
    assert products.splitlines()[2].split() == [
        "mmnotes", "1,234.500", "1,000.000", "2,048", "1.0", "product", "1e-07",
    ]  # fmt: skip


def test_how_many_a_second_and_the_whole_process():
    lines = as_text(
        [
            Row("reading", "mmnotes", 0.5, 0.4, 12.4, process_mib=112.4, size=2000, unit="lines"),
            Row("reading", "absent", size=2000, unit="lines"),
        ]
    ).splitlines()[-3:]
    assert lines == [
        "           seconds  CPU s  peak MiB  CPU ÷ ours  process MiB  lines/s  value",
        "  mmnotes    0.500  0.400        12           –          112    4,000  –",
        "  absent         –      –         –           –            –        –  –",
    ]


def test_long_notes_are_folded():
    lines = as_text([Row("a", "b", 1.0, 1.0, 1.0, None, 1.0, note="word " * 60)]).splitlines()
    assert max(map(len, lines)) <= 100
