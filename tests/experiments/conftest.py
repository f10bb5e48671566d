"""A small collection in which content tells what people like, and a grid's engine in-process."""

import numpy as np
import pytest

from mmnotes.data import Interactions
from mmnotes.experiments.collection import Collection
from mmnotes.features.content import Content, Modality

N_USERS, N_ITEMS, N_KINDS = 150, 200, 10


def made(seed=0):
    """Every user likes one kind of items; an item's image and text say what kind it is."""
    rng = np.random.default_rng(seed)
    kind = np.arange(N_ITEMS) % N_KINDS
    rows = []
    for user in range(N_USERS):
        liked = np.flatnonzero(kind == user % N_KINDS)
        other = rng.choice(N_ITEMS, 2, replace=False)
        items = np.union1d(rng.choice(liked, 7, replace=False), other)
        parts = np.array(["train"] * (len(items) - 3) + ["valid", "test", "test"])
        rows += list(zip([user] * len(items), items, rng.permutation(parts), strict=True))
    user, item, split = (np.array(column) for column in zip(*rows, strict=True))
    taken = Interactions(user, item, N_USERS, N_ITEMS, split=split)
    vectors = {
        name: (np.eye(N_KINDS)[kind] + rng.normal(0, 0.1, (N_ITEMS, N_KINDS))).astype(np.float32)
        for name in ("image", "text")
    }
    content = Content({name: Modality.of_vectors(values, k=5) for name, values in vectors.items()})
    return Collection("toy", taken, content)


@pytest.fixture(scope="session")
def toy():
    return made()
