"""One small input for each extractor, with one item that lacks the modality."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mmnotes.data import ArrayImages
from mmnotes.features import OneHotMetadata, PcaImage, TfidfText

N, MISSING = 30, 4


def titles():
    rng = np.random.default_rng(0)
    words = np.array(["red", "blue", "shirt", "dress", "silk", "wool", "long"])
    lines = [" ".join(rng.choice(words, 4)) for _ in range(N)]
    lines[MISSING] = "  "
    return lines


def photos():
    rng = np.random.default_rng(1)
    present = np.arange(N) != MISSING
    return ArrayImages(rng.integers(0, 256, (N, 12, 12, 3), dtype=np.uint8), present)


def metadata():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "color": rng.choice(["red", "blue", "black"], N),
            "price": rng.uniform(1, 100, N),
            "promoted": rng.integers(0, 2, N),
        }
    )
    table.loc[MISSING, ["color", "price"]] = None
    return table


CASES = {
    "text": (TfidfText(n_components=3), titles),
    "image": (PcaImage(n_components=3, side=6), photos),
    "metadata": (OneHotMetadata(("color", "price"), ("promoted",), min_frequency=2), metadata),
}


@pytest.fixture(params=list(CASES))
def case(request):
    """An extractor, ``X``, the row ``missing`` and ``take(rows)`` of the input."""
    extractor, make = CASES[request.param]
    X = make()

    def take(rows):
        if isinstance(X, ArrayImages):
            return X.select(rows)
        return X.iloc[rows] if isinstance(X, pd.DataFrame) else [X[row] for row in rows]

    return SimpleNamespace(extractor=extractor, X=X, take=take, missing=MISSING, n=N)
