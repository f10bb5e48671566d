import re

import numpy as np
import pytest

from mmnotes.errors import DataNotFound, InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report.page import RECORDS_MIME
from mmnotes.report.real import by_mode
from mmnotes.report.results import Kept, keep

GAIN = Estimate(0.03, 0.01, 0.05, 100, 5)
NAME = "amazon-apparel"


def compute(dataset) -> dict:
    """What a notebook computes on a dataset."""
    return {"gain": GAIN, "n": len(dataset.catalog), "curve": np.array([0.1, 0.2])}


@pytest.fixture
def kept_from(make_page, data_room, shown):
    """Keeps what a run with these parameters computes, as the runner does."""

    def keep_it(result=compute, **parameters):
        at_hand, data_room.at_hand = data_room.at_hand, True
        page = make_page(**parameters)
        page.record("gain", GAIN)
        page.real(NAME, result)
        page.check()
        for entry in shown[-1].bundle[RECORDS_MIME]["real"]:
            keep(
                "03_fusion",
                [Kept(NAME, page.mode, page.null, entry["payload"], entry["provenance"])],
            )
        data_room.at_hand = at_hand
        shown.clear()

    return keep_it


def test_data_at_hand_are_run(make_page, data_room, shown):
    real = make_page().real(NAME, compute)
    assert real.source == "run"
    assert real["gain"] == GAIN
    assert real["curve"] == [0.1, 0.2]
    assert real.full is None
    assert real.provenance["data_sha256"] == "ab" * 32
    assert real.provenance["seed"] == 0
    assert shown[0].bundle["text/markdown"] == real.note
    assert real.note.startswith("**Ran here just now** on amazon-apparel: 1,234 items")


def test_without_data_the_kept_results_are_shown_and_say_so(make_page, data_room, shown, kept_from):
    kept_from()
    data_room.at_hand, data_room.loads = False, 0
    page = make_page()
    real = page.real(NAME, compute)
    assert data_room.loads == 0
    assert real.source == "kept"
    assert real["gain"] == GAIN
    date = real.provenance["date"]
    assert shown[0].bundle["text/markdown"].startswith("**Kept results:** amazon-apparel is not at")
    for part in (date, "fast mode", real.provenance["commit"], "MMNOTES_DATA"):
        assert part in real.note


def test_the_source_of_a_record_is_that_of_its_data(make_page, data_room, shown, kept_from):
    kept_from()
    for at_hand, source in ((True, "run"), (False, "kept")):
        data_room.at_hand = at_hand
        page = make_page()
        real = page.real(NAME, compute)
        page.record("gain", real["gain"], data=NAME)
        page.check()
        records = shown[-1].bundle[RECORDS_MIME]
        assert records["values"]["gain"]["source"] == source
        assert records["values"]["gain"]["data"] == NAME
        assert records["real"][0]["source"] == source
        assert records["real"][0]["dataset"] == NAME
        assert records["real"][0]["payload"]["n"] == 1234


def test_the_null_run_never_takes_the_results_as_is(make_page, data_room, kept_from):
    kept_from()
    data_room.at_hand = False
    with pytest.raises(DataNotFound, match=r"no null run on it was kept. Set MMNOTES_DATA"):
        make_page(null=True).real(NAME, compute)
    kept_from(lambda dataset: {"gain": 0}, null=True)
    assert make_page(null=True).real(NAME, compute)["gain"] == 0
    assert make_page().real(NAME, compute)["gain"] == GAIN


def test_full_results_stand_beside_the_fast_ones(make_page, data_room, kept_from):
    kept_from(lambda dataset: {"gain": 0.9}, mode="full")
    real = make_page().real(NAME, compute)
    assert real["gain"] == GAIN
    assert real.whence.split(": ")[1].startswith("fast mode, ")
    assert real.full.values == {"gain": 0.9}
    assert re.fullmatch(r"20[\d-]+: full mode, .+, commit \w+\+?", real.full.whence)
    assert (real.full.source, real.full.mode, real.full.note) == ("kept", "full", "")
    own = make_page(mode="full").real(NAME, compute)
    assert own["gain"] == GAIN
    assert own.full is None
    assert (real.versions, own.versions) == ([real, real.full], [own])
    assert real.caption == own.caption == ""
    assert real.full.caption == f"{NAME}: kept results of {real.full.whence}."
    data_room.at_hand = False
    real = make_page().real(NAME, compute)
    assert real["gain"] == 0.9
    assert "full mode" in real.note
    assert real.full is None


def test_datasets_side_by_side_are_of_one_mode(make_page, data_room, kept_from):
    kept_from(lambda dataset: {"gain": 0.9}, mode="full")
    fast, full = make_page().real(NAME, compute), make_page(mode="full").real(NAME, compute)
    assert by_mode({"one": fast, "two": fast}) == [
        {"one": fast, "two": fast},
        {"one": fast.full, "two": fast.full},
    ]
    assert by_mode({"one": full}) == [{"one": full}]
    assert by_mode({"one": fast, "two": full}) == [{"one": fast}, {"one": fast.full, "two": full}]


def test_one_full_result_in_a_sentence(make_page, data_room, kept_from):
    alone = make_page().real(NAME, compute)  # nothing kept
    assert alone.beside("the gain", "gain") == ""
    kept_from(lambda dataset: {"new": {"gain": GAIN}}, mode="full")
    real = make_page().real(NAME, compute)
    sentence = " In the kept full run the gain was 0.030 [0.010, 0.050]."
    assert real.beside("the gain", "new", "gain") == sentence
    kept_from(lambda dataset: {"gains": [0.5, GAIN]}, mode="full")
    listed = make_page().real(NAME, compute)
    assert listed.beside("the gain", "gains", -1) == sentence
    for way in (("new", "loss"), ("gains", 2), ("gains", 1, "value")):
        with pytest.raises(InputError, match=f"has no {' › '.join(map(str, way))}"):
            listed.beside("the loss", *way)
    assert make_page(mode="full").real(NAME, compute).beside("the gain", "new", "gain") == ""
    data_room.at_hand = False
    assert make_page(mode="full").real(NAME, compute).beside("the gain", "new", "gain") == ""


def test_without_data_and_without_results_there_is_nothing_to_show(make_page, data_room):
    data_room.at_hand = False
    with pytest.raises(DataNotFound, match=r"03_fusion: dataset 'amazon-apparel' is not at hand"):
        make_page().real(NAME, compute)


def test_an_unknown_result_is_named_with_the_known_ones(make_page, data_room):
    real = make_page().real(NAME, compute)
    with pytest.raises(InputError, match=r"no 'gian'; they have gain, n, curve"):
        _ = real["gian"]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([1], "must be a dict of named results, not list"),
        ({"gain": float("nan")}, r"result on amazon-apparel\['gain'\] is nan"),
        ({"gain": object()}, r"\['gain'\] must be one number"),
    ],
)
def test_what_cannot_be_kept_is_refused(make_page, data_room, result, message):
    with pytest.raises(InputError, match=message):
        make_page().real(NAME, lambda dataset: result)


def test_a_dataset_is_asked_for_once(make_page, data_room):
    page = make_page()
    page.real(NAME, compute)
    with pytest.raises(InputError, match="called twice for 'amazon-apparel'"):
        page.real(NAME, compute)


def test_an_error_while_computing_is_not_hidden(make_page, data_room, kept_from):
    kept_from()
    with pytest.raises(ZeroDivisionError):
        make_page().real(NAME, lambda dataset: {"gain": 1 / 0})
