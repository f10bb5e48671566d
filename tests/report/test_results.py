import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report import results
from mmnotes.report.provenance import commit, provenance
from mmnotes.report.results import Kept, find, keep, read, recorded_in_full, write
from mmnotes.report.values import freeze, record_entry

ORIGIN = provenance(data_sha256="ab" * 32, wall_seconds=1.23, seed=0, n_seeds=5)
FAST = Kept("amazon-apparel", "fast", False, freeze({"gain": Estimate(0.1, 0, 0.2)}), ORIGIN)
FULL = replace(FAST, mode="full")
NULL = replace(FAST, null=True)
GAIN = record_entry(Estimate(0.1, 0.0, 0.2), "", FULL.dataset, "run")


def test_what_is_written_is_read(tmp_path):
    path = write("03_fusion", [FULL, FAST, NULL], tmp_path)
    assert path == tmp_path / "03_fusion.json"
    assert read("03_fusion", tmp_path) == [FAST, NULL, FULL]
    assert read("03_fusion", tmp_path)[0].values == {"gain": Estimate(0.1, 0, 0.2)}
    assert [file.name for file in tmp_path.glob("*.json")] == ["03_fusion.json"]
    assert not list(tmp_path.glob(".kept*"))


def test_the_same_results_give_the_same_bytes(tmp_path):
    first = write("03_fusion", [FULL, FAST], tmp_path / "a").read_bytes()
    assert write("03_fusion", [FAST, FULL], tmp_path / "b").read_bytes() == first


def test_the_shelf_is_where_results_lie(shelf):
    assert read("03_fusion") == []
    assert write("03_fusion", [FAST]) == shelf / "results" / "03_fusion.json"
    assert read("03_fusion") == [FAST]


def test_a_new_result_replaces_only_its_own(tmp_path):
    write("03_fusion", [FAST, FULL, NULL], tmp_path)
    new = replace(FAST, payload={"gain": 0.3})
    keep("03_fusion", [new], tmp_path)
    assert read("03_fusion", tmp_path) == [new, NULL, FULL]


def test_the_mode_asked_for_comes_first_then_full_then_fast(tmp_path):
    def mode_found(mode, null=False):
        found = find("03_fusion", "amazon-apparel", mode=mode, null=null, folder=tmp_path)
        return found and found.mode

    write("03_fusion", [FAST, FULL], tmp_path)
    assert (mode_found("fast"), mode_found("full")) == ("fast", "full")
    write("03_fusion", [FULL], tmp_path)
    assert mode_found("fast") == "full"
    write("03_fusion", [FAST, NULL], tmp_path)
    assert mode_found("full") == "fast"
    write("03_fusion", [FAST, FULL], tmp_path)
    assert mode_found("fast", null=True) is None
    assert find("03_fusion", "baby", mode="fast", null=False, folder=tmp_path) is None


def test_a_bad_result_leaves_the_file_as_it_was(tmp_path):
    before = write("03_fusion", [FAST], tmp_path).read_bytes()
    with pytest.raises(InputError, match=r"payload\['x'\] is nan"):
        keep("03_fusion", [replace(FULL, payload={"x": math.nan})], tmp_path)
    with pytest.raises(InputError, match="kept twice"):
        write("03_fusion", [FAST, FAST], tmp_path)
    assert (tmp_path / "03_fusion.json").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2  # the shelf's ledger, and this


