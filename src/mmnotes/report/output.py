"""Showing things in a notebook, and as plain text where there is none."""

from collections.abc import Mapping
from typing import Any


def publish(bundle: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
    """Show one thing in the forms of a MIME bundle, which must hold ``text/plain``.

    In a notebook the richest form that the front end knows is shown. In a plain Python process,
    and where IPython is not installed, the text is printed.
    """
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(bundle["text/plain"])
        return
    if get_ipython() is None:
        print(bundle["text/plain"])
        return
    display(dict(bundle), metadata=dict(metadata or {}), raw=True)


def publish_markdown(text: str) -> None:
    """Show Markdown."""
    publish({"text/markdown": text, "text/plain": text})


def publish_html(html: str, text: str, *, lead: bool = False) -> None:
    """Show HTML, with its plain text; ``lead`` marks it for the first screen of the page."""
    publish(
        {"text/html": html, "text/plain": text},
        {"mmnotes": {"lead": True}} if lead else None,
    )
