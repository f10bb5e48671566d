"""Little pictures, and a little copy of the apparel set, made on the spot."""

import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mmnotes.data import Interactions


def encode(color=(200, 30, 30), size=(40, 40), mode="RGB", format="JPEG", **options):
    """The bytes of a picture of one colour."""
    stream = io.BytesIO()
    Image.new(mode, size, color).save(stream, format, **options)
    return stream.getvalue()


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def pictures():
    """Make pictures: ``pictures.encode(…)`` and ``pictures.zipped(path, members)``."""
    return SimpleNamespace(encode=encode, zipped=zipped)


ITEMS = pd.DataFrame(
    {
        "asin": ["A1", "A4", "A2", "A2", "A3"],
        "brand": ["Acme", "Zed", None, "Acme", "Acme"],
        "color": ["red", "black", "blue", "blue", "red"],
        "image_url": ["u1", "u4", "u2", "u2", "u3"],
        "product_type_name": ["SHIRT"] * 5,
        "title": ["red shirt", "black shirt", "blue shirt", "blue shirt again", ""],
        "price": ["$1,299.00", "$0.01", "Too low to display", "$9.00", "$3.50"],
    }
)


@pytest.fixture
def shelf(tmp_path):
    """A data folder with a small apparel set: A2 comes twice, A4 has no photo, A9 no row."""
    folder = tmp_path / "shelf" / "amazon-apparel"
    folder.mkdir(parents=True)
    ITEMS.to_parquet(folder / "items.parquet")
    np.save(folder / "text_minilm.npy", np.eye(5, 3, dtype=np.float16))
    photos = {f"{asin}.jpg": encode() for asin in ("A1", "A2", "A3", "A9")}
    zipped(folder / "images_96px.zip", photos)
    return folder.parent


def _history(seed=0, n_users=30, n_items=40, n_instants=25, least=1):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(least, 16, n_users)
    user = np.repeat(np.arange(n_users), sizes)
    item = np.concatenate([rng.permutation(n_items)[:n] for n in sizes])
    shuffled = rng.permutation(len(user))
    at = rng.integers(0, n_instants, len(user))
    return Interactions(user[shuffled], item[shuffled], n_users, n_items, timestamp=at)


@pytest.fixture(scope="session")
def history():
    """Make users with ``least`` to 15 rows each, at few instants: many rows share theirs."""
    return _history
