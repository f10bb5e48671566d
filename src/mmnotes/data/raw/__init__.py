"""Raw files as they are published: reviews, metadata, image features, folders of others."""

from mmnotes.data.extras import need

for _module in ("pyarrow", "orjson"):
    need(_module)  # here, so that the modules of this room can import them plainly
