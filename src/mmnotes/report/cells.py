"""The cells of a table, and their HTML and plain text."""

from dataclasses import dataclass
from html import escape

import pandas as pd

from mmnotes.report.html import figure_html

# In characters: a longer label gets a column that it need not fill word by word.
LONG_LABEL = 16


@dataclass(frozen=True)
class Cell:
    """One cell as it is shown: the number or the words, the interval after it, and whether bold.

    ``pad`` is an interval of the same column: a number without one leaves as much room. A label
    names its row.
    """

    value: str
    interval: str = ""
    pad: str = ""
    is_text: bool = False
    is_label: bool = False
    best: bool = False

    def __str__(self) -> str:
        mark = "*" if self.best else ""
        return " ".join(part for part in (f"{self.value}{mark}", self.interval) if part)


@dataclass(frozen=True)
class Grid:
    """A table ready to be shown: header, rows of cells, and how many of them are baselines."""

    header: list[str]
    rows: list[list[Cell]]
    n_baselines: int

    def html(self, title: str, caption: str = "") -> str:
        """The table as HTML; it scrolls sideways where the page is narrower."""
        name = escape(title)
        body = (
            f'<div class="mmnotes-scroll" role="region" aria-label="{name}" tabindex="0">'
            f'<table class="mmnotes-grid"><thead>{self._head()}</thead>'
            f"<tbody>{self._body()}</tbody></table></div>"
        )
        return figure_html(title, body, caption, kind="table")

    def text(self, title: str) -> str:
        """The table as plain text; a star stands for bold."""
        cells = [[str(cell) for cell in row] for row in self.rows]
        frame = pd.DataFrame(cells, columns=self.header)
        return f"{title}\n{frame.to_string(index=False)}"

    def _head(self) -> str:
        cells = [
            f'<th scope="col"{_kind(cell)}>{escape(name)}</th>'
            for name, cell in zip(self.header, self.rows[0], strict=True)
        ]
        return f"<tr>{''.join(cells)}</tr>"

    def _body(self) -> str:
        rows = []
        for number, row in enumerate(self.rows):
            first_after = number and number == self.n_baselines
            opening = '<tr class="mmnotes-after">' if first_after else "<tr>"
            rows.append(opening + "".join(_cell_html(cell) for cell in row) + "</tr>")
        return "".join(rows)


def _kind(cell: Cell) -> str:
    """The class of a column's header, by the column's first cell."""
    if cell.is_text:
        return ' class="mmnotes-text"'
    return ' class="mmnotes-wide"' if cell.interval or cell.pad else ""


def _cell_html(cell: Cell) -> str:
    if cell.is_label:
        long = " mmnotes-long" if len(cell.value) > LONG_LABEL else ""
        return f'<th scope="row" class="mmnotes-text{long}">{escape(cell.value)}</th>'
    if cell.is_text:
        return f'<td class="mmnotes-text">{escape(cell.value)}</td>'
    interval = ""
    if cell.interval:
        interval = f'<span class="mmnotes-interval">{cell.interval}</span>'
    elif cell.pad:
        interval = (
            f'<span class="mmnotes-interval mmnotes-pad" aria-hidden="true">{cell.pad}</span>'
        )
    best = ' class="mmnotes-best"' if cell.best else ""
    return f'<td{best}><span class="mmnotes-value">{escape(cell.value)}</span>{interval}</td>'
