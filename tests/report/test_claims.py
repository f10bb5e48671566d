import re

import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report import claims as claims_module
from mmnotes.report import shelf as shelf_module
from mmnotes.report.claims import Claim, claims_of, read_ledger
from mmnotes.report.shelf import results_folder, shelf

GOOD = {
    "id": "03.gain",
    "notebook": "03_fusion",
    "sentence": "Photos add.",
    "expression": "gain.low > 0",
    "shows": "gain",
    "data": "simulated",
    "null": "photos",
    "verdict": "holds",
}


def ledger(tmp_path, *tables: dict) -> object:
    """A ledger with these claims."""
    path = tmp_path / "other.toml"
    lines = []
    for table in tables:
        lines.append("[[claim]]")
        for key, value in table.items():
            lines.append(f"{key} = {value!r}" if isinstance(value, int) else f"{key} = '{value}'")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_ledger_of_the_shelf_is_read_in_order():
    claims = read_ledger()
    assert [claim.id for claim in claims] == ["03.gain", "02.centre"]
    assert claims[0].source == 3
    assert claims[1].source is None
    assert claims[1].data == "amazon-apparel"


def test_claims_of_one_notebook():
    assert [claim.id for claim in claims_of("02_embeddings")] == ["02.centre"]
    assert claims_of("09_negatives") == ()


def test_a_claim_holds_or_not():
    (claim,) = claims_of("03_fusion")
    assert claim.holds({"gain": Estimate(0.1, 0.05, 0.2)})
    assert not claim.holds({"gain": Estimate(0.1, -0.05, 0.2)})


def test_a_claim_that_cannot_be_read_names_itself():
    (claim,) = claims_of("03_fusion")
    with pytest.raises(InputError, match=r"claim 03\.gain: .*'gain', which no cell recorded"):
        claim.holds({})


@pytest.mark.parametrize("field", list(GOOD))
def test_a_missing_field_is_named(tmp_path, field):
    path = ledger(tmp_path, {key: value for key, value in GOOD.items() if key != field})
    who = "number 1" if field == "id" else r"03\.gain"
    with pytest.raises(InputError, match=rf"other\.toml: claim {who}: field '{field}' is missing"):
        read_ledger(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "3.gain"),
        ("id", "04.gain"),
        ("id", "03.Gain"),
        ("notebook", "fusion"),
        ("sentence", " "),
        ("sentence", 3),
        ("expression", "gain >"),
        ("expression", "gain ** 2 > 0"),
        ("expression", "1 < 2"),
        ("shows", "gain.low"),
        ("verdict", "true"),
        ("full", "true"),
        ("full", ""),
        ("source", 6),
        ("source", "3"),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_named_with_its_claim(tmp_path, field, value):
    path = ledger(tmp_path, GOOD | {"id": "03.first"}, GOOD | {field: value})
    who = re.escape(value if field == "id" else "03.gain")
    with pytest.raises(InputError, match=rf"claim {who}: field '{field}'"):
        read_ledger(path)


def test_one_id_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"claim 03\.gain: field 'id' is there twice"):
        read_ledger(ledger(tmp_path, GOOD, GOOD))


@pytest.mark.parametrize(
    "text",
    ["[claims]\nid = 1", "claim = 3", "[claim]\nid = 'x'", "claim = [1]", "[[claim]\n", "\xff"],
)
def test_what_is_no_ledger_is_refused_by_file(tmp_path, text):
    path = tmp_path / "other.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"other\.toml"):
        read_ledger(path)


def test_an_absent_ledger_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.toml: there is no ledger"):
        read_ledger(tmp_path / "nowhere.toml")


def test_the_shelf_is_the_checkouts_book_or_the_packaged_one(tmp_path, monkeypatch):
    monkeypatch.delenv("MMNOTES_BOOK")
    package = tmp_path / "src" / "mmnotes"
    monkeypatch.setattr(shelf_module, "_PACKAGE", package)
    with pytest.raises(InputError, match="install mmnotes again"):
        shelf()
    for place in (package / "_book", tmp_path / "book"):
        place.mkdir(parents=True)
        (place / "claims.toml").touch()
        assert shelf() == place
        assert results_folder() == place / "results"


def test_a_chosen_shelf_without_a_ledger_is_no_shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("MMNOTES_BOOK", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="correct MMNOTES_BOOK"):
        shelf()


def test_all_that_the_book_needs_is_found_in_one_place():
    for name in claims_module.__all__:
        assert hasattr(claims_module, name)


def test_a_claim_is_held_against_a_full_run_that_has_all_it_names():
    claim = Claim(**GOOD | {"expression": "gain.low > 0 and floor < 1", "shows": "top"})
    good = {"gain": {"value": 1, "low": 0.5, "high": 2}, "floor": {"value": 0}, "top": {"value": 9}}
    assert claim.full_verdict(good) == "holds"
    assert claim.full_verdict(good | {"floor": {"value": 1}}) == "fails"
    for name in good:
        assert claim.full_verdict({n: v for n, v in good.items() if n != name}) is None
