"""Amazon's reviews, as published in 2014, 2018 and 2023: one JSON object a line.

McAuley, Targett, Shi and van den Hengel, 2015, https://doi.org/10.1145/2766462.2767755 (2014); Ni,
Li and McAuley, 2019, https://doi.org/10.18653/v1/D19-1018 (2018); Hou and others, 2024,
https://arxiv.org/abs/2403.03952 (2023).
"""

from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mmnotes.data.raw import columns, jsonlines
from mmnotes.data.raw.schemas import REVIEWS
from mmnotes.data.raw.tally import Tally
from mmnotes.data.raw.tolerance import Malformed

# User, item, rating and time. Since 2023 an item is a product with all of its variants (colours,
# sizes), by its parent ASIN, and times are milliseconds.
_2014 = ("reviewerID", "asin", "overall", "unixReviewTime")
_2023 = ("user_id", "parent_asin", "rating", "timestamp")
_FIELDS = {"amazon-2014": (_2014, 1.0), "amazon-2018": (_2014, 1.0), "amazon-2023": (_2023, 1e3)}


def reviews(format: str, file: Path, tally: Tally, max_bad: int = 0) -> Iterator[pa.RecordBatch]:
    """Who reviewed what, how and when? Batches of schema REVIEWS; see :func:`source.reviews`."""
    build = partial(_batch, *_FIELDS[format])
    return jsonlines.batches(file, build, "reviews", tally, max_bad)


def _batch(fields: tuple[str, ...], per_second: float, records: Iterator[Any]) -> pa.RecordBatch:
    user, item, rating, time = _columns(fields, records)
    seconds = pc.divide(columns.numbers(time, fields[3]), per_second)
    return pa.record_batch(
        [
            columns.ids(user, fields[0]),
            columns.ids(item, fields[1]),
            columns.numbers(rating, fields[2]),
            columns.times(seconds, fields[3]),
        ],
        schema=REVIEWS,
    )


def _columns(fields: tuple[str, ...], records: Iterator[Any]) -> list[tuple[Any, ...]]:
    """The values of each field, which every record must have."""
    try:
        rows = list(map(itemgetter(*fields), records))
    except KeyError as absent:
        raise Malformed(f"there is no field {absent}: is it another format?") from None
    except TypeError:  # a list, a text, a number: nothing with fields
        raise Malformed("the line holds no object of fields") from None
    return list(zip(*rows, strict=True)) or [()] * len(fields)
