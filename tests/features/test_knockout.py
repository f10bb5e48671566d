"""Content with what it says taken out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnotes.data.graphs import Neighbors
from mmnotes.errors import InputError
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import Content, Modality
from mmnotes.features.knockout import WAYS, knock_out

N = 60


def vectors(seed=0, n=N, d=5):
    return np.random.default_rng(seed).normal(1, 2, (n, d)).astype(np.float32)


@pytest.fixture
def content():
    text = vectors(1)
    text[[3, 8]] = 0
    return Content(
        {"image": Modality.of_vectors(vectors(0), k=4), "text": Modality.of_vectors(text, k=4)}
    )


def same(one, other):
    return all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in (
            (one.block.values, other.block.values),
            (one.block.present, other.block.present),
            (one.graph.index, other.graph.index),
            (one.graph.cosine, other.graph.cosine),
        )
    )


@pytest.mark.parametrize("how", WAYS)
def test_the_others_stay_and_the_one_changes(content, how):
    changed = knock_out(content, ["text"], how)
    assert same(changed["image"], content["image"])
    assert not np.array_equal(changed["text"].block.values, content["text"].block.values)
    assert not np.array_equal(changed["text"].graph.index, content["text"].graph.index)
    assert how in changed["text"].origin


@pytest.mark.parametrize("how", WAYS)
def test_a_kept_graph_is_the_old_one(content, how):
    kept = knock_out(content, ["text"], how, graphs="kept")["text"]
    rebuilt = knock_out(content, ["text"], how)["text"]
    assert np.array_equal(kept.graph.index, content["text"].graph.index)
    assert np.array_equal(kept.block.values, rebuilt.block.values)


@pytest.mark.parametrize("how", WAYS)
def test_the_same_whatever_else_is_knocked_out(content, how):
    alone = knock_out(content, ["text"], how, random_state=3)["text"]
    both = knock_out(content, ["image", "text"], how, random_state=3)["text"]
    assert same(alone, both)


@pytest.mark.parametrize("how", ["shuffle", "noise"])
def test_other_seeds_draw_anew(content, how):
    first, second = (knock_out(content, ["text"], how, seed)["text"] for seed in (0, 1))
    assert not np.array_equal(first.block.values, second.block.values)


@pytest.mark.parametrize("how", ["mean", "noise"])
def test_absent_items_stay_absent(content, how):
    block = knock_out(content, ["text"], how)["text"].block
    assert np.array_equal(block.present, content["text"].block.present)
    assert not block.values[[3, 8]].any()


def test_zero_is_absent(content):
    text = knock_out(content, ["text"], "zero")["text"]
    assert not text.block.present.any()
    assert not text.block.values.any()
    assert (text.graph.index == np.arange(N)[:, None]).all()
    assert np.isnan(text.graph.cosine).all()


def test_all_have_the_mean_and_the_first_rows_as_neighbours(content):
    text, before = knock_out(content, ["text"], "mean")["text"], content["text"].block
    there = before.present
    assert np.allclose(text.block.values[there], before.values[there].mean(axis=0), atol=1e-6)
    assert (text.graph.index[there] == [0, 1, 2, 4]).all()  # row 3 has no text
    assert np.allclose(text.graph.cosine[there], 1)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_shuffled_items_carry_their_neighbours_along(seed):
    """The renamed graph is the one that the shuffled vectors have: no ties among random ones."""
    before = Content({"text": Modality.of_vectors(vectors(seed % 7), k=4)})
    after = knock_out(before, ["text"], "shuffle", seed)["text"]
    built = Modality.of_vectors(after.block.values, k=4)
    assert np.array_equal(after.graph.index, built.graph.index)
    assert np.allclose(after.graph.cosine, built.graph.cosine)
    assert np.array_equal(np.sort(after.block.values, 0), np.sort(before["text"].block.values, 0))


def test_a_published_graph_is_renamed():
    """By definition: j is a neighbour of i now if source(j) was one of source(i)."""
    rng = np.random.default_rng(0)
    graph = Neighbors(rng.integers(0, N, (N, 3)), rng.random((N, 3)))
    block = FeatureBlock(np.arange(N, dtype=np.float32)[:, None] + 1, np.ones(N, bool))
    after = knock_out(Content({"text": Modality(block, graph)}), ["text"], "shuffle", 5)["text"]
    source = after.block.values[:, 0].astype(int) - 1
    for item in range(N):
        assert np.array_equal(source[after.graph.index[item]], graph.index[source[item]])
        assert np.array_equal(after.graph.cosine[item], graph.cosine[source[item]])


@pytest.mark.parametrize(("n", "d"), [(4000, 3), (40, 60)], ids=["long", "singular"])
def test_noise_has_the_mean_and_the_covariance(n, d):
    rng = np.random.default_rng(0)
    true = (rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 3).astype(np.float32)
    content = Content({"text": Modality.of_vectors(true, k=2)})
    draws = [knock_out(content, ["text"], "noise", s)["text"].block.values for s in range(8)]
    drawn = np.concatenate(draws)
    wanted = np.cov(true.T, bias=True)
    # The error of an entry of a covariance over m draws, six times; the root of m for the mean.
    spread = np.sqrt(np.outer(wanted.diagonal(), wanted.diagonal()) / len(drawn))
    assert (abs(np.cov(drawn.T) - wanted) < 6 * np.sqrt(2) * spread).all()
    assert (abs(drawn.mean(0) - true.mean(0)) < 6 * spread.diagonal() ** 0.5).all()
    assert abs(np.corrcoef(draws[0].ravel() - 3, true.ravel() - 3)[0, 1]) < 0.5


def test_nothing_to_knock_out(content):
    absent = knock_out(content, ["text"], "zero")
    for how in WAYS:
        assert not knock_out(absent, ["text"], how)["text"].block.values.any()


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"names": ["sound"], "how": "zero"}, "no modality 'sound'"),
        ({"names": ["text"], "how": "drop"}, "no knock-out 'drop'; choose from zero, mean"),
        ({"names": ["text"], "how": "zero", "graphs": "new"}, "'rebuilt' or 'kept', not 'new'"),
    ],
)
def test_misuse(content, given_, said):
    with pytest.raises(InputError, match=said):
        knock_out(content, **given_)
