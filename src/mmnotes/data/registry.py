"""Which prepared datasets can be read, and where they lie."""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mmnotes.errors import InputError

VARIABLE = "MMNOTES_DATA"


@dataclass(frozen=True)
class Source:
    """What is known of a dataset before it is read.

    Parameters
    ----------
    name : str
        The name of its folder, and of the dataset in the book.
    about : str
        What it holds, in a few words.
    reader : str
        Module of ``mmnotes.data`` whose ``read(folder, **options)`` reads it.
    files : tuple of str
        Files that its folder must hold.
    n_rows : int
        Rows of the published file, before anything is dropped.
    licence, citation : str
    """

    name: str
    about: str
    reader: str
    files: tuple[str, ...]
    n_rows: int
    licence: str
    citation: str


SOURCES = {
    "amazon-apparel": Source(
        name="amazon-apparel",
        about="women's tops of Amazon's catalogue: photos, titles, brand, colour, type, price",
        reader="apparel",
        files=("items.parquet", "images_96px.zip", "text_minilm.npy"),
        n_rows=16_042,
        licence="catalogue data of Amazon, for research use; show thumbnails sparingly",
        citation="titles, metadata and photos of Amazon's catalogue, from public copies",
    ),
    "amazon-baby": Source(
        name="amazon-baby",
        about="who bought which products for babies, split at random; titles, neighbour graphs",
        reader="baby",
        files=(
            "interactions.parquet",
            "items.parquet",
            "image_knn10.npz",
            "text_knn10.npz",
            "text_minilm.npy",
        ),
        n_rows=160_792,
        licence="reviews and metadata of Amazon, for research use",
        citation="McAuley and others (SIGIR 2015), He and McAuley (WWW 2016); split and graphs "
        "from public copies",
    ),
    "coat": Source(
        name="coat",
        about="ratings of coats, self-selected and at random, with propensities",
        reader="coat",
        files=("coat.npz",),
        n_rows=11_600,
        licence="published for research; the public copies are in a repository under MIT",
        citation="Schnabel and others (ICML 2016)",
    ),
    "open-bandit": Source(
        name="open-bandit",
        about="what two policies showed in a fashion shop, how likely, and the clicks",
        reader="open_bandit",
        files=(
            "items_men.parquet",
            "items_women.parquet",
            "random_men.parquet",
            "random_women.parquet",
            "bts_men.parquet",
            "bts_women.parquet",
        ),
        n_rows=40_000,
        licence="Apache-2.0, as its repository says",
        citation="Saito and others (NeurIPS Datasets and Benchmarks 2021)",
    ),
}


@dataclass(frozen=True)
class DatasetInfo:
    """One line of ``mmnotes data list``. ``path`` is where the folder is, or would be."""

    name: str
    about: str
    path: Path
    at_hand: bool
    n_rows: int
    licence: str
    citation: str


def source(name: str) -> Source:
    """What is known of the dataset of this name?

    Raises
    ------
    InputError
        If no dataset of this name can be read.
    """
    if name not in SOURCES:
        close = get_close_matches(name, SOURCES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose one of {sorted(SOURCES)}"
        raise InputError(f"no dataset {name!r} can be read; {hint}")
    return SOURCES[name]


def data_folder(folder: str | Path | None = None) -> Path:
    """Where do the prepared datasets lie?

    In ``folder`` if given; else where the environment variable ``MMNOTES_DATA`` says; else in
    ``data/`` of a checkout; else in the user's cache.

    Raises
    ------
    InputError
        If ``folder`` or ``MMNOTES_DATA`` names no folder.
    """
    named = folder or os.environ.get(VARIABLE)
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_dir():
            who = "folder" if folder else VARIABLE
            raise InputError(f"{who} is {str(named)!r}, but {path} is no folder; correct the path")
        return path
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file() and (checkout / "src" / "mmnotes").is_dir():
        return checkout / "data"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mmnotes" / "data"


def listing(folder: str | Path | None = None) -> list[DatasetInfo]:
    """Which datasets can be read, where are they, and which are at hand?"""
    root = data_folder(folder)
    return [
        DatasetInfo(
            name=known.name,
            about=known.about,
            path=root / known.name,
            at_hand=(root / known.name).is_dir(),
            n_rows=known.n_rows,
            licence=known.licence,
            citation=known.citation,
        )
        for known in SOURCES.values()
    ]