def test_a_write_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    before = write("03_fusion", [FAST], tmp_path).read_bytes()

    def broken(file, text, **kwargs):
        file.write_bytes(text[: len(text) // 2].encode())
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", broken)
    with pytest.raises(OSError, match="no space"):
        write("03_fusion", [FULL], tmp_path)
    assert (tmp_path / "03_fusion.json").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2  # the shelf's ledger, and this


def document(**changed) -> dict:
    """A good file, with the fields of its one entry changed; None takes one out."""
    fields = {
        "dataset": "amazon-apparel",
        "mode": "fast",
        "null": False,
        "payload": {"a": 1},
        "provenance": ORIGIN,
        "records": {},
        **changed,
    }
    entry = {name: field for name, field in fields.items() if field is not None}
    return {"notebook": "03_fusion", "kept": [entry]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no strict JSON"),
        ('{"notebook": "03_fusion", "kept": NaN}', "NaN is not JSON"),
        ('{"notebook": "03_fusion", "notebook": "b", "kept": []}', "'notebook' is there twice"),
        ("[]", "must be an object"),
        ('{"notebook": "03_fusion"}', "must be an object"),
        ('{"notebook": "02_embeddings", "kept": []}', "field 'notebook' is '02_embeddings'"),
        ('{"notebook": "03_fusion", "kept": {}}', "must be a list"),
        (document(mode="slow"), r"kept\[0\]: field 'mode' is 'slow'"),
        (document(null="no"), r"kept\[0\]: field 'null' is 'no'"),
        (document(payload=[1]), r"kept\[0\]: field 'payload'"),
        (document(records=[1]), r"kept\[0\]: field 'records'"),
        (document(dataset=None), r"kept\[0\]: needs the fields"),
        (document(extra=1), r"kept\[0\]: needs the fields"),
        (document(provenance={"commit": "x"}), r"kept\[0\]: provenance lacks 'date'"),
    ],
)
def test_a_broken_file_is_named_with_its_field(tmp_path, content, message):
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "03_fusion.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"03_fusion\.json.*{message}"):
        read("03_fusion", tmp_path)


def test_provenance_says_where_it_came_from():
    assert set(results.PROVENANCE) <= set(ORIGIN)
    assert ORIGIN["data_sha256"] == "ab" * 32
    assert ORIGIN["wall_seconds"] == 1.2
    assert (ORIGIN["seed"], ORIGIN["n_seeds"]) == (0, 5)
    assert {"mmnotes", "numpy", "scikit-learn"} <= set(ORIGIN["versions"])
    assert len(ORIGIN["date"]) == len("2026-11-21")
    assert commit() == ORIGIN["commit"]
    json.dumps(ORIGIN, allow_nan=False)


def test_what_full_runs_recorded_is_gathered_over_datasets(tmp_path):
    loss = record_entry(0.3, "", "amazon-baby", "run")
    one, other = replace(FULL, records={"gain": GAIN}), replace(FULL, dataset="amazon-baby")
    write("03_fusion", [FAST, one, replace(other, records={"loss": loss})], tmp_path)
    assert recorded_in_full("03_fusion", tmp_path) == {"gain": GAIN, "loss": loss}
    assert recorded_in_full("04_other", tmp_path) == {}
    write("03_fusion", [one, replace(other, records={"gain": loss})], tmp_path)
    with pytest.raises(InputError, match=r"record 'gain' is kept of amazon-apparel and of"):
        recorded_in_full("03_fusion", tmp_path)


@pytest.mark.parametrize("entry", [FAST, replace(FULL, null=True)])
def test_only_a_full_run_as_it_stands_has_records(tmp_path, entry):
    with pytest.raises(InputError, match=r"kept\[0\]: records are kept of a run in full mode"):
        write("03_fusion", [replace(entry, records={"gain": GAIN})], tmp_path)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (5, "needs the fields value, low"),
        ({"value": 0.1, "low": 0.0, "high": 0.2}, "needs the fields value, low"),
        ({**GAIN, "value": "high"}, "field 'value' is 'high', no number"),
        ({**GAIN, "low": None}, "field 'low' is None, no number"),
        ({**GAIN, "low": 0.5, "high": 0.25}, "field 'low' is 0.5, above field 'high', 0.25"),
        ({**GAIN, "data": "amazon-baby"}, "field 'data' is 'amazon-baby', not 'amazon-apparel'"),
    ],
)
def test_a_damaged_record_is_named(tmp_path, entry, message):
    with pytest.raises(InputError, match=rf"kept\[0\]: record 'gain'.* {message}"):
        write("03_fusion", [replace(FULL, records={"gain": entry})], tmp_path)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_record_is_finite(tmp_path, value):
    with pytest.raises(InputError, match=r"kept\[0\]: records"):
        write("03_fusion", [replace(FULL, records={"gain": {**GAIN, "value": value}})], tmp_path)
