"""What training is timed on: who took what, and vectors of items, in the shape of Amazon's Baby."""

import numpy as np

from mmnotes.bench.item_graphs import make_vectors
from mmnotes.bench.works import Arrays
from mmnotes.data.tables import Interactions
from mmnotes.features.content import Content, Modality

PAIRS = 118_551  # of training; users and items of a smaller market are in proportion
_USERS, _ITEMS = 19_445, 7_050
_TEXT_DIMENSIONS, _TEXT_DIRECTIONS = 384, 48
_SKEW = 20.0  # ranks over which popularity falls to a half
_DRAWS = 4  # for each pair: many are drawn twice


def make_market(n_pairs: int) -> dict[str, np.ndarray]:
    """Random pairs and vectors; each user and each item has a pair for training.

    Parameters
    ----------
    n_pairs : int
        For training, 200 or more.

    Returns
    -------
    dict
        ``seen`` (n_pairs, 2) and ``truth`` (n_users, 2) int64: users and items, by user, each pair
        once and in one of the two; ``image`` (n_items, 4096) and ``text`` (n_items, 384) float32.
    """
    rng = np.random.default_rng(0)
    n_users, n_items = (round(n_pairs * n / PAIRS) for n in (_USERS, _ITEMS))
    seen, truth = _pairs(rng, n_users, n_items, n_pairs)
    directions = rng.normal(size=(_TEXT_DIRECTIONS, _TEXT_DIMENSIONS))
    text = rng.normal(size=(n_items, _TEXT_DIRECTIONS)) @ directions
    text += 4 * rng.normal(size=text.shape)
    image = make_vectors(n_items)["vectors"]
    return {"seen": seen, "truth": truth, "image": image, "text": text.astype(np.float32)}


def _pairs(
    rng: np.random.Generator, n_users: int, n_items: int, n_pairs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs for training, and one for each user that is left out of them."""
    popularity = 1 / (np.arange(n_items) + _SKEW)
    popularity /= popularity.sum()
    activity = rng.gamma(2.0, size=n_users)
    n_draws = _DRAWS * n_pairs
    left_out = rng.choice(n_items, n_users, p=popularity)
    another = (left_out + rng.integers(1, n_items, n_users)) % n_items
    users = [
        np.arange(n_users),
        np.arange(n_users),
        rng.integers(n_users, size=n_items),
        rng.choice(n_users, n_draws, p=activity / activity.sum()),
    ]
    items = [left_out, another, np.arange(n_items), rng.choice(n_items, n_draws, p=popularity)]
    pairs = np.stack([np.concatenate(users), np.concatenate(items)], axis=1)
    first = np.sort(np.unique(pairs @ [n_items, 1], return_index=True)[1])
    pairs = pairs[first[: n_users + n_pairs]]
    seen = pairs[n_users:]
    return seen[np.lexsort(seen.T[::-1])], pairs[:n_users]


def interactions_of(arrays: Arrays) -> Interactions:
    """The pairs for training."""
    user, item = arrays["seen"].T
    return Interactions(user, item, n_users=len(arrays["truth"]), n_items=len(arrays["image"]))


def content_of(arrays: Arrays) -> Content:
    """The vectors of the items, with the nearest of each."""
    return Content({name: Modality.of_vectors(arrays[name]) for name in ("image", "text")})
