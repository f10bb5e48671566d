"""Showing things in a notebook, and as plain text where there is none."""

import re
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
    """Show Markdown, its numbers below zero with a minus sign as in tables and figures."""
    text = with_minus(text)
    publish({"text/markdown": text, "text/plain": text})


_SIGN = re.compile(r"(?<!\w)-(?:(?P<zero>0(?:\.0+)?)(?!\.?\d)|(?=\d))")


def _minus(found: re.Match[str]) -> str:
    return found["zero"] or "−"


def with_minus(text: str) -> str:
    """The text with a minus sign for the hyphen before a number, but in code and formulas.

    What was rounded to zero has none.

    >>> with_minus("a loss of -0.2 on 2026-11-21 by `x > -1`")
    'a loss of −0.2 on 2026-11-21 by `x > -1`'
    >>> with_minus("-0.00 [-0.04, 0.03]")
    '0.00 [−0.04, 0.03]'
    """
    parts = re.split(r"(`[^`]*`|\$[^$]*\$)", text)
    parts[::2] = [_SIGN.sub(_minus, part) for part in parts[::2]]
    return "".join(parts)


def publish_html(html: str, text: str, *, lead: bool = False) -> None:
    """Show HTML, with its plain text; ``lead`` marks it for the first screen of the page."""
    publish(
        {"text/html": html, "text/plain": text},
        {"mmnotes": {"lead": True}} if lead else None,
    )
