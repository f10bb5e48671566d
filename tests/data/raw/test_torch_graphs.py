"""Graphs come back as they were before they were normalised, and hostile files are refused."""

import os
import pickle
import zipfile

import numpy as np
import pytest

from mmnotes.errors import InputError

torch = pytest.importorskip("torch")
from mmnotes.data.raw.torch_graphs import read_graph  # noqa: E402 (it imports torch)


def nearest(values, k):
    """The k largest cosines of each row by brute force, ties by number: index and cosine."""
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    cosine = unit @ unit.T
    order = np.array([sorted(range(len(row)), key=lambda j: (-row[j], j))[:k] for row in cosine])
    return order, np.take_along_axis(cosine, order, axis=1)


def normalised(index, cosine):
    """D^-1/2 S D^-1/2 as a sparse tensor, its entries in the order of the rows."""
    n = len(index)
    degree = cosine.sum(axis=1)
    values = cosine / np.sqrt(degree[:, None] * degree[index])
    where = np.stack([np.repeat(np.arange(n), index.shape[1]), index.ravel()])
    return torch.sparse_coo_tensor(
        torch.from_numpy(where),
        torch.from_numpy(values.ravel()).float(),
        (n, n),
        check_invariants=False,
    )


@pytest.fixture
def features():
    return np.abs(np.random.default_rng(0).normal(size=(40, 6)))


@pytest.fixture
def written(tmp_path):
    def of(thing):
        file = tmp_path / "image_adj_10_True.pt"
        torch.save(thing, file)
        return file

    return of


class TestGraph:
    @pytest.mark.parametrize("coalesced", [False, True], ids=["as computed", "by number"])
    @pytest.mark.parametrize("k", [1, 5])
    def test_nearest_first_with_their_cosines(self, written, features, k, coalesced):
        index, cosine = nearest(features, k)
        tensor = normalised(index, cosine)
        graph = read_graph(written(tensor.coalesce() if coalesced else tensor), 40)
        np.testing.assert_array_equal(graph.index, index)
        np.testing.assert_allclose(graph.cosine, cosine, atol=1e-6)

    def test_ties_keep_their_order_or_go_by_number(self, written):
        values = np.array([[1.0, 0.0], [0.6, 0.8], [0.6, -0.8]])
        index = np.array([[0, 2, 1], [1, 0, 2], [2, 0, 1]])  # 1 and 2 are as near to 0
        unit = values @ values.T
        tensor = normalised(index, np.take_along_axis(unit + 1, index, axis=1) / 2)
        assert read_graph(written(tensor), 3).index[0].tolist() == [0, 2, 1]
        mixed = tensor.coalesce()
        assert read_graph(written(mixed), 3).index[1].tolist() == [1, 0, 2]

    def test_an_item_that_is_not_its_own_neighbour(self, written, features):
        """Its degree is unknown, and so are the cosines that hang on it; no others are."""
        index, cosine = nearest(features, 5)
        index[7, 0] = next(j for j in range(40) if j not in index[7])
        graph = read_graph(written(normalised(index, cosine)), 40)
        unknown = (np.arange(40)[:, None] == 7) | (graph.index == 7)
        np.testing.assert_array_equal(np.isnan(graph.cosine), unknown)
        known = ~unknown & (graph.index == index)
        np.testing.assert_allclose(graph.cosine[known], cosine[known], atol=1e-6)

    def test_unknown_ones_come_last_where_they_are_sorted(self, written, features):
        index, cosine = nearest(features, 5)
        index[7, 0] = next(j for j in range(40) if j not in index[7])
        graph = read_graph(written(normalised(index, cosine).coalesce()), 40)
        for row in np.isnan(graph.cosine):
            assert row.tolist() == sorted(row)


def tensor(rows, columns, values, shape=(3, 3)):
    return torch.sparse_coo_tensor([rows, columns], values, shape, check_invariants=False)


