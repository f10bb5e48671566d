from dataclasses import replace
from pathlib import Path

import pytest

from mmnotes.book.checkout import Checkout
from mmnotes.book.pipeline import build
from mmnotes.book.published import Row, figures_of, read_rows
from mmnotes.book.published_page import published_page
from mmnotes.book.runner import Plan
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
TRAINED = Row(BABY, "FREEDOM, graph", "train_it", ["recall", "FREEDOM"], compared=False)
TOML = f"""[[row]]
data = "{BABY}"
model = "FREEDOM"
kept = "20_lattice"
value = ["recall", "FREEDOM"]
"""


@pytest.fixture
def shelf(tmp_path):
    """Keep one figure of FREEDOM at a distance from the published one, in units of half a width."""

    def keep(
        distance=0.0,
        notebook="20_lattice",
        mode="full",
        data=BABY,
        n_users=1234,
        without="",
        **origin,
    ):
        value = FREEDOM + distance * 0.01
        ours = Estimate(value, value - 0.01, value + 0.01, n_users, 5)
        payload = {"recall": {"FREEDOM": ours}, "command": "mmnotes train MICRO"}
        payload |= {"cpu_seconds": 5400.0}
        payload.pop(without, None)
        kept = results.Kept(data, mode, False, freeze(payload), ORIGIN | origin)
        results.keep(notebook, [kept], tmp_path)
        return tmp_path

    return keep


def page_of(rows, folder, titles=TITLES):
    return published_page(figures_of(rows, folder), titles)


@pytest.mark.parametrize(
    ("distance", "lies"), [(0, "within"), (0.99, "within"), (1.01, "below"), (-1.01, "above")]
)
def test_where_the_published_figure_lies(shelf, distance, lies):
    row = replace(CHAPTER, why="" if lies == "within" else "For a reason.")
    page = page_of([row], shelf(distance))
    value = FREEDOM + distance * 0.01
    told = f"{value:.4f} [{value - 0.01:.4f},{NBSP}{value + 0.01:.4f}]"
    line = f"| {{doc}}`FREEDOM </notebooks/20_lattice>` | {told} | {FREEDOM:.4f} | {lies} |"
    assert line in page.splitlines()
    assert (f"- *FREEDOM*, published {lies} ours. For a reason." in page) == (lies != "within")
    assert "Over 1,234 users; kept from 21 November 2026, " in page
    held = 1 if lies == "within" else 0
    assert f"Amazon Baby: our intervals hold {held} of 1 published figures" in page
    alt = f"as published: FREEDOM {value:.4f} [{value - 0.01:.4f}, {value + 0.01:.4f}], "
    assert f"{alt}{FREEDOM:.4f}." in page


def test_a_figure_outside_wants_a_reason_and_no_other_gets_one(shelf):
    with pytest.raises(InputError, match=r"FREEDOM on amazon-baby: published lies above .*say why"):
        page_of([CHAPTER], shelf(-2))
    explained = replace(CHAPTER, why="For a reason.")
    with pytest.raises(InputError, match="explains what does not lie outside; take 'note'"):
        page_of([explained], shelf(0))
    with pytest.raises(InputError, match="explains what does not lie outside; take 'note'"):
        page_of([replace(explained, compared=False)], shelf(-2))


def test_what_is_not_compared_has_no_plot_and_may_have_a_note(shelf):
    page = page_of([replace(CHAPTER, note="Another split.", compared=False)], shelf(-2))
    assert "| – | – |" in page
    assert "- *FREEDOM*. Another split." in page
    assert "<figure" not in page
    page = page_of([replace(CHAPTER, note="And more.", why="A reason.")], shelf(-2))
    assert "- *FREEDOM*, published above ours. A reason. And more." in page


def test_rows_of_no_chapter_have_their_command(shelf):
    shelf(notebook="train_it")
    page = page_of([CHAPTER, TRAINED, replace(TRAINED, model="FREEDOM, too")], shelf())
    assert "| [FREEDOM, graph](#trained) |" in page
    said = "1.5 hours of processor time, and keep them."
    assert f"{said}\n\n```bash\nmmnotes train MICRO\n```" in page
    assert "(trained)=" not in page_of([CHAPTER], shelf())


def test_a_section_for_each_dataset(shelf):
    shelf(notebook="train_it", date="2026-11-20", device="GPU")
    shelf(-2, data="amazon-sports")
    sports = replace(CHAPTER, data="amazon-sports", why="For a reason.")
    page = page_of([CHAPTER, sports, TRAINED], shelf())
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Amazon Baby",
        "## Amazon Sports",
        "## Without a chapter",
    ]
    assert f"kept from 20 November 2026 to 21 November 2026, {ORIGIN['device']} and GPU." in page
    assert f"kept from 21 November 2026, {ORIGIN['device']}." in page


