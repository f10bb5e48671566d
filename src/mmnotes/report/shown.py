"""How a page shows things: figures, strips of pictures, tables, sentences."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mmnotes.errors import InputError
from mmnotes.report.alt import checked_alt
from mmnotes.report.html import figure_html, plot_html, required
from mmnotes.report.output import publish_html, publish_markdown, with_minus
from mmnotes.report.strips import Pictures, Rows, Words, strip_html
from mmnotes.report.svg import svg_bytes
from mmnotes.report.tables import grid


class Shown:
    """What a page shows; the half of ``Page`` that needs no run."""

    def show(
        self,
        fig: Figure | Axes,
        title: str,
        alt: str,
        caption: str = "",
        *,
        lead: bool = False,
    ) -> None:
        """Show a figure, and close it.

        Parameters
        ----------
        fig : Figure, or Axes of it
        title : str
            The point of the figure, as a sentence.
        alt : str
            What the figure shows, in words, with its numbers; not that it is a figure.
        caption : str
            What a reader needs to read it.
        lead : bool
            Whether the book puts it on the page's first screen.

        Raises
        ------
        InputError
            If the title is empty, the alt text is not one, or the SVG is over 2 MB.
        """
        title = with_minus(required(title, "a figure's title"))
        alt = checked_alt(alt, title)
        body = plot_html(svg_bytes(_figure_of(fig)), alt)
        publish_html(figure_html(title, body, caption), _as_text(title, alt, caption), lead=lead)

    def strip(
        self,
        images: Pictures,
        index: Rows | Mapping[str, Rows],
        title: str,
        alt: str,
        labels: Words | Mapping[str, Words] | None = None,
        caption: str = "",
        *,
        lead: bool = False,
    ) -> None:
        """Show pictures of items in a row, or in named rows.

        Parameters
        ----------
        images : Images, or anything sized whose items are PIL images or None
        index : (n,) int, or mapping of row name to (n,) int
            Which items; at most 24 in all.
        labels : sequence of str, or mapping like index
            Words under the pictures.
        title, alt, caption, lead
            As for ``show``.
        """
        title = with_minus(required(title, "a strip's title"))
        alt = checked_alt(alt, title)
        html = figure_html(title, strip_html(images, index, labels, alt), caption, kind="strip")
        publish_html(html, _as_text(title, alt, caption), lead=lead)

    def table(
        self,
        frame: pd.DataFrame,
        title: str,
        best: str | Collection[str] | None = None,
        lower_is_better: bool | Collection[str] = False,
        baselines: Sequence[str] = (),
        digits: int | Mapping[str, int] | None = None,
        caption: str = "",
    ) -> None:
        """Show a table.

        Parameters
        ----------
        frame : DataFrame
            At most seven columns, row labels included (a plain range of numbers is no label). Cells
            are numbers, Estimates, text or nothing. Units stand in the headers.
        title : str
            The point of the table, as a sentence.
        best : str or collection of str
            Columns whose best row is bold, if its interval is clear of every other row's.
        lower_is_better : bool or collection of str
            For all columns of ``best``, or for these.
        baselines : sequence of row labels
            They go to the top, in this order.
        digits : int, or mapping of column to int
            Decimals; else as many as the intervals support.
        caption : str

        Raises
        ------
        InputError
            See ``mmnotes.report.tables.grid``.
        """
        title = with_minus(required(title, "a table's title"))
        table = grid(
            frame, best=best, lower_is_better=lower_is_better, baselines=baselines, digits=digits
        )
        publish_html(table.html(title, caption), _as_text(table.text(title), caption))

    def say(self, text: str) -> None:
        """Show a paragraph of Markdown; write it as an f-string over what was computed."""
        publish_markdown(required(text, "what the page says"))

    def takeaway(self, *sentences: str) -> None:
        """Show the three sentences that a colleague could repeat.

        Raises
        ------
        InputError
            If they are not three, or one is empty.
        """
        if len(sentences) != 3:
            raise InputError(f"a takeaway has three sentences, not {len(sentences)}")
        texts = [
            required(sentence, f"sentence {number} of the takeaway")
            for number, sentence in enumerate(sentences, start=1)
        ]
        publish_markdown("\n\n".join(texts))


def _figure_of(fig: Figure | Axes) -> Figure:
    figure = fig.get_figure(root=True) if isinstance(fig, Axes | SubFigure) else fig
    if not isinstance(figure, Figure):
        raise InputError(f"page.show needs a matplotlib figure, not {type(fig).__name__}")
    return figure


def _as_text(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
