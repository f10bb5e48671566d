"""From raw reviews, metadata and image vectors to the parts of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from mmnotes.data.embedding import Embedding
from mmnotes.data.options import Options
from mmnotes.data.preparing.database import database
from mmnotes.data.preparing.items import store_metadata, write_items, write_vectors
from mmnotes.data.preparing.pairs import (
    keep_core,
    keep_earliest,
    number_kept,
    store_reviews,
    write_pairs,
)
from mmnotes.data.preparing.parts import Parts
from mmnotes.data.raw import image_features, source
from mmnotes.data.raw.schemas import ITEMS, REVIEWS
from mmnotes.data.raw.tally import Tally
from mmnotes.errors import InputError

_IMAGE_VECTORS = Embedding(
    model="Caffe reference network, trained on ImageNet",
    preprocessing="second last layer, as published with https://doi.org/10.1145/2766462.2767755",
)


@dataclass(frozen=True)
class RawFiles:
    """Reviews, and what may come with them, in one of ``options.FILE_FORMATS``.

    Parameters
    ----------
    format : str
    reviews : Path
    meta : Path, optional
    images : Path, optional
        Image vectors as published with Amazon 2014.
    columns : mapping, optional
        For a table: which column holds what; see ``source.reviews``.

    Raises
    ------
    InputError
        If a column is given for something that no table holds.
    """

    format: str
    reviews: Path
    meta: Path | None = None
    images: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.columns) - {*REVIEWS.names, *ITEMS.names})
        if unknown:
            known = dict.fromkeys([*REVIEWS.names, *ITEMS.names])
            raise InputError(f"no column can hold {unknown[0]!r}; choose from {', '.join(known)}")

    def files(self) -> dict[str, Path]:
        """The files, by their names."""
        given = (self.reviews, self.meta, self.images)
        return {file.name: file for file in given if file is not None}

    def columns_of(self, schema: pa.Schema) -> dict[str, str] | None:
        """The columns given for fields of this schema."""
        return {name: self.columns[name] for name in schema.names if name in self.columns} or None


def review_parts(raw: RawFiles, scratch: Path, tally: Tally, options: Options) -> Parts:
    """Who took what, and what is known of the items?

    What the process holds does not grow with the reviews beyond the ``memory`` of DuckDB: a batch
    of rows, and where there are image vectors one number an item. The rest goes to disk.

    Parameters
    ----------
    raw : RawFiles
    scratch : Path
        An empty folder. Ids, times and metadata need room there, unpacked.
    tally : Tally
        Counts what was read and dropped.
    options : Options
        Its split is not made here.

    Returns
    -------
    Parts
        ``interactions`` (user, item, timestamp, rating; by user, time and item), ``users``,
        ``items``, and vectors ``image``. Users and items are numbered in the order of their raw
        ids, byte by byte.

    Raises
    ------
    InputError
        If a file cannot be read, or nothing is left; see also ``database``.
    """
    max_bad = options.max_bad
    with database(scratch, options.memory, options.threads) as con:
        columns = raw.columns_of(REVIEWS)
        store_reviews(con, source.reviews(raw.format, raw.reviews, tally, max_bad, columns))
        keep_earliest(con, tally, raw.reviews)
        keep_core(con, options.k_core, tally, raw.reviews)
        number_kept(con)
        tables = write_pairs(con, scratch)
        if raw.meta is not None:
            columns = raw.columns_of(ITEMS)
            metadata = source.items(raw.format, raw.meta, tally, max_bad, columns)
            store_metadata(con, metadata, tally, raw.meta)
        id_name = "id" if raw.format == "table" else "asin"
        tables["items"] = write_items(con, id_name, scratch, tally, raw.meta is not None)
        if raw.images is None:
            return Parts(tables=tables, tally=tally)
        blocks = image_features.vectors(raw.images, tally, max_bad)
        width = image_features.WIDTH
        vectors = write_vectors(con, blocks, width, scratch, tally, raw.images)
    return Parts(
        tables=tables,
        tally=tally,
        vectors={"image": vectors},
        embeddings={"image": "image"},
        made_by={"image": _IMAGE_VECTORS},
    )
