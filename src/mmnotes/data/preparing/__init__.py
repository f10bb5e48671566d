"""From raw files to a prepared dataset folder: whole, or not at all."""

from mmnotes.data.extras import need

for _module in ("duckdb", "orjson", "pyarrow", "tomli_w"):
    need(_module)  # here, so that the modules of this room can import them plainly
