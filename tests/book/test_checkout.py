import pytest

from mmnotes.book.checkout import Checkout, UnknownNotebook
from mmnotes.errors import InputError


def test_found_from_any_folder_inside(planted):
    assert Checkout.find(planted.book).root == planted.root
    assert Checkout.find().root == planted.root


def test_no_checkout_around(tmp_path, monkeypatch):
    monkeypatch.setattr("mmnotes.book.checkout.__file__", str(tmp_path / "lib" / "checkout.py"))
    with pytest.raises(InputError, match="clone the repository"):
        Checkout.find(tmp_path)


@pytest.mark.parametrize("name", ["01", "1", "one", "01_one", "notebooks/01_one.ipynb"])
def test_a_notebook_has_many_names(planted, name):
    assert [path.name for path in planted.select([name])] == ["01_one.ipynb"]


def test_no_name_means_all_in_order(planted, make):
    planted.put("02_two", make.chapter("02_two"))
    assert [path.stem for path in planted.select()] == ["01_one", "02_two"]
    assert [path.stem for path in planted.select(["two", "01"])] == ["01_one", "02_two"]


def test_unknown_name_lists_the_known(planted):
    with pytest.raises(UnknownNotebook, match="'three'; there are 01_one"):
        planted.select(["three"])


def test_badly_named_notebook(planted, make):
    planted.put("Chapter2", make.chapter())
    with pytest.raises(InputError, match=r"notebooks/Chapter2\.ipynb.*NN_name\.ipynb"):
        planted.chapters()


def test_no_notebook(planted):
    (planted.notebooks / "01_one.ipynb").unlink()
    with pytest.raises(InputError, match="no notebook in notebooks"):
        planted.chapters()


def test_messages_print_paths_from_the_root(planted, tmp_path):
    assert planted.show(planted.html / "index.html") == "build/html/index.html"
    assert planted.show(tmp_path / "x") == str(tmp_path / "x")
