import json
import subprocess
import sys

import numpy as np
import pytest

from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.report.page import RECORDS_MIME
from mmnotes.report.provenance import provenance
from mmnotes.report.results import Kept, write
from mmnotes.report.values import record_entry

GAIN = Estimate(0.03, 0.01, 0.05, 100, 5)


def records(shown) -> dict:
    """What the last display hands to the book."""
    return json.loads(json.dumps(shown[-1].bundle[RECORDS_MIME], allow_nan=False))


def test_a_page_knows_its_parameters(make_page, shown):
    page = make_page(mode="full", seed=2, n_seeds=6, device="cuda:1")
    assert (page.notebook, page.mode, page.fast, page.null) == ("03_fusion", "full", False, False)
    assert (page.seed, page.n_seeds, page.device) == (2, 6, "cuda:1")
    assert page.seeds == [2000, 2001, 2002, 2003, 2004, 2005]
    assert shown == []


def test_two_values_of_seed_share_no_seed(make_page):
    assert not set(make_page(seed=0).seeds) & set(make_page(seed=1).seeds)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "quick"),
        ("seed", -1),
        ("seed", 1.0),
        ("seed", True),
        ("n_seeds", 0),
        ("n_seeds", "5"),
        ("null", "False"),
        ("null", 0),
        ("device", "gpu"),
        ("device", None),
        ("notebook", "fusion"),
        ("notebook", "03_fusion.ipynb"),
    ],
)
def test_a_wrong_parameter_is_named(make_page, name, value):
    with pytest.raises(InputError, match=f"parameter '{name}' is .* it must be"):
        make_page(**{name: value})


def test_few_seeds_are_said_aloud(make_page, shown):
    make_page(n_seeds=4)
    assert "Too few seeds" in shown[0].bundle["text/markdown"]


def test_a_null_run_says_that_it_is_one(make_page, shown):
    make_page(null=True)
    assert "Null run" in shown[0].bundle["text/markdown"]


def test_records_reach_the_book(make_page, shown):
    page = make_page()
    assert page.record("gain", GAIN, unit="NDCG@10") == GAIN
    assert page.record("n_items", np.int64(300)) == 300
    assert page.record("collapsed", np.bool_(False)) is False
    page.check()
    assert records(shown) == {
        "notebook": "03_fusion",
        "parameters": {"mode": "fast", "seed": 0, "n_seeds": 5, "null": False, "device": "cpu"},
        "values": {
            "gain": {
                "value": 0.03,
                "low": 0.01,
                "high": 0.05,
                "n_users": 100,
                "n_seeds": 5,
                "unit": "NDCG@10",
                "data": "simulated",
                "source": "run",
            },
            "n_items": {
                "value": 300,
                "low": None,
                "high": None,
                "n_users": None,
                "n_seeds": None,
                "unit": "",
                "data": "simulated",
                "source": "run",
            },
            "collapsed": {
                "value": False,
                "low": None,
                "high": None,
                "n_users": None,
                "n_seeds": None,
                "unit": "",
                "data": "simulated",
                "source": "run",
            },
        },
        "real": [],
        "hardware": records(shown)["hardware"],
    }
    assert records(shown)["hardware"].endswith("no GPU")
    assert shown[-1].bundle["text/plain"] == "3 recorded values"


@pytest.mark.parametrize("name", ["", "a b", "3rd", "gain.low", "abs", "max", "not", "lambda"])
def test_a_record_needs_a_name_that_claims_can_use(make_page, name):
    with pytest.raises(InputError, match="choose a name like"):
        make_page().record(name, 1)


def test_a_record_is_written_once(make_page):
    page = make_page()
    page.record("gain", 1)
    with pytest.raises(InputError, match="'gain' is written twice"):
        page.record("gain", 2)


@pytest.mark.parametrize("value", [float("nan"), "0.3", None, [1]])
def test_a_record_is_one_finite_number(make_page, value):
    with pytest.raises(InputError, match="record 'gain'"):
        make_page().record("gain", value)


def test_a_record_of_real_data_needs_the_data(make_page):
    with pytest.raises(InputError, match=r"did not call page\.real\('amazon-apparel', …\)"):
        make_page().record("gain", 1, data="amazon-apparel")


@pytest.mark.parametrize(("low", "verdict"), [(0.01, "true"), (-0.01, "false")])
def test_claims_are_judged_and_never_raise(make_page, shown, low, verdict):
    page = make_page()
    page.record("gain", Estimate(0.03, low, 0.05))
    page.check()
    text = shown[0].bundle["text/markdown"]
    assert f"- **{verdict}** · Photos add to NDCG@10. (`gain.low > 0`)" in text
    assert "of this run" in text


def test_the_null_run_is_judged_as_such(make_page, shown):
    page = make_page(null=True)
    page.record("gain", Estimate(0.0, -0.01, 0.01))
    page.check()
    assert "with the effect switched off" in shown[1].bundle["text/markdown"]


def test_a_claim_over_what_was_not_recorded_names_itself(make_page):
    with pytest.raises(InputError, match=r"claim 03\.gain: .*'gain', which no cell recorded"):
        make_page().check()


def test_claims_are_held_against_the_kept_full_run_too(make_page, shown, shelf):
    entry = record_entry(Estimate(0.1, -0.1, 0.3), "", "amazon-apparel", "run")
    origin = provenance(data_sha256="ab" * 32, wall_seconds=1.0)
    write("03_fusion", [Kept("amazon-apparel", "full", False, {}, origin, {"gain": entry})])
    for given in ({}, {"null": True}, {"mode": "full"}):
        page = make_page(**given)
        page.record("gain", GAIN)
        page.check()
        said = shown[-2].bundle["text/markdown"]
        assert ("In the kept full run it fails." in said) == (not given)


def test_a_page_without_claims_says_so(make_page, shown):
    make_page("09_negatives").check()
    assert "no claim of 09_negatives" in shown[0].bundle["text/markdown"]


def test_saying(make_page, shown):
    page = make_page()
    page.say(f"The gain is {GAIN}.")
    assert shown[0].bundle["text/markdown"] == "The gain is 0.030 [0.010, 0.050]."
    with pytest.raises(InputError, match="empty"):
        page.say(" ")


def test_a_takeaway_is_three_sentences(make_page, shown):
    page = make_page()
    page.takeaway("One.", " Two. ", "Three.")
    assert shown[0].bundle["text/markdown"] == "One.\n\nTwo.\n\nThree."
    with pytest.raises(InputError, match="three sentences, not 2"):
        page.takeaway("One.", "Two.")
    with pytest.raises(InputError, match="sentence 2 of the takeaway is empty"):
        page.takeaway("One.", "", "Three.")


def test_the_room_opens_without_torch_and_the_ledger_without_matplotlib():
    code = (
        "import sys, mmnotes.report.claims, mmnotes.report.results\n"
        "assert 'matplotlib' not in sys.modules, 'matplotlib'\n"
        "import mmnotes.report as r\n"
        "[getattr(r, name) for name in dir(r)]\n"
        "assert 'torch' not in sys.modules, 'torch'\n"
        "assert 'matplotlib' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_of_the_room_is_an_attribute_error():
    import mmnotes.report

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mmnotes.report.nothing
