import json

import nbformat
import pytest
from nbformat.v4 import new_output

from mmnotes.book.ledger import judge
from mmnotes.book.records import MIME
from mmnotes.book.scoreboard import as_json, scoreboard, status
from mmnotes.book.staging import run_line, stage, staged_copy, title
from mmnotes.report.claims import read_ledger
from mmnotes.report.real import KEPT, RAN

NBSP = "\N{NO-BREAK SPACE}"
INJECTED = '# Parameters\nmode = "full"\nseed = 0\nn_seeds = 5\nnull = False\ndevice = "auto"\n'


@pytest.fixture
def outcomes(planted, make):
    return judge(read_ledger(planted.ledger), [make.run(), make.run(null=True)])


@pytest.fixture
def executed(make):
    """The notebook as papermill leaves it."""
    nb = make.chapter()
    lead = {"mmnotes": {"lead": True}}
    figure = new_output("display_data", {"text/html": "<figure>lead</figure>"}, metadata=lead)
    nb.cells[7].outputs = [new_output("display_data", {"text/html": "<p>other</p>"})]
    nb.cells[9].outputs = [figure]
    records = new_output("display_data", {MIME: {}, "text/plain": "1 recorded value"})
    nb.cells[16].outputs = [new_output("stream", text="true"), records]
    nb.cells.insert(3, make.code(INJECTED, "injected-parameters"))
    nb.metadata["papermill"] = {"input_path": "/home/someone"}
    for cell in nb.cells:
        cell.metadata["papermill"] = {"status": "completed"}
    return nb


def test_the_first_screen(executed, make):
    staged = staged_copy(executed, "*Ran.*")
    first, figure, line, colab, parameters = staged.cells[:5]
    assert first.source.startswith("# One thing")
    assert figure.outputs[0].data["text/html"] == "<figure>lead</figure>"
    assert figure.metadata["tags"] == ["remove-input"]
    assert line.source == "*Ran.*"
    assert colab.metadata["tags"] == ["remove-cell"]
    assert "hide-input" in parameters.metadata["tags"]
    nbformat.validate(staged)


@pytest.mark.parametrize("note", [f"{RAN} on toys: 9 items.", f"{KEPT} toys is not at hand."])
def test_the_section_on_real_data_opens_with_where_its_numbers_come_from(executed, note):
    shown = new_output("display_data", {"text/markdown": note})
    executed.cells[10].outputs.append(shown)
    staged = staged_copy(executed, "x")
    (section,) = [c for c in staged.cells if "## On real data" in c.source.splitlines()]
    after = section.source.split("## On real data\n\n")[1]
    assert after.startswith(note)
    assert not [o for c in staged.cells for o in c.get("outputs", []) if o == shown]


def test_a_page_of_kept_results_says_so_on_its_first_screen(make, outcomes):
    real = {"dataset": "toys", "source": "kept", "provenance": {"date": "2026-11-21"}}
    run = make.run(real=[real])
    said = "toys was not at hand: its results are kept from 21 November 2026."
    assert said in run_line(run, None, outcomes)
    assert "toys" not in run_line(make.run(real=[{**real, "source": "run"}]), None, outcomes)


def test_the_parameters_are_those_of_the_run(executed):
    staged = staged_copy(executed, "x")
    tagged = [c for c in staged.cells if "parameters" in c.metadata.get("tags", [])]
    assert [c.source for c in tagged] == [INJECTED.removeprefix("# Parameters\n").strip()]
    assert not [c for c in staged.cells if "injected-parameters" in c.metadata.get("tags", [])]


def test_records_and_machine_paths_are_left_out(executed):
    staged = staged_copy(executed, "x")
    assert [output.output_type for output in staged.cells[-1].outputs] == ["stream"]
    assert "papermill" not in json.dumps(staged)
    assert "papermill" in json.dumps(executed)  # the executed copy itself is as it was


