"""Recipes: from the public copies of a dataset to the very folder that the kept results used.

Each module reads one dataset, from the files that ``mmnotes data fetch`` brings: below the folder
of raw files they lie where they lie in the repositories of those who published them.
"""

import importlib
from pathlib import Path

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

RECIPES = (
    "amazon-baby",
    "amazon-grocery",
    "amazon-sports",
    "coat",
    "flickr30k-captions",
    "flickr8k-captions",
    "open-bandit",
)


def read(name: str, folder: Path, tally: Tally) -> Parts:
    """What do the public copies of this dataset hold?

    Parameters
    ----------
    name : one of RECIPES
    folder : Path
        The raw files, as fetched.
    tally : Tally
        Counts what was read and dropped.

    Raises
    ------
    InputError
        If there is no such recipe, or a file is missing, broken or does not match the others.
    """
    if name not in RECIPES:
        raise InputError(f"no recipe for {name!r}; there is one for {', '.join(RECIPES)}")
    recipe = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    parts: Parts = recipe.read(folder, tally)
    return parts
