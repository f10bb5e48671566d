import subprocess
import sys

import numpy as np
import pytest
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from mmnotes.data import Neighbors, array_sha256
from mmnotes.errors import InputError
from mmnotes.evaluate import neighbor_overlap
from mmnotes.features import cosine_neighbors, item_graph, spectral_features


@pytest.fixture(scope="module")
def graph():
    values = np.random.default_rng(0).normal(size=(150, 6)).astype(np.float32)
    return item_graph(values, 6)


def normalised(graph):
    """The matrix by definition, dense."""
    A = np.zeros((len(graph), len(graph)))
    for item, others in enumerate(graph.index):
        for other in others:
            if other != item:
                A[item, other] += 0.5
                A[other, item] += 0.5
    degree = A.sum(axis=1)
    return A / np.sqrt(np.outer(degree, degree))


def test_are_the_top_eigenvectors(graph):
    block = spectral_features(graph, 10)
    eigenvalues, vectors = eigh(normalised(graph))
    wanted = vectors[:, ::-1][:, :10]
    wanted *= np.sign(wanted[np.abs(wanted).argmax(axis=0), np.arange(10)])
    assert np.diff(eigenvalues[-11:]).min() > 1e-4  # so that each is unique but for its sign
    np.testing.assert_allclose(block.values, wanted, atol=1e-5)
    assert block.values.dtype == np.float32
    assert block.present.all()


def test_a_cosine_that_is_unknown_does_not_matter(graph):
    unknown = Neighbors(graph.index, np.full(graph.index.shape, np.nan))
    np.testing.assert_array_equal(
        spectral_features(unknown, 5).values, spectral_features(graph, 5).values
    )


def test_nor_does_it_that_an_item_is_its_own_neighbour(graph):
    own = np.concatenate([np.arange(150)[:, None], graph.index], axis=1)
    more = Neighbors(own, np.ones(own.shape))
    np.testing.assert_array_equal(
        spectral_features(more, 5).values, spectral_features(graph, 5).values
    )


def test_an_item_without_neighbours_has_zeros_and_changes_nothing(graph):
    index = np.concatenate([graph.index, np.full((2, 6), [[150], [151]])])
    block = spectral_features(Neighbors(index, np.ones(index.shape)), 5)
    assert block.present.tolist() == [True] * 150 + [False] * 2
    assert not block.values[150:].any()
    np.testing.assert_array_equal(block.values[:150], spectral_features(graph, 5).values)


def test_an_item_that_only_others_name_is_connected():
    block = spectral_features(Neighbors(np.array([[2], [2], [2]]), np.ones((3, 1))), 1)
    assert block.present.all()


def test_a_regular_graph_does_not_stop_it():
    """A ring: a constant is an eigenvector, so a constant start would end at once."""
    ring = np.arange(40)
    index = np.stack([(ring + 1) % 40, (ring - 1) % 40], axis=1)
    values = spectral_features(Neighbors(index, np.ones(index.shape)), 3).values
    np.testing.assert_allclose(values[:, 0], 1 / np.sqrt(40), atol=1e-6)
    np.testing.assert_allclose(values.T @ values, np.eye(3), atol=1e-6)


CODE = """
import numpy as np
from scipy.sparse.linalg import eigsh
from mmnotes.data import array_sha256
from mmnotes.features import item_graph, spectral_features
values = np.random.default_rng(0).normal(size=(150, 6)).astype(np.float32)
if {before}:
    eigsh(np.eye(50), 3)
    np.random.default_rng().normal()
print(array_sha256(spectral_features(item_graph(values, 6), 10).values))
"""


@pytest.mark.slow
def test_another_process_gives_the_same_numbers(graph):
    said = {
        subprocess.run(
            [sys.executable, "-c", CODE.format(before=before)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for before in (False, True)
    }
    assert said == {array_sha256(spectral_features(graph, 10).values)}


@pytest.mark.parametrize("n", [0, 150, 500])
def test_bad_input(graph, n):
    with pytest.raises(InputError, match=f"n_components={n} of a graph with 150 .* 1 to 149"):
        spectral_features(graph, n)


@pytest.mark.parametrize(("modality", "share"), [("image", 0.47), ("text", 0.59)])
def test_on_amazon_baby_they_give_back_half_of_the_neighbours(baby, modality, share):
    graph = baby.graphs[modality]
    values = spectral_features(graph).values
    found = cosine_neighbors(values, 10, itself=True)[0]
    assert values.shape == (7050, 128)
    assert share <= neighbor_overlap(found, graph.index).mean() < share + 0.1


def test_the_number_of_threads_changes_nothing():
    """Finished runs are kept under a digest of these numbers."""
    rng = np.random.default_rng(0)
    graph = Neighbors(rng.integers(0, 3_000, (3_000, 10)), np.ones((3_000, 10)))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(spectral_features(graph, n_components=64).values)
    np.testing.assert_array_equal(*found)
