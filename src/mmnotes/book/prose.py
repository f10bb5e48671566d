"""Typed numbers: figures in a sentence that no run computed, and that will drift from the results.

A number belongs in an f-string. Names that happen to hold digits (NDCG@10, k=10, chapter 03,
BM3, CO2) are not numbers in this sense; neither is what stands in code, formulas and links.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

from mmnotes.book.extras import need

# A digit inside any of these is part of a name.
_NAMES = re.compile(
    r"""
      \b[^\W\d]\w*@\d+                                  # NDCG@10, Recall@20
    | \b[^\W\d]\w*\s?[=≤≥<>]\s?\d[\d,.]*\d|\b[^\W\d]\w*\s?[=≤≥<>]\s?\d   # k=10, n = 5
    | \b[^\W\d]\w*-?\d\w*                               # BM3, CO2, ResNet-50, k2
    | \b(?:[Cc]hapters?|[Ss]ources?|[Ee]xercises?|[Ff]igures?|[Tt]ables?|[Pp]ython|Amazon)
      \s\d[\d.]*(?:(?:,\s|/|\sand\s|\sto\s|–)\d[\d.]*)*   # chapters 02 and 03, Python 3.11
    """,
    re.VERBOSE,
)
_DIGITS = re.compile(r"\d[\d.,]*")
_HEADING_NUMBER = re.compile(r"^\W*(?:\d+[.:)]?\s)")
# Methods of a page that print what they are given.
_PRINTS = {"say", "takeaway", "show", "strip", "table"}


def typed_numbers(text: str) -> list[str]:
    """The numbers in a piece of plain text that are not part of a name."""
    return [found.rstrip(".,") for found in _DIGITS.findall(_NAMES.sub(" ", text))]


def numbers_in_markdown(source: str) -> list[str]:
    """The typed numbers of a Markdown cell, outside code, formulas, links and raw HTML."""
    found = []
    for text, heading in _texts(source):
        found += typed_numbers(_HEADING_NUMBER.sub("", text) if heading else text)
    return found


def numbers_in_code(source: str, *, takeaway: bool = False) -> list[str]:
    """The typed numbers in what a code cell prints on the page.

    They are looked for in the text given to ``page.say``, ``page.show`` and their kin, and in a
    takeaway cell in all text, and in names bound to a number.
    """
    tree = ast.parse(source)
    roots: list[ast.AST] = [tree] if takeaway else [n for n in ast.walk(tree) if _prints(n)]
    found = [number for root in roots for number in _literals(root)]
    if takeaway:
        found += [
            str(node.value.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _is_number(node.value)
            if isinstance(node.value, ast.Constant)
        ]
    return found


def myst_syntax(source: str) -> list[str]:
    """The MyST roles, directives and targets of a Markdown cell; Jupyter shows them as raw text."""
    found = []
    for token in _parser().parse(source):
        if token.type == "fence" and token.info.strip().startswith("{"):
            found.append(f"```{token.info.strip()}")
        if token.type == "inline":
            found += re.findall(r"^:{3,}\{[^}]+\}", token.content, re.MULTILINE)
            found += re.findall(r"^\([\w-]+\)=$", token.content, re.MULTILINE)
            for before, after in itertools.pairwise(token.children):
                role = re.search(r"\{[\w:+-]+\}$", before.content)
                if before.type == "text" and after.type == "code_inline" and role:
                    found.append(f"{role[0]}`{after.content}`")
    return found


def images_without_alt(source: str) -> list[str]:
    """The addresses of Markdown images that have no alt text."""
    return [
        str(child.attrs.get("src", ""))
        for token in _parser().parse(source)
        for child in token.children or ()
        if child.type == "image" and not child.content.strip()
    ]


def _texts(source: str) -> Iterator[tuple[str, bool]]:
    """The plain text of a Markdown cell, block by block; True where the block is a heading."""
    heading = False
    for token in _parser().parse(source):
        heading = token.type == "heading_open" or (heading and token.type != "heading_close")
        if token.type != "inline":
            continue
        depth, parts = 0, []
        for child in token.children:
            depth += (child.type == "link_open") - (child.type == "link_close")
            if child.type == "text" and not depth:
                parts.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                parts.append(" ")
            else:
                parts.append(" … ")  # code, a formula or a link: no name runs across it
        yield "".join(parts), heading


def _parser() -> Any:
    plugins = need("mdit_py_plugins.dollarmath")
    parser = need("markdown_it").MarkdownIt("commonmark").enable("table")
    return parser.use(plugins.dollarmath_plugin)


def _prints(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _PRINTS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "page"
    )


def _literals(root: ast.AST) -> list[str]:
    """Typed numbers in the text below a node; a format such as ``:.2f`` is not text."""
    found, skipped = [], set()
    for node in ast.walk(root):
        if isinstance(node, ast.FormattedValue):
            if node.format_spec is not None:
                skipped |= {id(part) for part in ast.walk(node.format_spec)}
            if _is_number(node.value):
                found.append(ast.unparse(node.value))
        if isinstance(node, ast.Subscript):  # a key is a name
            skipped |= {id(part) for part in ast.walk(node.slice)}
        if isinstance(node, ast.Constant) and id(node) not in skipped:
            found += typed_numbers(node.value) if isinstance(node.value, str) else []
    return found


def _is_number(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    )
