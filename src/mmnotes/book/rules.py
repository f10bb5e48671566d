"""The rules that a stripped notebook keeps, one function a rule.

A rule takes a ``Sheet`` and yields ``(cell, what is wrong, what to do)``, cells counted from 1.
"""

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mmnotes.book.colab import TAG as COLAB_TAG
from mmnotes.book.parameters import DEFAULTS

MOST_CELLS = 25
MOST_LINES = 15
MOST_FUNCTION_LINES = 12
HEADINGS = (
    "Predict",
    "Break it",
    "Detect it",
    "Fix it",
    "On real data",
    "Takeaway",
    "Exercises",
)
TAGS = {
    "parameters": "the cell of parameters",
    "takeaway": "the three sentences",
    "remove-cell": "not in the book",
    "remove-input": "its code is not in the book",
    "remove-output": "its output is not in the book",
    "hide-cell": "folded in the book",
    "hide-input": "its code is folded in the book",
    "hide-output": "its output is folded in the book",
}

Broken = Iterator[tuple[int, str, str]]


@dataclass(frozen=True)
class Sheet:
    """A notebook with what it is held against.

    Parameters
    ----------
    nb : NotebookNode
    claim : str or None
        The sentence of the notebook's first claim; None if the ledger has none.
    colab : str
        What the Colab cell must be.
    """

    nb: Any
    claim: str | None
    colab: str

    def code(self) -> Iterator[tuple[int, Any]]:
        """The code cells with their numbers."""
        return ((n, c) for n, c in enumerate(self.nb.cells, 1) if c.cell_type == "code")

    def markdown(self) -> Iterator[tuple[int, Any]]:
        """The Markdown cells with their numbers."""
        return ((n, c) for n, c in enumerate(self.nb.cells, 1) if c.cell_type == "markdown")

    def tagged(self, tag: str) -> list[int]:
        """The numbers of the cells with this tag."""
        return [n for n, c in enumerate(self.nb.cells, 1) if tag in tags(c)]

    def section(self, heading: str) -> int | None:
        """The number of the cell that begins this section."""
        for number, cell in self.markdown():
            if heading in _headings(cell.source):
                return number
        return None


def tags(cell: Any) -> Sequence[str]:
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def kernel(sheet: Sheet) -> Broken:
    """The kernel is ``python3``."""
    name = sheet.nb.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield 0, f"the kernel is {name!r}", "set metadata.kernelspec.name to 'python3'"


def stripped(sheet: Sheet) -> Broken:
    """Nothing of a run is committed."""
    strip = 'strip it: nbstripout --extra-keys "metadata.papermill cell.metadata.papermill"'
    if "papermill" in sheet.nb.metadata:
        yield 0, "metadata of papermill is committed", strip
    for number, cell in enumerate(sheet.nb.cells, 1):
        if cell.get("outputs"):
            yield number, "an output is committed", strip
        if cell.get("execution_count") is not None:
            yield number, "an execution count is committed", strip
        for name in {"papermill", "execution"} & set(cell.metadata):
            yield number, f"metadata of a run is committed ({name})", strip


def known_tags(sheet: Sheet) -> Broken:
    """A misspelt tag does nothing, silently."""
    for number, cell in enumerate(sheet.nb.cells, 1):
        for tag in sorted(set(tags(cell)) - set(TAGS)):
            yield number, f"unknown tag {tag!r}", f"use one of {', '.join(TAGS)}"


