"""Sphinx extension: MathJax from a package, no script twice, no picture without alt text."""

import importlib.util
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from mmnotes import __version__
from mmnotes.book.markup import images_without_alt

# The package's name has hyphens, so it cannot be imported; it is only looked for.
_PACKAGE = "sphinx-mathjax-offline"
_FONTS = "output/chtml/fonts/woff-v2"
_LATE = 900  # after the package's own copy of 24 MB, if it is loaded too

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", drop_duplicate_scripts, priority=_LATE)
    app.connect("html-page-context", check_pictures, priority=_LATE)
    app.connect("build-finished", lay_mathjax, priority=_LATE)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}


def drop_duplicate_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Name each script once a page.

    Sphinx and its extensions register some inline scripts twice, with ``None`` and with ``""`` for
    a file name, and the browser then complains of a constant declared twice.
    """
    seen, scripts = set(), []
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", {})
        known = (getattr(script, "filename", script) or "", attributes.get("body") or "")
        if known not in seen:
            seen.add(known)
            scripts.append(script)
    context["script_files"] = scripts


def check_pictures(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Warn of each picture without alt text; the build takes warnings as errors."""
    for address in images_without_alt(context.get("body") or ""):
        logger.warning("picture %s has no alt text; say what it shows", address, location=page)


def lay_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Lay the one MathJax script that ``mathjax_path`` names (and fonts, if it needs any).

    It cannot lie in a folder of static files of the book: every script there is put on every page,
    so MathJax would load twice.
    """
    named = PurePosixPath(str(app.config.mathjax_path or ""))
    if error is not None or app.builder.format != "html" or named.parts[:1] != ("mathjax",):
        return
    script, source = PurePosixPath(*named.parts[1:]), mathjax_folder()
    if not (source / script).is_file():
        raise ExtensionError(f"mathjax_path: {_PACKAGE} has no script {script}")
    target = Path(app.outdir) / "_static" / "mathjax"
    shutil.rmtree(target, ignore_errors=True)
    (target / script).parent.mkdir(parents=True)
    shutil.copyfile(source / script, target / script)
    if "chtml" in script.name:
        shutil.copytree(source / _FONTS, target / _FONTS)


def mathjax_folder() -> Path:
    """The folder of MathJax inside the package that brings it.

    Raises
    ------
    ExtensionError
        If the package is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ExtensionError(f"{_PACKAGE} is not installed: pip install 'mmnotes[book]'")
    return Path(found.submodule_search_locations[0]) / "static" / "mathjax"
