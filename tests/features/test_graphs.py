import zipfile

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.features import cosine_neighbors, graph_key, graphs, item_graph


@pytest.fixture
def values():
    values = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    values[9] = 0
    return values


@pytest.fixture
def builds(monkeypatch):
    """How often a graph was built."""
    done = []

    def counted(*args, **options):
        done.append(args)
        return cosine_neighbors(*args, **options)

    monkeypatch.setattr(graphs, "cosine_neighbors", counted)
    return done


def same(one, other):
    return np.array_equal(one.index, other.index) and np.array_equal(
        one.cosine, other.cosine, equal_nan=True
    )


def test_is_what_cosine_neighbors_finds(values):
    graph = item_graph(values, 5)
    index, cosine = cosine_neighbors(values, 5, itself=True)
    there = np.arange(60) != 9
    np.testing.assert_array_equal(graph.index[there], index[there])
    np.testing.assert_array_equal(graph.cosine[there], cosine[there])
    assert graph.index[9].tolist() == [9] * 5
    assert np.isnan(graph.cosine[9]).all()
    np.testing.assert_array_equal(
        item_graph(values, 5, itself=False).index[there], cosine_neighbors(values, 5)[0][there]
    )


def test_is_built_once(values, builds, tmp_path):
    folder = tmp_path / "deep" / "graphs"
    first = item_graph(values, 5, folder=folder)
    assert same(item_graph(values.copy(order="F"), 5, folder=folder), first)
    assert len(builds) == 1
    assert [file.name for file in folder.iterdir()] == [f"{graph_key(values, 5)}.npz"]


def test_one_changed_number_is_another_graph(values, builds, tmp_path):
    old = item_graph(values, 5, folder=tmp_path)
    values[3] = -values[3]
    new = item_graph(values, 5, folder=tmp_path)
    assert not same(old, new)
    assert same(new, item_graph(values, 5))
    values[4, 0] = np.nextafter(values[4, 0], 9)
    item_graph(values, 5, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert len(builds) == 4


@pytest.mark.parametrize(
    "changed",
    [{"k": 4}, {"itself": False}, {"present": np.arange(60) > 3}, {"present": np.ones(60, bool)}],
)
def test_other_settings_are_another_graph(values, changed):
    assert graph_key(values, **{"k": 5, **changed}) != graph_key(values, 5)


def test_other_numbers_of_the_same_bytes_are_another_graph(values):
    keys = {graph_key(form, 5) for form in (values, values.view(np.int32), values.reshape(120, 4))}
    assert len(keys) == 3


def flip(file, key):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file, key):
    file.write_bytes(file.read_bytes()[:-200])


def empty(file, key):
    file.write_bytes(b"")


def foreign(file, key):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")


def pickled(file, key):
    np.savez(file, key=key, neighbors=np.array([{}] * 60), cosine=np.ones((60, 5)))


def of_others(file, key):
    np.savez(file, key="0" * 64, neighbors=np.zeros((60, 5), int), cosine=np.ones((60, 5)))


def too_short(file, key):
    np.savez(file, key=key, neighbors=np.zeros((9, 5), int), cosine=np.ones((9, 5)))


def out_of_range(file, key):
    np.savez(file, key=key, neighbors=np.full((60, 5), 60), cosine=np.ones((60, 5)))


@pytest.mark.parametrize(
    "damage", [flip, cut, empty, foreign, pickled, of_others, too_short, out_of_range]
)
def test_a_damaged_file_is_built_again(values, builds, tmp_path, damage):
    first = item_graph(values, 5, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    damage(file, graph_key(values, 5))
    with pytest.warns(UserWarning, match=r"a kept graph is damaged, and built again: .*\.npz"):
        assert same(item_graph(values, 5, folder=tmp_path), first)
    assert same(item_graph(values, 5, folder=tmp_path), first)  # and is whole now: no warning
    assert len(builds) == 2


def test_nothing_half_written_stays(values, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(graphs.np, "savez", full)
    with pytest.raises(InputError, match=r"the graph cannot be kept there \(no space"):
        item_graph(values, 5, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file(values, tmp_path):
    (tmp_path / "graphs").write_text("")
    with pytest.raises(InputError, match="the graph cannot be kept there"):
        item_graph(values, 5, folder=tmp_path / "graphs")


def test_bad_input_is_not_kept(values, tmp_path):
    values[2, 2] = np.nan
    with pytest.raises(InputError, match="the first is row 2"):
        item_graph(values, 5, folder=tmp_path)
    assert not list(tmp_path.iterdir())
