"""The page that shows our figures beside published ones: a plot, a table and reasons a dataset."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from mmnotes.book.published import Figure, Row, found
from mmnotes.book.words import day, spelt
from mmnotes.errors import InputError
from mmnotes.experiments.models import WITHOUT_CONTENT
from mmnotes.report import results
from mmnotes.report.alt import checked_alt
from mmnotes.report.charts import dot_interval
from mmnotes.report.html import figure_html, plot_html
from mmnotes.report.style import INK, figure
from mmnotes.report.svg import svg_bytes

_HEAD = "| Model | Here | Published | Published lies |\n| :--- | ---: | ---: | :--- |"


def published_page(rows: Sequence[Row], folder: Path, titles: Mapping[str, str]) -> str:
    """The page as MyST Markdown.

    Parameters
    ----------
    rows : sequence of Row
        Those of a dataset together.
    folder : Path
        Of the kept results.
    titles : dict
        For each notebook the title of its page.

    Raises
    ------
    InputError
        As :func:`~mmnotes.book.published.found`, or if a row names no chapter.
    """
    figures = [found(row, folder) for row in rows]
    parts = [_summary(figures)]
    for data, group in groupby(figures, key=lambda each: each.row.data):
        parts += _section(data.replace("-", " ").title(), list(group), titles)
    trained = {(f.row.kept, f.row.data): f.kept for f in figures if f.row.is_trained}
    if trained:
        parts += ["(trained)=\n## Without a chapter", _commands(list(trained.values()))]
    return "\n\n".join(parts) + "\n"


def _summary(figures: Sequence[Figure]) -> str:
    lies = [each.lies for each in figures if each.lies]
    within, below, above = (spelt(lies.count(word)) for word in ("within", "below", "above"))
    return (
        f"Published figures stand beside {len(lies)} of ours: {within} lie within our interval, "
        f"{below} below it, {above} above."
    )


def _section(name: str, figures: Sequence[Figure], titles: Mapping[str, str]) -> list[str]:
    why = [
        f"- *{each.row.model}*, published {each.lies} ours. {each.row.why}"
        for each in figures
        if each.row.why
    ]
    dates = sorted({each.kept.provenance["date"] for each in figures})
    devices = sorted({each.kept.provenance["device"] for each in figures})
    users = max(each.estimate.n_users for each in figures)
    when = " to ".join(dict.fromkeys([day(dates[0]), day(dates[-1])]))
    told = f"Over {users:,} users; runs kept from {when}, {' and '.join(devices)}."
    table = "\n".join([_HEAD, *(_line(each, titles) for each in figures)])
    parts = [f"## {name}", *_plot(name, figures), table, told]
    return [*parts, "\n".join(why)] if why else parts


def _line(each: Figure, titles: Mapping[str, str]) -> str:
    row = each.row
    if not row.is_trained and row.kept not in titles:
        raise InputError(f"book/published.toml: {row.model}: no chapter is named {row.kept!r}")
    model = f"{{doc}}`{row.model} </notebooks/{row.kept}>`"
    if row.is_trained:
        model = f"[{row.model}](#trained)"
    published = "–" if row.published is None else f"{row.published:.4f}"
    ours = f"{each.estimate:.4f}".replace(", ", ",\N{NO-BREAK SPACE}")
    return f"| {model} | {ours} | {published} | {each.lies or '–'} |"


def _plot(name: str, figures: Sequence[Figure]) -> list[str]:
    """The published figures of a dataset as diamonds, each below our dot and interval."""
    beside = [(each, each.row.published) for each in figures if each.row.published is not None]
    if not beside:
        return []
    labels = [each.row.model for each, _ in beside]
    blind = [each.row.model.split(",")[0] in WITHOUT_CONTENT for each, _ in beside]
    fig, ax = figure(height=0.7 + 0.45 * len(beside))
    hues = ["identity" if is_blind else "fused" for is_blind in blind]
    dot_interval(ax, labels, [each.estimate for each, _ in beside], hues, digits=4)
    for row, (_, published) in enumerate(beside):
        ax.plot(published, row + 0.3, "D", color=INK, markersize=5, markerfacecolor="none")
    ax.set_xlabel("Recall@20; diamonds: published")
    within = [each.lies for each, _ in beside].count("within")
    title = f"{name}: {within} of {len(beside)} published figures lie within our intervals"
    told = "; ".join(f"{each.row.model} {each.estimate:.4f}, {p:.4f}" for each, p in beside)
    alt = checked_alt(f"Recall@20 here, and as published: {told}.", title)
    html = figure_html(title, plot_html(svg_bytes(fig), alt), "Coloured: models that see content.")
    return [f"```{{raw}} html\n{html}\n```"]


def _commands(kept: Sequence[results.Kept]) -> str:
    lines = "\n".join(entry.values["command"] for entry in kept)
    hours = sum(entry.values["cpu_seconds"] for entry in kept) / 3600
    return (
        "Some rows stand in no chapter. These commands train them, in "
        f"{hours:.1f} hours of processor time.\n\n```bash\n{lines}\n```"
    )
