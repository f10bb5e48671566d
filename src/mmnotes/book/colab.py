"""The cell that makes a notebook run in Colab; the same in every chapter."""

from mmnotes.book.checkout import Checkout
from mmnotes.book.extras import need
from mmnotes.errors import InputError

TAG = "remove-cell"  # the book does not show it


def repository_url(checkout: Checkout) -> str:
    """The address of the repository, from the one place that holds it.

    Raises
    ------
    InputError
        If ``_config.yml`` has no ``repository: url:``.
    """
    path = checkout.config
    if not path.is_file():
        raise InputError(f"{checkout.show(path)} is missing; it holds the repository's address")
    try:
        url = need("yaml").safe_load(path.read_text("utf-8"))["repository"]["url"]
    except (TypeError, KeyError):
        raise InputError(f"{checkout.show(path)}: no repository: url:") from None
    return str(url).rstrip("/")


def install_cell(url: str) -> str:
    """The source of the cell.

    It does nothing where the library is installed. ``--no-deps``, because Colab holds all that the
    core needs, and a resolver that replaces some of it breaks the rest.
    """
    return _CELL.format(url=url)


_CELL = """\
# In Colab this installs the library; where it is installed it does nothing.
try:
    import mmnotes  # noqa: F401
except ImportError:
    import importlib
    import subprocess
    import sys

    source = "git+{url}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", source]
    subprocess.run(command, check=True)
    importlib.invalidate_caches()"""
