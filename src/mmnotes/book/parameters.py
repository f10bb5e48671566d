"""The five parameters that every notebook takes, and what their values may be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmnotes.book.extras import need
from mmnotes.errors import InputError

DEFAULTS: dict[str, Any] = {
    "mode": "fast",
    "seed": 0,
    "n_seeds": 5,
    "null": False,
    "device": "auto",
}


def parameters(**changed: Any) -> dict[str, Any]:
    """The defaults with some of them changed.

    Raises
    ------
    InputError
        If a name is not a parameter, or its value is of another type than the default.
    """
    for name, value in changed.items():
        if name not in DEFAULTS:
            raise InputError(f"no parameter {name!r}; notebooks take {', '.join(DEFAULTS)}")
        wanted = type(DEFAULTS[name])
        if type(value) is not wanted:
            raise InputError(f"parameter {name} must be {wanted.__name__}, not {value!r}")
    chosen = {**DEFAULTS, **changed}
    if chosen["mode"] not in ("fast", "full"):
        raise InputError(f"parameter mode must be 'fast' or 'full', not {chosen['mode']!r}")
    if chosen["n_seeds"] < 1:
        raise InputError(f"parameter n_seeds must be at least 1, not {chosen['n_seeds']}")
    return chosen


def check_declared(path: Path, shown: str, given: Mapping[str, Any] = DEFAULTS) -> None:
    """Does this notebook declare the parameters that it will be given?

    papermill alone does not mind: a notebook without a ``parameters`` cell, or with a misspelt
    name in it, runs with the values that its author left there and looks like a success
    (https://github.com/nteract/papermill/issues/245).

    Raises
    ------
    InputError
        Naming the notebook (as ``shown``) and the parameter.
    """
    nb = need("nbformat").read(path, as_version=4)
    tagged = [c for c in nb.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise InputError(
            f"{shown}: {len(tagged)} cells are tagged 'parameters'; exactly one must be, "
            f"with plain assignments of {', '.join(DEFAULTS)}"
        )
    python = need("papermill.translators").PythonTranslator
    declared = {parameter.name for parameter in python.inspect(tagged[0])}
    absent = sorted(set(given) - declared)
    unknown = sorted(declared - set(given))
    if absent or unknown:
        misspelt = f", and declares the unknown {', '.join(unknown)}" if unknown else ""
        raise InputError(
            f"{shown}: the parameters cell lacks {', '.join(absent) or 'nothing'}{misspelt}; "
            f"it must assign {', '.join(DEFAULTS)}, one a line"
        )
