"""A shelf of its own, a page whose output is caught, and a dataset that is or is not at hand."""

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from mmnotes.evaluate.estimate import Estimate
from mmnotes.report import output, page
from mmnotes.report.page import Page

LEDGER = """
[[claim]]
id = "03.gain"
notebook = "03_fusion"
sentence = "Photos add to NDCG@10."
expression = "gain.low > 0"
shows = "gain"
data = "simulated"
null = "the photos' share of utility"
verdict = "holds"
source = 3

[[claim]]
id = "02.centre"
notebook = "02_embeddings"
sentence = "Photos look alike until the mean is gone."
expression = "before > after"
shows = "before"
data = "amazon-apparel"
null = "the common ground of all photos"
verdict = "fails"
"""


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """A book folder with a ledger, found before the checkout's."""
    (tmp_path / "claims.toml").write_text(LEDGER, encoding="utf-8")
    monkeypatch.setenv("MMNOTES_BOOK", str(tmp_path))
    return tmp_path


@pytest.fixture
def shown(monkeypatch) -> list[SimpleNamespace]:
    """Everything that was shown: ``bundle`` and ``metadata`` of each."""
    caught: list[SimpleNamespace] = []

    def publish(bundle, metadata=None):
        caught.append(SimpleNamespace(bundle=dict(bundle), metadata=dict(metadata or {})))

    monkeypatch.setattr(output, "publish", publish)
    monkeypatch.setattr(page, "publish", publish)
    return caught


@pytest.fixture
def make_page(shown) -> Callable[..., Page]:
    """A page with ordinary parameters, or the ones given."""

    def make(notebook: str = "03_fusion", **changed: Any) -> Page:
        parameters = {"mode": "fast", "seed": 0, "n_seeds": 5, "null": False, "device": "cpu"}
        return Page(notebook, **{**parameters, **changed})

    return make


@pytest.fixture
def data_room(monkeypatch) -> SimpleNamespace:
    """A stand-in for ``mmnotes.data.prepared``: ``at_hand`` says whether the dataset is there."""
    room = SimpleNamespace(at_hand=True, loads=0)

    def load(name):
        room.loads += 1
        return SimpleNamespace(name=name, catalog=range(1234), fingerprint="ab" * 32)

    module: Any = ModuleType("mmnotes.data.prepared")
    module.load = load
    module.at_hand = lambda name: room.at_hand
    monkeypatch.setitem(sys.modules, "mmnotes.data.prepared", module)
    return room


@pytest.fixture
def around() -> Callable[[float, float], Estimate]:
    """An estimate with this value and half-width."""
    return lambda value, half: Estimate(value, value - half, value + half, 100, 5)