ONE = torch.eye(3).to_sparse()
REFUSED = {
    "dense": (lambda: torch.eye(3), "something else than one sparse COO"),
    "rows packed": (lambda: torch.eye(3).to_sparse_csr(), "something else than one sparse COO"),
    "two": (lambda: [ONE, ONE], "no matrix needs"),
    "another size": (lambda: torch.eye(4).to_sparse(), r"\(4, 4\), but there are 3 items"),
    "not square": (lambda: tensor([0], [3], [1.0], (3, 4)), r"\(3, 4\), but there are 3 items"),
    "uneven": (lambda: tensor([0, 0, 1, 2], [0, 1, 1, 2], [1.0] * 4), "1 to 2 neighbours"),
    "none": (lambda: tensor([], [], []), "0 to 0 neighbours"),
    "twice": (lambda: tensor([0, 0], [1, 1], [1.0, 1.0]), "the same neighbour twice"),
    "NaN": (lambda: tensor([0, 1, 2], [0, 1, 2], [1, float("nan"), 1]), "item 1 has a cosine"),
    "too near": (
        lambda: tensor([0, 0, 1, 1, 2, 2], [0, 1, 1, 0, 2, 0], [1, 5.0] * 3),
        "cosines leave -1 … 1",
    ),
    "far from itself": (lambda: tensor([0, 1, 2], [0, 1, 2], [1, -1.0, 1]), "A_ii is below 1 / k"),
    "no numbers": (lambda: {"a": print}, "names '(__)?builtin"),
    "other numbers": (lambda: ONE.to(torch.bfloat16), "names 'torch.BFloat16Storage'"),
}


class TestRefused:
    @pytest.mark.parametrize("kind", REFUSED)
    def test_kind(self, written, kind):
        content, fault = REFUSED[kind]
        with pytest.raises(InputError, match=rf"image_adj_10_True\.pt: .*{fault}"):
            read_graph(written(content()), 3)

    @pytest.mark.parametrize(("row", "column"), [(3, 0), (-1, 0), (0, 3), (0, -1)])
    def test_of_no_item(self, written, row, column):
        with pytest.raises(InputError, match="an entry is of no item in 0 … 2"):
            read_graph(written(tensor([row, 1, 2], [column, 1, 2], [1.0] * 3)), 3)

    def test_one_number_for_a_billion(self, written):
        """A stride of zero: the entries claim far more memory than the file has bytes."""
        index = torch.zeros(1, dtype=torch.int64).expand(2, 2**33)
        values = torch.zeros(1).expand(2**33)
        with pytest.raises(InputError, match="do not fit one another"):
            read_graph(
                written(torch.sparse_coo_tensor(index, values, (3, 3), check_invariants=False)), 3
            )

    def test_nothing_is_run(self, written, tmp_path):
        canary = tmp_path / "sang"

        class Loaded:
            def __reduce__(self):
                return os.system, (f"touch '{canary}'",)

        with pytest.raises(InputError, match=r"names 'posix\.system'"):
            read_graph(written(Loaded()), 3)
        assert not canary.exists()

    def test_memory_that_weights_only_would_give(self, written, tmp_path):
        class Loaded:
            def __reduce__(self):
                return bytearray, (2**40,)

        with pytest.raises(InputError, match=r"names '(__)?builtins?(__)?\.bytearray'"):
            read_graph(written(Loaded()), 3)

    @pytest.mark.parametrize("keep", [0, 0.3, 0.6, 0.99])
    def test_cut(self, written, keep):
        file = written(ONE)
        whole = file.read_bytes()
        file.write_bytes(whole[: int(keep * len(whole))])
        with pytest.raises(InputError, match=r"image_adj_10_True\.pt: not a whole zip file"):
            read_graph(file, 3)

    def test_every_byte_flipped(self, written):
        """Whatever is broken, the graph is refused, or the byte did not matter."""
        file = written(ONE)
        whole = file.read_bytes()
        for at in range(0, len(whole), 7):
            content = bytearray(whole)
            content[at] ^= 0x55
            file.write_bytes(bytes(content))
            try:
                graph = read_graph(file, 3)
            except InputError:
                continue
            assert graph.index.tolist() == [[0], [1], [2]]

    def test_an_old_torch_file(self, tmp_path):
        file = tmp_path / "a.pt"
        torch.save(ONE, file, _use_new_zipfile_serialization=False)
        with pytest.raises(InputError, match=r"a\.pt: not a whole zip file"):
            read_graph(file, 3)

    def test_a_pickle(self, tmp_path):
        file = tmp_path / "a.pt"
        file.write_bytes(pickle.dumps(np.eye(3)))
        with pytest.raises(InputError, match=r"a\.pt: not a whole zip file"):
            read_graph(file, 3)

    def test_a_zip_of_something_else(self, tmp_path):
        file = tmp_path / "a.pt"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", "a")
        with pytest.raises(InputError, match="there is not one data"):
            read_graph(file, 3)

    def test_members_that_are_deflated(self, written):
        file = written(ONE)
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        with pytest.raises(InputError, match="its members are compressed"):
            read_graph(file, 3)
