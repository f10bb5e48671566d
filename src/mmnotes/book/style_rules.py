"""The rules for what a notebook says and shows. Like ``rules``: ``(cell, what, what to do)``."""

import ast
import re
from typing import Any

from mmnotes.book.prose import (
    images_without_alt,
    myst_syntax,
    numbers_in_code,
    numbers_in_markdown,
)
from mmnotes.book.rules import Broken, Sheet, tags

_FIGURES = {"show", "strip"}


def syntax(sheet: Sheet) -> Broken:
    """Code cells are Python, without magics, so that any tool can read them."""
    for number, cell in sheet.code():
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            line = (error.text or "").strip()
            yield number, f"not plain Python: {error.msg} in `{line}`", "mend it; no % or ! lines"


def no_myst(sheet: Sheet) -> Broken:
    """Markdown cells read well in plain Jupyter and in Colab."""
    for number, cell in sheet.markdown():
        for found in myst_syntax(cell.source):
            yield number, f"MyST syntax `{found}`", "write plain Markdown; Colab shows it raw"


def no_typed_numbers(sheet: Sheet) -> Broken:
    """Numbers in sentences come from the run."""
    remedy = "compute it in an f-string, or put a name or code span round what is no result"
    for number, cell in sheet.markdown():
        source = _without_claim(sheet, cell.source) if number == 1 else cell.source
        for found in numbers_in_markdown(source):
            yield number, f"typed number {found} in the text", remedy
    for number, cell in sheet.code():
        if _parses(cell):
            takeaway = "takeaway" in tags(cell)
            for found in numbers_in_code(cell.source, takeaway=takeaway):
                where = "the takeaway" if takeaway else "what the page prints"
                yield number, f"typed number {found} in {where}", remedy


def alt_text(sheet: Sheet) -> Broken:
    """Every figure has alt text."""
    for number, cell in sheet.markdown():
        for address in images_without_alt(cell.source):
            yield number, f"image {address} without alt text", "write ![what it shows](…)"
    for number, cell in sheet.code():
        for call in _calls(cell):
            if not isinstance(call.func, ast.Attribute):
                continue
            owner = ast.unparse(call.func.value)
            if call.func.attr in _FIGURES and owner == "page" and not _has_alt(call):
                what = f"`page.{call.func.attr}` without alt text"
                yield number, what, "give alt= an f-string that says what the figure shows"
            if call.func.attr == "show" and owner in ("plt", "matplotlib.pyplot"):
                what = f"`{owner}.show` shows a figure without alt text"
                yield number, what, "show it with page.show(figure, title=…, alt=…)"


def _without_claim(sheet: Sheet, source: str) -> str:
    """The first cell without the claim, which stands there word for word as in the ledger."""
    words = [re.escape(word) for word in (sheet.claim or "").split()]
    return re.sub(r"\*\*" + r"\s+".join(words) + r"\*\*", "", source) if words else source


def _has_alt(call: ast.Call) -> bool:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "alt"]
    empty = (isinstance(v, ast.Constant) and not str(v.value or "").strip() for v in given)
    return bool(given) and not any(empty)


def _calls(cell: Any) -> list[ast.Call]:
    if not _parses(cell):
        return []
    return [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]


def _parses(cell: Any) -> bool:
    try:
        ast.parse(cell.source)
    except SyntaxError:
        return False
    return True
