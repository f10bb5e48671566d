import pytest

from mmnotes.book.parameters import DEFAULTS, check_declared, parameters
from mmnotes.errors import InputError


def test_defaults_and_changes():
    assert parameters() == DEFAULTS
    assert parameters(seed=3, mode="full") == {**DEFAULTS, "seed": 3, "mode": "full"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_seed": 3}, "no parameter 'n_seed'; notebooks take mode, seed"),
        ({"seed": "3"}, "seed must be int, not '3'"),
        ({"seed": True}, "seed must be int, not True"),
        ({"null": 1}, "null must be bool, not 1"),
        ({"mode": "slow"}, "mode must be 'fast' or 'full', not 'slow'"),
        ({"n_seeds": 0}, "n_seeds must be at least 1"),
    ],
)
def test_wrong_values(changed, message):
    with pytest.raises(InputError, match=message):
        parameters(**changed)


def test_declared_as_they_should_be(planted):
    check_declared(planted.notebooks / "01_one.ipynb", "01_one.ipynb")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("n_seeds", "n_seed", r"x\.ipynb: .* lacks n_seeds, and declares the unknown n_seed;"),
        ("seed = 0\n", "", "lacks seed; it must assign mode, seed"),
        ('device = "auto"', "device = 'auto'\nextra = 1", "lacks nothing, and .* unknown extra"),
    ],
)
def test_misspelt_missing_or_unknown(planted, make, old, new, message):
    nb = make.chapter()
    nb.cells[2].source = nb.cells[2].source.replace(old, new)
    with pytest.raises(InputError, match=message):
        check_declared(planted.put("01_one", nb), "x.ipynb")


def test_no_parameters_cell(planted, make):
    nb = make.chapter()
    nb.cells[2].metadata = {}
    with pytest.raises(InputError, match=r"x\.ipynb: 0 cells are tagged 'parameters'"):
        check_declared(planted.put("01_one", nb), "x.ipynb")