def size(sheet: Sheet) -> Broken:
    """Short enough to be read at one sitting; blank lines don't count."""
    if len(sheet.nb.cells) > MOST_CELLS:
        yield 0, f"{len(sheet.nb.cells)} cells", f"keep to {MOST_CELLS}; move code to the library"
    for number, cell in sheet.code():
        lines = _filled(cell.source.splitlines())
        if lines > MOST_LINES:
            yield number, f"{lines} lines of code", f"keep to {MOST_LINES} a cell"
        for node in ast.walk(_parse(cell)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                length = _filled(cell.source.splitlines()[node.lineno - 1 : node.end_lineno])
                if length > MOST_FUNCTION_LINES:
                    what = f"{node.name} has {length} lines"
                    yield number, what, f"above {MOST_FUNCTION_LINES}, move it to the library"


def parameters(sheet: Sheet) -> Broken:
    """One cell of plain assignments holds the five parameters with their defaults."""
    found = sheet.tagged("parameters")
    wanted = ", ".join(f"{name}={value!r}" for name, value in DEFAULTS.items())
    if len(found) != 1:
        what = f"{len(found)} cells are tagged 'parameters'"
        yield 0, what, f"tag exactly one, with plain assignments: {wanted}"
        return
    assigned = {}
    for statement in _parse(sheet.nb.cells[found[0] - 1]).body:
        try:
            assigned.update(_plain_assignment(statement))
        except ValueError:
            what = f"`{ast.unparse(statement)}` is not a plain assignment"
            yield found[0], what, "write name = value, without annotation or expression"
    for name in assigned.keys() - DEFAULTS.keys():
        yield found[0], f"unknown parameter {name!r}", f"the parameters are {wanted}"
    for name, value in DEFAULTS.items():
        if name not in assigned:
            yield found[0], f"parameter {name!r} is missing", f"write {name} = {value!r}"
        elif (type(assigned[name]), assigned[name]) != (type(value), value):
            yield found[0], f"{name} = {assigned[name]!r}", f"the default is {value!r}"


def opening(sheet: Sheet) -> Broken:
    """The page opens with its title and its claim, then the Colab cell."""
    cells = sheet.nb.cells
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        yield 1, "it does not begin with a title", "write `# Title` into a first Markdown cell"
    elif sheet.claim is None:
        yield 1, "the notebook has no claim in the ledger", "add one to book/claims.toml"
    elif sheet.claim not in _bold(cells[0].source):
        what = "its first claim is not in the first cell"
        yield 1, what, f"write it in bold, word for word: **{sheet.claim}**"
    if len(cells) < 2 or cells[1].cell_type != "code" or cells[1].source != sheet.colab:
        what = "the second cell is not the Colab cell of all chapters"
        yield 2, what, "put in what `mmnotes lint --colab-cell` prints"
    elif COLAB_TAG not in tags(cells[1]):
        yield 2, "the Colab cell would show in the book", f"tag it {COLAB_TAG!r}"


def anatomy(sheet: Sheet) -> Broken:
    """Every chapter has the same sections in the same order."""
    found = [
        (number, heading)
        for number, cell in sheet.markdown()
        for heading in _headings(cell.source)
        if heading in HEADINGS
    ]
    names = [heading for _, heading in found]
    order = "the order is " + ", ".join(HEADINGS)
    for heading in HEADINGS:
        if heading not in names:
            yield 0, f"no section `## {heading}`", order
    for (_, before), (number, heading) in itertools.pairwise(found):
        if HEADINGS.index(heading) <= HEADINGS.index(before):
            yield number, f"`## {heading}` comes after `## {before}`", order


def ending(sheet: Sheet) -> Broken:
    """The last cell checks the claims; its code is not in the book."""
    last = len(sheet.nb.cells)
    cell = sheet.nb.cells[-1] if last else None
    if cell is None or cell.cell_type != "code" or cell.source.strip() != "page.check()":
        yield last, "the last cell does not check the claims", "make it `page.check()`, alone"
    elif "remove-input" not in tags(cell):
        yield last, "the code of the last cell would show in the book", "tag it 'remove-input'"


def takeaway(sheet: Sheet) -> Broken:
    """One code cell prints the takeaway, below its heading."""
    found = sheet.tagged("takeaway")
    begins, ends = sheet.section("Takeaway"), sheet.section("Exercises")
    if len(found) != 1 or sheet.nb.cells[found[0] - 1].cell_type != "code":
        what = f"{len(found)} cells are tagged 'takeaway'"
        yield 0, what, "tag exactly one: the code cell that calls page.takeaway(…)"
    elif begins and not begins < found[0] < (ends or found[0] + 1):
        yield found[0], "the takeaway is not below its heading", "move it below `## Takeaway`"


def solutions(sheet: Sheet) -> Broken:
    """Exercises have solutions; they run, and are folded."""
    begins = sheet.section("Exercises")
    if begins is None:
        return  # `anatomy` says so
    below = [(n, c) for n, c in sheet.code() if begins < n < len(sheet.nb.cells)]
    if not below:
        yield begins, "exercises without a solution", "add a code cell tagged 'hide-cell'"
    for number, cell in below:
        if "hide-cell" not in tags(cell):
            yield number, "a solution lies open", "tag it 'hide-cell'"


def _filled(lines: Sequence[str]) -> int:
    """How many lines hold something."""
    return sum(bool(line.strip()) for line in lines)


def _plain_assignment(statement: ast.stmt) -> dict[str, Any]:
    """The name and value of ``name = literal``; ValueError for anything else."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        raise ValueError
    if not isinstance(statement.targets[0], ast.Name):
        raise ValueError
    return {statement.targets[0].id: ast.literal_eval(statement.value)}


def _headings(source: str) -> list[str]:
    return re.findall(r"^## +(.+?) *#*$", source, re.MULTILINE)


def _bold(source: str) -> list[str]:
    return [" ".join(text.split()) for text in re.findall(r"\*\*(.+?)\*\*", source, re.DOTALL)]


def _parse(cell: Any) -> ast.Module:
    """The syntax of a code cell; empty where ``lint`` has already said that it does not parse."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])
