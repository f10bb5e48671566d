"""Where the ledger and the kept results stand."""

import os
from pathlib import Path

from mmnotes.errors import InputError

_PACKAGE = Path(__file__).resolve().parents[1]


def shelf() -> Path:
    """The folder with ``claims.toml`` and ``results/``.

    ``MMNOTES_BOOK`` if it is set; else ``book/`` of the checkout that this package lies in; else
    the copy that is installed with the package.

    Raises
    ------
    InputError
        If none of them holds a ledger.
    """
    chosen = os.environ.get("MMNOTES_BOOK")
    places = [Path(chosen)] if chosen else [_PACKAGE.parents[1] / "book", _PACKAGE / "_book"]
    for place in places:
        if (place / "claims.toml").is_file():
            return place
    looked = ", ".join(str(place) for place in places)
    advice = "correct MMNOTES_BOOK" if chosen else "install mmnotes again, or run in a checkout"
    raise InputError(f"no claims.toml in {looked}: {advice}")


def results_folder() -> Path:
    """The folder of the kept results; it need not exist."""
    return shelf() / "results"