def test_what_is_not_there(shelf):
    with pytest.raises(InputError, match=r"no full run is kept in book/results/20_lattice\.json"):
        page_of([CHAPTER], shelf(mode="fast"))
    elsewhere = replace(CHAPTER, value=["recall", "MICRO"])
    said = r"FREEDOM on amazon-baby: .*20_lattice\.json has no estimate at recall / MICRO"
    with pytest.raises(InputError, match=said):
        page_of([elsewhere], shelf())
    with pytest.raises(InputError, match="no chapter is named '20_lattice'"):
        page_of([CHAPTER], shelf(), {})
    shelf(notebook="train_it", n_users=99)
    with pytest.raises(InputError, match=r"rows of Amazon Baby are over \[99, 1234\] users"):
        page_of([CHAPTER, TRAINED], shelf())
    shelf(notebook="train_it", without="command")
    with pytest.raises(InputError, match=r"train_it\.json: amazon-baby: 'command' is missing"):
        page_of([TRAINED], shelf())


def test_rows_of_a_file(tmp_path):
    path = tmp_path / "published.toml"
    path.write_text(TOML + 'why = "For a reason."\ncompared = false\n')
    assert read_rows(path) == [replace(CHAPTER, why="For a reason.", compared=False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[row", "published.toml: "),
        ("", "write each figure as a [[row]] table"),
        ("row = []", "write each figure as a [[row]] table"),
        ("[row]", "write each figure as a [[row]] table"),
        (TOML + "\n[[other]]", "write each figure as a [[row]] table"),
        ("row = [1]", "row 1: write it as a [[row]] table"),
        (TOML + "because = 1", "row 1: field 'because' is unknown; fields are data, model"),
        (TOML.replace("model", "#"), "row 1: field 'model' is missing"),
        (TOML.replace('"FREEDOM"\nk', "3\nk"), "row 1: field 'model' must be text, not 3"),
        (TOML.replace('"FREEDOM"\nk', '"Freedom"\nk'), "'model' is 'Freedom'; it begins with one"),
        (TOML.replace('"FREEDOM"\nk', '"FREEDOM, |"\nk'), "field 'model' is 'FREEDOM, |'"),
        (TOML.replace('"FREEDOM"\nk', '"EASE"\nk'), "recall / FREEDOM, where nothing is of EASE"),
        (TOML + "why = 3", "row 1: field 'why' must be text, not 3"),
        (TOML + 'why = "It has 3 layers."', "row 1: field 'why' has typed numbers: 3"),
        (TOML + 'note = "It has 3 layers."', "row 1: field 'note' has typed numbers: 3"),
        (TOML + "compared = 1", "row 1: field 'compared' must be true or false"),
        (TOML.replace(BABY, "amazon-bay"), "field 'data' is 'amazon-bay', not amazon-baby or"),
        (TOML.replace('["recall", "FREEDOM"]', "[]"), "field 'value' must be a list of keys"),
        (TOML + TOML.replace('"FREEDOM"]', "1]"), "row 2: field 'value' must be a list of keys"),
        (TOML + TOML + "compared = false", "row 2: FREEDOM is there twice"),
        (TOML + TOML.replace('DOM"\nk', 'DOM, too"\nk'), "row 2: FREEDOM is compared twice"),
    ],
)
def test_a_wrong_file(tmp_path, text, said):
    path = tmp_path / "published.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_rows(path)
    assert said in str(error.value)


def test_the_rows_of_the_book_stand_on_what_is_kept():
    checkout = Checkout.find(Path(__file__).parent)
    figures = figures_of(read_rows(checkout.published_rows), checkout.results)
    titles = {path.stem: path.stem for path in checkout.chapters()}
    assert published_page(figures, titles).count("<figure") == len(RECALL_AT_20)


def test_a_build_writes_the_page(planted, make, shelf):
    path = planted.executed(planted.notebooks / "01_one.ipynb", "fast", False)
    path.parent.mkdir(parents=True)
    path.write_bytes((planted.notebooks / "01_one.ipynb").read_bytes())
    figures = figures_of([replace(CHAPTER, kept="01_one")], shelf(notebook="01_one"))
    stage(planted, [make.run(path=path), make.run(null=True)], [], figures)
    assert "{doc}`FREEDOM </notebooks/01_one>`" in planted.published.read_text()


def test_a_build_refuses_a_wrong_row_before_it_runs_anything(planted):
    planted.write("book/published.toml", TOML)
    with pytest.raises(InputError, match="no full run is kept"):
        build(planted, Plan({}), say=lambda line: None)
    assert not planted.build.exists()
