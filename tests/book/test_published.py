from dataclasses import replace
from pathlib import Path

import pytest

from mmnotes.book.published import Row, read_rows
from mmnotes.book.published_page import published_page
from mmnotes.book.staging import stage
from mmnotes.errors import InputError
from mmnotes.evaluate.estimate import Estimate
from mmnotes.experiments.published import RECALL_AT_20
from mmnotes.report import results
from mmnotes.report.provenance import provenance
from mmnotes.report.values import freeze

NBSP = "\N{NO-BREAK SPACE}"
BABY = "amazon-baby"
FREEDOM = RECALL_AT_20[BABY]["FREEDOM"]
TITLES = {"20_lattice": "What the graph knows"}
ORIGIN = provenance(data_sha256="ab" * 32, wall_seconds=1.0) | {"date": "2026-11-21"}
CHAPTER = Row(BABY, "FREEDOM", "20_lattice", ["recall", "FREEDOM"])
TRAINED = Row(BABY, "MICRO, graph", "train_micro", ["recall", "FREEDOM"])
TOML = f"""[[row]]
data = "{BABY}"
model = "FREEDOM"
kept = "20_lattice"
value = ["recall", "FREEDOM"]
"""


@pytest.fixture
def shelf(tmp_path):
    """Keep one figure of FREEDOM at a distance from the published one, in units of half a width."""

    def keep(distance=0.0, notebook="20_lattice", mode="full", data=BABY, **origin):
        value = FREEDOM + distance * 0.01
        ours = Estimate(value, value - 0.01, value + 0.01, 1234, 5)
        payload = {"recall": {"FREEDOM": ours}, "command": "mmnotes train MICRO"}
        payload |= {"cpu_seconds": 5400.0}
        kept = results.Kept(data, mode, False, freeze(payload), ORIGIN | origin)
        results.keep(notebook, [kept], tmp_path)
        return tmp_path

    return keep


@pytest.mark.parametrize(
    ("distance", "lies"), [(0, "within"), (0.99, "within"), (1.01, "below"), (-1.01, "above")]
)
def test_where_the_published_figure_lies(shelf, distance, lies):
    row = replace(CHAPTER, why="" if lies == "within" else "For a reason.")
    page = published_page([row], shelf(distance), TITLES)
    value = FREEDOM + distance * 0.01
    told = f"{value:.4f} [{value - 0.01:.4f},{NBSP}{value + 0.01:.4f}]"
    line = f"| {{doc}}`FREEDOM </notebooks/20_lattice>` | {told} | {FREEDOM:.4f} | {lies} |"
    assert line in page.splitlines()
    assert ("- *FREEDOM*, published" in page) == (lies != "within")
    assert "Over 1,234 users; runs kept from 21 November 2026, " in page
    assert "Published figures stand beside 1 of ours" in page


def test_a_figure_outside_wants_a_reason_and_no_other_gets_one(shelf):
    with pytest.raises(InputError, match=r"FREEDOM on amazon-baby: published lies above .*say why"):
        published_page([CHAPTER], shelf(-2), TITLES)
    with pytest.raises(InputError, match="explains what is not outside"):
        published_page([replace(CHAPTER, why="For a reason.")], shelf(0), TITLES)
    unlike = replace(CHAPTER, compared=False)
    assert "| – | – |" in published_page([unlike], shelf(-2), TITLES)


def test_rows_of_no_chapter_have_their_command(shelf):
    shelf()
    page = published_page([CHAPTER, TRAINED], shelf(notebook="train_micro"), TITLES)
    assert "| [MICRO, graph](#trained) |" in page
    assert "1.5 hours of processor time.\n\n```bash\nmmnotes train MICRO\n```" in page
    assert "(trained)=" not in published_page([CHAPTER], shelf(), TITLES)


def test_a_section_for_each_dataset(shelf):
    shelf(date="2026-11-20", device="GPU")
    shelf(-2, data="amazon-sports")
    sports = replace(CHAPTER, data="amazon-sports", why="For a reason.")
    page = published_page([CHAPTER, sports], shelf(), TITLES)
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Amazon Baby",
        "## Amazon Sports",
    ]


def test_what_is_not_there(shelf):
    with pytest.raises(InputError, match=r"no full run is kept in book/results/20_lattice\.json"):
        published_page([CHAPTER], shelf(mode="fast"), TITLES)
    elsewhere = replace(CHAPTER, value=["recall", "MICRO"])
    with pytest.raises(InputError, match=r"20_lattice\.json has no estimate at recall / MICRO"):
        published_page([elsewhere], shelf(), TITLES)
    with pytest.raises(InputError, match="no chapter is named '20_lattice'"):
        published_page([CHAPTER], shelf(), {})


def test_rows_of_a_file(tmp_path):
    path = tmp_path / "published.toml"
    path.write_text(TOML + 'why = "For a reason."\ncompared = false\n')
    assert read_rows(path) == [replace(CHAPTER, why="For a reason.", compared=False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[row", "published.toml: "),
        ("", "write each figure as a [[row]] table"),
        ("[row]", "write each figure as a [[row]] table"),
        (TOML + "\n[[other]]", "write each figure as a [[row]] table"),
        (TOML + "because = 1", "row 1: field 'because' is unknown; fields are data, model"),
        (TOML.replace("model", "#"), "row 1: field 'model' is missing"),
        (TOML.replace('"FREEDOM"\nk', "3\nk"), "row 1: field 'model' must be text, not 3"),
        (TOML + "why = 3", "row 1: field 'why' must be text, not 3"),
        (TOML + 'why = "It has 3 layers."', "row 1: field 'why' has typed numbers: 3"),
        (TOML + "compared = 1", "row 1: field 'compared' must be true or false"),
        (TOML.replace(BABY, "amazon-bay"), "field 'data' is 'amazon-bay', not amazon-baby or"),
        (TOML.replace('["recall", "FREEDOM"]', "[]"), "field 'value' must be a list of keys"),
        (TOML + TOML.replace('"FREEDOM"]', "1]"), "row 2: field 'value' must be a list of keys"),
    ],
)
def test_a_wrong_file(tmp_path, text, said):
    path = tmp_path / "published.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_rows(path)
    assert said in str(error.value)


def test_a_build_writes_the_page(planted, make, shelf):
    planted.write("book/published.toml", TOML.replace("20_lattice", "01_one"))
    path = planted.executed(planted.notebooks / "01_one.ipynb", "fast", False)
    path.parent.mkdir(parents=True)
    path.write_bytes((planted.notebooks / "01_one.ipynb").read_bytes())
    planted.results.mkdir()
    kept = Path(shelf(notebook="01_one")) / "01_one.json"
    (planted.results / kept.name).write_bytes(kept.read_bytes())
    stage(planted, [make.run(path=path), make.run(null=True)], [])
    assert "{doc}`FREEDOM </notebooks/01_one>`" in planted.published.read_text()
