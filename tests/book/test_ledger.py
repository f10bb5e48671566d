from dataclasses import replace

import pytest

from mmnotes.book.ledger import (
    ClaimsBroken,
    check_notebooks,
    judge,
    require_borne_out,
)
from mmnotes.book.parameters import parameters
from mmnotes.errors import InputError
from mmnotes.report.claims import read_ledger


@pytest.fixture
def judged(planted, make):
    """Judge a ledger of one claim over both runs of a notebook."""

    def judge_one(as_is=None, null=None, in_full=None, **changed):
        planted.write("book/claims.toml", make.claim(**changed))
        runs = [as_is or make.run(), null or make.run(null=True)]
        full = {"01_one": {"gain": in_full}} if in_full else None
        return judge(read_ledger(planted.ledger), runs, full)

    return judge_one


def test_true_as_is_and_false_in_the_null_run(judged):
    (outcome,) = judged()
    assert (outcome.true, outcome.null_true, outcome.status) == (True, False, "holds")
    assert outcome.value["value"] == 1.0
    assert outcome.null_value["value"] == 0.0
    require_borne_out([outcome])


def test_a_turned_sign_names_the_claim_its_expression_and_values(judged):
    with pytest.raises(ClaimsBroken) as raised:
        require_borne_out(judged(expression="gain.low < 0"))
    assert str(raised.value) == (
        "claim 01.gain of 01_one is false: `gain.low < 0` with gain = 1.0 [0.5, 1.5]; "
        "in the null run gain = 0.0 [-0.5, 0.5]"
    )


def test_a_claim_that_the_null_run_cannot_make_fail(judged):
    with pytest.raises(ClaimsBroken, match=r"01\.gain .* true in the null run too"):
        require_borne_out(judged(expression="gain > -1"))


def test_a_claim_declared_to_fail(judged):
    (outcome,) = judged(expression="gain > 2", verdict="fails")
    assert outcome.status == "fails"
    require_borne_out([outcome])
    with pytest.raises(ClaimsBroken, match="is declared to fail but is true"):
        require_borne_out(judged(verdict="fails"))


@pytest.mark.parametrize("changed", [{"expression": "lift > 0"}, {"shows": "lift"}])
def test_unknown_names(judged, changed):
    with pytest.raises(InputError, match=r"claim 01\.gain: 01_one does not record lift; it rec"):
        judged(**changed)


def test_a_name_that_only_the_null_run_lacks(judged, make):
    with pytest.raises(InputError, match=r"01_one \(null run\) does not record gain"):
        judged(null=make.run(null=True, other=make.entry(1.0)))


def test_a_notebook_without_claim(planted, make):
    planted.write("book/claims.toml", "")
    with pytest.raises(InputError, match="notebook 01_one has no claim"):
        judge(read_ledger(planted.ledger), [make.run(), make.run(null=True)])


def test_a_missing_run(planted, make):
    with pytest.raises(InputError, match="notebook 01_one: its null run is missing"):
        judge(read_ledger(planted.ledger), [make.run()])


def test_claims_of_notebooks_that_did_not_run_are_left_out(planted, make):
    planted.write("book/claims.toml", make.claim() + make.claim("02_two"))
    outcomes = judge(read_ledger(planted.ledger), [make.run(), make.run(null=True)])
    assert [outcome.claim.id for outcome in outcomes] == ["01.gain"]


def test_a_claim_of_no_notebook(planted, make):
    planted.write("book/claims.toml", make.claim("07_leak"))
    with pytest.raises(InputError, match=r"claims\.toml: claim 07\.gain: .* notebook '07_leak'"):
        check_notebooks(read_ledger(planted.ledger), ["01_one"])


def test_claims_on_kept_results_know_their_date(judged, make):
    origin = {"date": "2026-10-01"}
    real = {"dataset": "amazon-apparel", "source": "kept", "provenance": origin, "payload": {}}
    (outcome,) = judged(make.run(real=[real]), data="amazon-apparel")
    assert outcome.kept == "2026-10-01"
    (outcome,) = judged(make.run(real=[{**real, "source": "run"}]), data="amazon-apparel")
    assert outcome.kept is None


def test_a_kept_full_run_has_a_verdict_of_its_own(judged, make):
    (outcome,) = judged(in_full=make.entry(0.2), full="fails")
    assert (outcome.true, outcome.full, outcome.status) == (True, "fails", "holds")
    assert outcome.full_value["value"] == 0.2


def test_a_run_in_full_mode_is_held_to_the_verdict_there(judged, make):
    full = replace(make.run(gain=make.entry(0.2)), parameters=parameters(mode="full"))
    (outcome,) = judged(full, in_full=make.entry(0.2), full="fails")
    assert outcome.status == "fails"
    (outcome,) = judged(in_full=make.entry(0.2), full="fails")
    assert outcome.status == "holds"


@pytest.mark.parametrize(
    ("gain", "declared", "said"),
    [
        (0.2, {}, "fails in the kept full run and the ledger has nothing"),
        (0.2, {"full": "holds"}, "fails in the kept full run and the ledger has 'holds'"),
        (2.0, {"full": "fails"}, "holds in the kept full run and the ledger has 'fails'"),
        (None, {"full": "holds"}, "is not told by the kept full run and the ledger has 'holds'"),
    ],
)
def test_a_full_verdict_other_than_the_declared_one(judged, make, gain, declared, said):
    outcomes = judged(in_full=gain and make.entry(gain), **declared)
    decided = f"gain = {gain}" if gain else "no value"
    with pytest.raises(ClaimsBroken, match=rf"01\.gain of 01_one {said} .* with {decided}"):
        require_borne_out(outcomes)
