"""Names that load when they are first asked for."""

import sys

import pytest

from mmnotes.lazy import attach


def test_a_name_loads_its_module_when_asked_for():
    sys.modules.pop("mmnotes.data.words", None)
    get, names = attach("mmnotes.data", {"words": ("POLES", "NOUNS")})
    assert "mmnotes.data.words" not in sys.modules
    assert "dress" in get("NOUNS")
    assert "mmnotes.data.words" in sys.modules
    assert names() == ["NOUNS", "POLES"]


def test_an_unknown_name():
    get, _ = attach("mmnotes.data", {"words": ("POLES",)})
    with pytest.raises(AttributeError, match="no attribute 'PLOES'"):
        get("PLOES")


@pytest.mark.parametrize(
    "room", ["data", "features", "fusion", "recommenders", "evaluate", "report"]
)
def test_every_public_name_is_there(room):
    package = __import__(f"mmnotes.{room}", fromlist=["__all__"])
    assert len(package.__all__) == len(set(package.__all__))
    for name in package.__all__:
        assert getattr(package, name) is not None
