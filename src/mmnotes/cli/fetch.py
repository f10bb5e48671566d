"""``mmnotes data fetch`` and ``mmnotes data photos``."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from mmnotes.cli.common import OK, command
from mmnotes.cli.prepare import tell
from mmnotes.errors import InputError


def add_commands(kinds: Any) -> None:
    """Add them to the commands of ``mmnotes data``."""
    fetch = command(kinds, "fetch", fetch_data, "bring raw files, and prepare them")
    add = fetch.add_argument
    add("datasets", nargs="+", metavar="NAME", help="as mmnotes data list prints it")
    add("--mirror", metavar="URL", help="try URL/ORIGIN/PATH first; data/registry.toml has both")
    add("--without", action="append", default=[], metavar="ROLE", help="leave out, as images")
    add("--raw-only", action="store_true", help="do not prepare them")
    add("--accept-changes", action="store_true", help="take files that differ from those of before")

    photos = command(kinds, "photos", fetch_photos, "bring the photos of a prepared dataset")
    add = photos.add_argument
    add("dataset", metavar="NAME")
    add("--out", metavar="DIR", help="default: raw/NAME/photos beside the datasets")
    add("--pause", type=_seconds, default=0.2, metavar="S", help="between requests; default: 0.2")


def fetch_data(given: argparse.Namespace) -> int:
    """``mmnotes data fetch``: bring the raw files of datasets, check them, and prepare them."""
    from mmnotes.data import fetch, raw_folder

    for name in given.datasets:
        found = fetch(
            name,
            mirror=given.mirror,
            without=set(given.without),
            accept=given.accept_changes,
            say=partial(print, flush=True),
        )
        print(f"{name}: {len(found)} files, whole and checked, in {raw_folder(name)}", flush=True)
        if not given.raw_only:
            _prepare(name)
    return OK


def _prepare(name: str) -> None:
    from mmnotes.data import data_folder
    from mmnotes.data.preparing.prepare import prepare_known

    out = data_folder() / name
    if out.exists():
        print(f"{out} is there already; mmnotes data prepare {name} --force makes it anew")
        return
    tell(prepare_known(name), out)
    print(f"next: mmnotes data describe {name}, or mmnotes.data.load({name!r})")


def fetch_photos(given: argparse.Namespace) -> int:
    """``mmnotes data photos``: bring the photos whose addresses a prepared dataset has."""
    from mmnotes.data import data_folder, load
    from mmnotes.data.fetching import photos

    dataset = load(given.dataset)
    table = dataset.catalog.items
    ids = next((column for column in ("asin", "id") if column in table), None)
    if ids is None or "image_url" not in table:
        raise InputError(f"{given.dataset} has no addresses of photos: its items have no image_url")
    folder = Path(given.out or data_folder() / "raw" / dataset.name / "photos")
    report = photos.fetch_photos(
        table[ids].tolist(),
        table["image_url"].tolist(),
        folder,
        limits=photos.Limits(pause=given.pause),
        say=print,
    )
    print(f"{report}\nin {folder}, named {ids.upper()}.jpg")
    return OK


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0")
    return seconds
