"""Where finished runs are kept, so that nobody waits for them twice."""

import os
from pathlib import Path

from mmnotes.data.registry import own_folder

VARIABLE = "MMNOTES_RUNS"


def runs_folder() -> Path:
    """Where do finished and begun runs lie?

    Where the environment variable ``MMNOTES_RUNS`` says; else in ``build/runs`` of a checkout; else
    in the user's cache. It need not be there yet.
    """
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser().absolute() if named else own_folder("build/runs", "runs")
