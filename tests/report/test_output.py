"""The page in a real kernel, and where there is none."""

import os
import subprocess
import sys

import pytest

from mmnotes.report.page import RECORDS_MIME

CELLS = [
    """from mmnotes.report import Page, figure
page = Page("03_fusion", mode="fast", seed=0, n_seeds=5, null=False, device="auto")""",
    """fig, ax = figure()
ax.plot([1, 2])
page.show(fig, "A title", "From 1 to 2.", lead=True)""",
    """page.say("A **word**.")
page.record("gain", 0.5)""",
    "page.check()",
]


def test_a_notebook_shows_each_thing_once(shelf, monkeypatch, tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    Config = pytest.importorskip("traitlets.config").Config
    ledger = (shelf / "claims.toml").read_text(encoding="utf-8")
    (shelf / "claims.toml").write_text(ledger.replace("gain.low", "gain"), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    # Sockets that are files: where the network is cut off, its loopback may be too.
    monkeypatch.chdir(tmp_path)
    connection = {"transport": "ipc", "connection_file": "k.json"}
    config = Config({"KernelManager": connection})
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", config=config).execute()
    _, figure, words, check = [cell.outputs for cell in notebook.cells]
    assert [set(output.data) for output in figure] == [{"text/html", "text/plain"}]
    assert figure[0].metadata == {"mmnotes": {"lead": True}}
    assert words[0].data["text/markdown"] == "A **word**."
    assert "**true**" in check[0].data["text/markdown"]
    assert check[1].data[RECORDS_MIME]["values"]["gain"]["value"] == 0.5
    assert len(check) == 2


PLAIN = """
import sys
{hide}
from mmnotes.report.output import publish_markdown
publish_markdown("a word")
"""


@pytest.mark.parametrize("hide", ["", "sys.modules['IPython'] = None"])
def test_without_a_notebook_or_ipython_the_text_is_printed(hide):
    code = PLAIN.format(hide=hide)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "a word\n"
    assert done.stderr == ""
