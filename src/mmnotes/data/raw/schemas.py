"""What every reader of raw files gives, whatever the format."""

import pyarrow as pa

# No two formats agree on units or names: here ratings are as given, times are seconds since 1970
# (UTC), prices US dollars. An empty text and an unknown one are both null.
REVIEWS = pa.schema(
    [
        pa.field("user", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("rating", pa.float64()),
        pa.field("timestamp", pa.float64()),
    ]
)
ITEMS = pa.schema(
    [
        pa.field("item", pa.string(), nullable=False),
        pa.field("title", pa.string()),
        pa.field("description", pa.string()),
        pa.field("brand", pa.string()),
        pa.field("category", pa.string()),
        pa.field("image_url", pa.string()),
        pa.field("price", pa.float64()),
    ]
)
