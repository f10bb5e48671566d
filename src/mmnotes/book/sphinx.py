"""Render the staged book: warnings are errors, and a failure leaves nothing behind."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mmnotes.book.checkout import Checkout
from mmnotes.book.extras import need

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_PROBLEM = re.compile(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b|^[\w.]*(Error|Exception)\b")


class SphinxFailed(Exception):
    """The book was not rendered; the message has a line for each warning."""


def render(checkout: Checkout) -> Path:
    """Render the book into ``build/html``, which is replaced in one step.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    SphinxFailed
        On any warning. The log lies in ``build/sphinx.log``; the old book is still there.
    """
    need("jupyter_book")
    checkout.build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".html-", dir=checkout.build) as scratch:
        log = checkout.build / "sphinx.log"
        code = _jupyter_book(checkout, Path(scratch), log)
        html = Path(scratch) / "_build" / "html"
        if code or not (html / "index.html").is_file():
            raise SphinxFailed(_problems(checkout, log))
        _require_all_pages(checkout, html)
        _replace(html, checkout.html)
    return checkout.html / "index.html"


def discard(checkout: Checkout) -> None:
    """Remove every page and everything that pages are made from, so that no stale one is read."""
    for folder in (checkout.html, checkout.staged, checkout.generated):
        shutil.rmtree(folder, ignore_errors=True)


def _jupyter_book(checkout: Checkout, output: Path, log: Path) -> int:
    from mmnotes.book.kernel import python_path

    program = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "build", str(checkout.book)]
    command += ["--path-output", str(output), "--config", str(checkout.config)]
    command += ["-W", "-n", "--keep-going"]
    environment = {**os.environ, "PYTHONPATH": python_path(), "PYTHONUNBUFFERED": "1"}
    with log.open("w", encoding="utf-8") as stream:
        ended = subprocess.run(
            command, cwd=checkout.root, env=environment, stdout=stream, stderr=subprocess.STDOUT
        )
    return ended.returncode


def _require_all_pages(checkout: Checkout, html: Path) -> None:
    """A notebook that the table of contents forgets would be left out without a word."""
    absent = [
        path.stem
        for path in sorted(checkout.staged.glob("*.ipynb"))
        if not (html / checkout.staged.name / f"{path.stem}.html").is_file()
    ]
    if absent:
        raise SphinxFailed(f"book/_toc.yml does not list notebooks/{', notebooks/'.join(absent)}")


def _problems(checkout: Checkout, log: Path) -> str:
    """The warnings and errors of a log, one a line, with paths from the root."""
    lines = _ANSI.sub("", log.read_text("utf-8")).replace(f"{checkout.root}{os.sep}", "")
    found = [line.strip() for line in lines.splitlines() if _PROBLEM.search(line)]
    found = list(dict.fromkeys(found)) or lines.strip().splitlines()[-1:]
    return "\n".join([*found, f"the whole log is {checkout.show(log)}"])


def _replace(new: Path, old: Path) -> None:
    """Put a folder in the place of another; a reader never sees half of either."""
    past = new.with_name("html.old")
    if old.exists():
        old.rename(past)
    new.rename(old)
