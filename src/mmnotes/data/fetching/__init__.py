"""Files and photos from other machines: each whole and checked, or a clear no."""

from mmnotes.data.extras import need

for _module in ("requests", "tomli_w"):
    need(_module)  # here, so that the modules of this room can import them plainly
