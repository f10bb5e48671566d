"""Amazon Baby from public copies: split, neighbours, ASINs and addresses of photos."""

from pathlib import Path

from mmnotes.data.preparing.parts import Parts
from mmnotes.data.public.published_graphs import GRAPHS, read_published
from mmnotes.data.raw.published_tables import read_columns, refuse_lines
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError


def read(folder: Path, tally: Tally) -> Parts:
    """What do the public copies of Amazon Baby hold?

    Ratings, titles, descriptions and sentence vectors are in none of them: the official files of
    2014 have them.

    Parameters
    ----------
    folder : Path
        Holds ``Datasets/baby/`` and ``data/baby/``; see ``read_published``. ``data/baby/`` has also
        ``baby_url.csv``: itemID, asin, imUrl.

    Returns
    -------
    Parts
        interactions (user, item, split) by user and item; items (item, asin, image_url); graphs.

    Raises
    ------
    InputError
        If a file is missing, broken, or does not match the others.
    """
    published = read_published(folder, "baby", tally)
    file = folder / "data" / "baby" / "baby_url.csv"
    photos = read_columns(file, {"itemID": "int64", "asin": "string", "imUrl": "string"})
    items = published.items
    if len(photos) != len(items):
        raise InputError(f"{file}: {len(photos)} items, but the split has {len(items)}")
    for ours, theirs in (("item", "itemID"), ("asin", "asin")):
        other = photos[theirs] != items[ours].to_numpy()
        refuse_lines(other, file, f"has another {theirs} than i_id_mapping.csv")
    known = photos["imUrl"].where(photos["imUrl"] != "", None).to_numpy()
    tally.read("items with an image address", int((photos["imUrl"] != "").sum()))
    return Parts(
        tables={
            "interactions": published.interactions,
            "items": items.assign(image_url=known),
        },
        tally=tally,
        archives=published.graphs,
        graphs=GRAPHS,
    )
