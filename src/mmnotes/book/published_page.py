"""The page that shows our figures beside published ones: a plot, a table and reasons a dataset."""

from collections.abc import Mapping, Sequence

from mmnotes.book.published import Figure
from mmnotes.book.words import day
from mmnotes.errors import InputError
from mmnotes.experiments.models import WITHOUT_CONTENT
from mmnotes.report import results
from mmnotes.report.alt import checked_alt
from mmnotes.report.charts import dot_interval
from mmnotes.report.html import figure_html, plot_html
from mmnotes.report.style import INK, figure
from mmnotes.report.svg import svg_bytes

_HEAD = "| Model | Here | Published | Published lies |\n| :--- | ---: | ---: | :--- |"


def published_page(figures: Sequence[Figure], titles: Mapping[str, str]) -> str:
    """The page as MyST Markdown.

    Parameters
    ----------
    figures : sequence of Figure
    titles : dict
        For each notebook the title of its page.

    Raises
    ------
    InputError
        If a row names no chapter, the figures of a dataset are over different users, or one of
        ``mmnotes train`` was kept without its command.
    """
    parts = []
    for data in dict.fromkeys(each.row.data for each in figures):
        mine = [each for each in figures if each.row.data == data]
        parts += _section(data.replace("-", " ").title(), mine, titles)
    trained = {(f.row.kept, f.row.data): f.kept for f in figures if f.row.is_trained}
    if trained:
        parts += ["(trained)=\n## Without a chapter", _commands(trained)]
    return "\n\n".join(parts) + "\n"


def _section(name: str, figures: Sequence[Figure], titles: Mapping[str, str]) -> list[str]:
    dates = sorted({each.kept.provenance["date"] for each in figures})
    devices = sorted({each.kept.provenance["device"] for each in figures})
    users = {each.estimate.n_users for each in figures}
    if len(users) > 1:
        raise InputError(f"book/published.toml: rows of {name} are over {sorted(users)} users")
    when = " to ".join(dict.fromkeys([day(dates[0]), day(dates[-1])]))
    told = f"Over {users.pop():,} users; kept from {when}, {' and '.join(devices)}."
    table = "\n".join([_HEAD, *(_line(each, titles) for each in figures)])
    parts = [f"## {name}", *_plot(name, figures), table, told]
    said = [_said(each) for each in figures if each.row.why or each.row.note]
    return [*parts, "\n".join(said)] if said else parts


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


def _said(each: Figure) -> str:
    lies = f", published {each.lies} ours" if each.row.why else ""
    return " ".join(filter(None, [f"- *{each.row.model}*{lies}.", each.row.why, each.row.note]))


def _plot(name: str, figures: Sequence[Figure]) -> list[str]:
    """The published figures of a dataset as diamonds, each below our dot and interval."""
    beside = [(each, each.row.published) for each in figures if each.row.published is not None]
    if not beside:
        return []
    blind = [each.row.name in WITHOUT_CONTENT for each, _ in beside]
    hues = ["identity" if is_blind else "fused" for is_blind in blind]
    fig, ax = figure(height=0.7 + 0.45 * len(beside))
    labels, ours = zip(*((each.row.model, each.estimate) for each, _ in beside), strict=True)
    dot_interval(ax, labels, ours, hues, digits=4)
    for row, (_, published) in enumerate(beside):
        ax.plot(published, row + 0.3, "D", color=INK, markersize=5, markerfacecolor="none")
    ax.set_xlabel("Recall@20; diamonds: published")
    within = [each.lies for each, _ in beside].count("within")
    title = f"{name}: our intervals hold {within} of {len(beside)} published figures"
    told = "; ".join(f"{each.row.model} {each.estimate:.4f}, {p:.4f}" for each, p in beside)
    alt = checked_alt(f"Recall@20 here, and as published: {told}.", title)
    caption = "Coloured: models that look at content."
    html = figure_html(title, plot_html(svg_bytes(fig), alt), caption)
    return [f"```{{raw}} html\n{html}\n```"]


def _commands(trained: Mapping[tuple[str, str], results.Kept]) -> str:
    lines, seconds = [], 0.0
    for (name, data), kept in trained.items():
        try:
            lines.append(kept.values["command"])
            seconds += kept.values["cpu_seconds"]
        except KeyError as error:
            where = f"book/results/{name}.json: {data}"
            raise InputError(f"{where}: {error} is missing; keep it with mmnotes train") from error
    typed = "\n".join(lines)
    return (
        "Some rows stand in no chapter. These commands train them, in "
        f"{seconds / 3600:.1f} hours of processor time, and keep them.\n\n```bash\n{typed}\n```"
    )
