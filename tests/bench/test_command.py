"""``mmnotes bench`` on the command line."""

import json

import pytest

from mmnotes.bench import Row, runner
from mmnotes.cli import main


@pytest.fixture
def measured(monkeypatch):
    """What was asked for; two rows instead of the minutes that measuring takes."""
    asked = []

    def bench(groups, quick):
        asked.append((groups, quick))
        return [
            Row("sums", "mmnotes", 0.5, 0.4, 12.0, 3.0, 1.0, values={"sum": 3.0}),
            Row("sums", "absent", note="not installed: pip install it"),
        ]

    monkeypatch.setattr(runner, "bench", bench)
    return asked


def test_table_and_file(tmp_path, measured, capsys):
    assert main(["bench", "metrics", "--quick", "--json", str(tmp_path / "rows.json")]) == 0
    assert measured == [(["metrics"], True)]
    assert "  mmnotes    0.500  0.400" in capsys.readouterr().out
    ours, absent = json.loads((tmp_path / "rows.json").read_text())
    assert (ours["work"], ours["implementation"], ours["value"]) == ("sums", "mmnotes", 3.0)
    assert absent["seconds"] is None
    assert absent["note"].startswith("not installed")


def test_json_on_the_terminal(measured, capsys):
    assert main(["bench", "--json", "-"]) == 0
    assert measured == [([], False)]
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_a_failure_of_ours_is_a_failure(monkeypatch, capsys):
    failed = Row("sums", "mmnotes", note="failed: TypeError: no")
    monkeypatch.setattr(runner, "bench", lambda groups, quick: [failed])
    assert main(["bench"]) == 1
    assert "failed: TypeError: no" in capsys.readouterr().out


def test_an_unknown_group_is_misuse(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["bench", "metric"])
    assert ended.value.code == 2
    assert "no group 'metric' of works, only metrics, intervals, off-policy" in (
        capsys.readouterr().err
    )


@pytest.mark.slow
def test_measured_in_earnest(tmp_path):
    """Grouped metrics against scikit-learn, the fastest that averages ties: CPU time, one run."""
    pytest.importorskip("sklearn")
    rows = {row.implementation: row for row in runner.run_work("mmnotes.bench.logs", 0, quick=True)}
    peer = rows["scikit-learn, padded"]
    assert peer.ratio > 10
    assert peer.value == pytest.approx(rows["mmnotes"].value, abs=1e-9)
