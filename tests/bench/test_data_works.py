"""The files and vectors of the works on data are what they are said to be."""

import gzip
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from mmnotes.bench import item_graphs, photos, preparing_peers
from mmnotes.bench.generated_reviews import write_reviews

N = 10_000
FIELDS = {
    "rating": float,
    "title": str,
    "text": str,
    "images": list,
    "asin": str,
    "parent_asin": str,
    "user_id": str,
    "timestamp": int,
    "helpful_vote": int,
    "verified_purchase": bool,
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("reviews") / "reviews.jsonl.gz"
    write_reviews(N, path)
    return path


@pytest.fixture(scope="module")
def reviews(file):
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_each_line_has_the_fields_of_2023(reviews):
    assert len(reviews) == N
    for review in reviews:
        assert {name: type(value) for name, value in review.items()} == FIELDS
    assert {review["rating"] for review in reviews} == {1.0, 2.0, 3.0, 4.0, 5.0}
    times = np.array([review["timestamp"] for review in reviews])
    assert times.min() > 946_684_800_000  # milliseconds
    assert times.max() < 1_694_000_000_000


def test_lengths_are_those_of_real_reviews(file, reviews):
    words = np.array([len(review["text"].split()) for review in reviews])
    assert np.median(words) == pytest.approx(25, abs=3)
    assert 30 < words.mean() < 50
    assert file.stat().st_size > 150 * N  # what is written again and again would shrink further


def test_few_have_most(reviews):
    for name, share in (("user_id", 0.25), ("parent_asin", 0.4)):
        counts = sorted(Counter(review[name] for review in reviews).values())
        assert sum(counts[-len(counts) // 10 :]) > share * N


def test_there_are_repeats_and_variants(reviews):
    pairs = {(review["user_id"], review["parent_asin"]) for review in reviews}
    assert 0.02 * N <= N - len(pairs) < 0.1 * N
    assert len({review["asin"] for review in reviews}) > 1.5 * len({pair[1] for pair in pairs})


def test_five_core_by_definition(file, reviews):
    """The largest set of pairs in which all have five: drop one offender at a time."""
    pairs = {(review["user_id"], review["parent_asin"]) for review in reviews}
    while True:
        counts = [Counter(pair[side] for pair in pairs) for side in (0, 1)]
        left = {pair for pair in pairs if min(counts[0][pair[0]], counts[1][pair[1]]) >= 5}
        if left == pairs:
            break
        pairs = left
    n_users, n_items = (len({pair[side] for pair in pairs}) for side in (0, 1))
    given = {preparing_peers.FILE: np.array(str(file))}
    values = preparing_peers.pandas(given, 5)
    assert values == {"users": n_users, "items": n_items, "pairs": len(pairs)}
    assert len(pairs) > 500


def test_nearest_are_the_nearest():
    made = item_graphs.make_vectors(400)
    units = made["vectors"].astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    assert len(np.unique(made["items"])) == 256
    for item, nearest in zip(made["items"][:20], made["nearest"], strict=False):
        cosine = units @ units[item]
        others = sorted(set(range(400)) - {item}, key=lambda other: (-cosine[other], other))
        assert nearest.tolist() == others[:10]


def test_vectors_are_like_a_networks():
    vectors = item_graphs.make_vectors(400)["vectors"]
    assert vectors.min() == 0
    assert (vectors == 0).mean() == pytest.approx(0.5, abs=0.02)
    spectrum = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    assert spectrum[:64].sum() > 0.6 * spectrum.sum()


@pytest.mark.parametrize("turn", range(len(item_graphs.WORKS[1].implementations)))
def test_each_finds_all_neighbours(turn):
    who = item_graphs.WORKS[1].implementations[turn]
    pytest.importorskip(who.module, exc_type=ImportError)
    assert who.run(item_graphs.make_vectors(300))["agreement"] == 1


def test_agreement_is_a_share():
    made = item_graphs.make_vectors(300)
    index = np.full((300, 10), -1)
    index[made["items"], :5] = made["nearest"][:, 5:]
    values = item_graphs.values_of(made, index, np.full((300, 10), 0.5))
    assert values == {"agreement": 0.5, "sum of cosines": 1500.0}


def test_an_item_is_not_its_own_neighbour():
    """Dropped where it is listed, and else the eleventh, as among equal vectors."""
    made = item_graphs.make_vectors(300)
    index = np.tile(np.arange(11), (300, 1))
    cosine = np.tile(np.linspace(1, 0, 11), (300, 1))
    values = item_graphs.values_of(made, index, cosine)
    listed = 55 / 10 - cosine[0]  # for items 0 to 10: what is left without their own
    assert values["sum of cosines"] == pytest.approx(listed.sum() + 289 * cosine[0, :10].sum())


def test_photos_are_photos(tmp_path):
    photos.write_photos(40, tmp_path / "photos")
    files = sorted((tmp_path / "photos").iterdir())
    assert len(files) == 40
    sizes = []
    for file in files:
        with Image.open(file) as photo:
            assert photo.format == "JPEG"
            assert max(photo.size) == 500
            sizes.append(min(photo.size))
            white = (np.asarray(photo.convert("L")) > 250).mean()
            assert 0 < white < 0.95
    assert min(sizes) < 350 < 450 < max(sizes)
    assert 10_000 < np.mean([file.stat().st_size for file in files]) < 60_000
