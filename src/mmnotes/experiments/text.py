"""The summary for the terminal."""

from collections.abc import Sequence

from mmnotes.experiments.summary import Row


def as_text(rows: Sequence[Row], metrics: Sequence[str] = ("recall@20", "ndcg@20")) -> str:
    """Rows as text: a table for each track."""
    tracks = dict.fromkeys((row.data, row.protocol, row.track) for row in rows)
    return "\n\n".join(
        _table([row for row in rows if (row.data, row.protocol, row.track) == track], metrics)
        for track in tracks
    )


def _table(rows: Sequence[Row], metrics: Sequence[str]) -> str:
    first, main = rows[0], metrics[0]
    head = (
        f"{first.data}, {first.protocol}, {first.track}: {first.metrics[main].n_users:,} users, "
        f"among {first.candidates} ({first.n_candidates:,})"
    )
    lines = [["", *metrics, "seeds", f"gain in {main}"]]
    for row in rows:
        shown = [f"{row.metrics[name]:.4f}" for name in metrics]
        gain = f"{row.gains[main]:+.4f}" if row.gains else ""
        lines.append([row.label, *shown, str(row.metrics[main].n_seeds), gain])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join([head, *(f"  {line}" for line in aligned)])