def test_without_lead_figure(make):
    staged = staged_copy(make.chapter(), "x")
    assert [cell.source for cell in staged.cells[1:2]] == ["x"]


def test_the_line_on_time_and_hardware(make, outcomes):
    assert run_line(make.run(), make.run(null=True), outcomes) == (
        "*Ran in 23 s on 21 November 2026: fast mode, five seeds, 1 thread of a Turing machine. "
        "With the effect switched off (the null run, 20 s) each claim that holds here comes out "
        "false, as it must.*"
    )
    assert run_line(make.run(), None, outcomes).endswith("Turing machine.*")
    assert "null run" not in run_line(make.run(), make.run(null=True), [])


def test_title(make):
    assert title(make.chapter()) == "One thing"


def test_the_scoreboard_groups_by_page_and_links_to_it(outcomes):
    page = scoreboard(outcomes, {"01_one": "One thing"})
    assert page.startswith("1 of 1 claims hold.\n\n## {doc}`One thing </notebooks/01_one>`\n")
    assert page.rstrip().splitlines()[-1] == (
        f"| The gain is above zero. (`01.gain`, simulated) | 1.0 [0.5,{NBSP}1.5] "
        f"| 0.0 [−0.5,{NBSP}0.5] | holds |"
    )


def test_failed_claims_and_real_data_on_the_scoreboard(planted, make):
    failed = {"id": "01.wide", "expression": "gain > 2", "verdict": "fails", "source": 3}
    real = {"dataset": "amazon-apparel", "source": "kept", "provenance": {"date": "2026-10-01"}}
    claims = make.claim(sentence="Up | down.", data="amazon-apparel") + make.claim(**failed)
    planted.write("book/claims.toml", claims)
    runs = [make.run(real=[real], gain=make.entry(1.0, unit="NDCG@10")), make.run(null=True)]
    outcomes = judge(read_ledger(planted.ledger), runs)
    page = scoreboard(outcomes, {"01_one": "One thing"})
    assert "1 of 2 claims hold. 1 failed, and stands here as failed." in page
    assert rf"| Up \| down. (`01.gain`, amazon-apparel) | 1.0 [0.5,{NBSP}1.5] NDCG@10 |" in page
    assert "| holds, kept from 2026-10-01 |" in page
    assert "(`01.wide`, simulated, [source 3](sources.md)) |" in page
    assert "| **fails** |" in page
    runs[0].records.real[0]["source"] = "run"
    assert status(judge(read_ledger(planted.ledger), runs)[0]) == "holds, ran here"
    planted.write("book/claims.toml", claims.replace('"holds"', '"holds"\nfull = "fails"', 1))
    full = {"01_one": {"gain": make.entry(0.2)}}
    outcomes = judge(read_ledger(planted.ledger), runs, full)
    said = status(outcomes[0])
    assert said == f"holds, ran here; in full mode **fails**, 0.2 [−0.3,{NBSP}0.7]"
    page = scoreboard(outcomes[:1], {"01_one": "One thing"})
    assert "1 were held against a kept full run too: 1 came out otherwise." in page


def test_a_claim_as_json(outcomes):
    line = as_json(outcomes[0])
    json.dumps(line, allow_nan=False)
    assert (line["id"], line["status"], line["true"], line["null_true"]) == (
        "01.gain", "holds", True, False,
    )  # fmt: skip
    assert (line["value"]["value"], line["null_value"]["value"]) == (1.0, 0.0)


def test_stage_writes_copies_and_scoreboard(planted, make, executed, outcomes):
    path = planted.executed(planted.notebooks / "01_one.ipynb", "fast", False)
    path.parent.mkdir(parents=True)
    nbformat.write(executed, path)
    stage(planted, [make.run(path=path), make.run(null=True)], outcomes)
    staged = nbformat.read(planted.staged / "01_one.ipynb", as_version=4)
    assert staged.cells[2].source.startswith("*Ran in 23 s")
    assert "01.gain" in planted.scoreboard.read_text()
