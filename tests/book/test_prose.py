import pytest

from mmnotes.book.prose import (
    images_without_alt,
    myst_syntax,
    numbers_in_code,
    numbers_in_markdown,
    typed_numbers,
)


@pytest.mark.parametrize(
    "text",
    [
        "NDCG@10 and Recall@20 with k=10, n = 5, p ≥ 0.95",
        "BM3, CO2, ResNet-50, k2 and float32",
        "chapters 02 and 03, chapter 7, sources 1, 2 and 5, exercise 3",
        "Python 3.11 and Amazon 2014/2018",
        "no number at all",
    ],
)
def test_names_are_no_numbers(text):
    assert typed_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The gain is 0.031.", ["0.031"]),
        ("16,018 items, 40% of them", ["16,018", "40"]),
        ("from 3 to 4 of chapter 05", ["3", "4"]),
        ("NDCG@10 is 0.4", ["0.4"]),
    ],
)
def test_results_are(text, found):
    assert typed_numbers(text) == found


@pytest.mark.parametrize(
    "source",
    [
        "# 03 Early and late fusion",
        "Run `x = 3` and see [Järvelin, 2002](https://doi.org/10.1145/582415.582418).",
        "Let $a_3 = 7$, and\n\n$$ b = 1 / 3 $$",
        "1. first\n2. second",
        "```\n42\n```",
        "![Three bars](images/3.png)",
        '<img src="a3.png" width="300" alt="x">',
    ],
)
def test_code_links_formulas_and_lists_are_skipped(source):
    assert numbers_in_markdown(source) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("It gains 0.03 on `NDCG@10`.", ["0.03"]),
        ("## The gain is 0.03", ["0.03"]),
        ("| a |\n|---|\n| 42 |", ["42"]),
        ("A gain\nof **12**\nusers", ["12"]),
        ("- item 7 of the list", ["7"]),
    ],
)
def test_sentences_headings_and_tables_are_not(source, found):
    assert numbers_in_markdown(source) == found


def test_text_given_to_the_page():
    assert numbers_in_code('page.say(f"It is {gain:.2f} of 30.")') == ["30"]
    assert numbers_in_code('page.show(fig, title="Up 3 times", alt=f"{a} to 9")') == ["3", "9"]
    assert numbers_in_code('x = "30"\nrows[3]\npage.table(frame, digits=3)') == []
    assert numbers_in_code("page.say(f\"{found['gain of 3']:.12f}\")") == []


def test_everything_in_a_takeaway():
    assert numbers_in_code('text = "It is 30."', takeaway=True) == ["30"]
    assert numbers_in_code("gain = 0.31", takeaway=True) == ["0.31"]
    assert numbers_in_code('page.say(f"{0.31:.1f}")', takeaway=True) == ["0.31"]
    assert numbers_in_code('share = 100 * gain\nf"{share:.0f} of NDCG@10"', takeaway=True) == []


def test_myst_is_named():
    source = "See {ref}`there`.\n\n```{note}\nx\n```\n\n:::{tip}\nx\n:::\n\n(label)=\n# X"
    assert set(myst_syntax(source)) == {"{ref}`there`", "```{note}", ":::{tip}", "(label)="}
    assert myst_syntax("A set {a, b} of `code`.\n\n```python\nx = {1}\n```") == []


def test_markdown_images():
    assert images_without_alt("![](a.png) and ![Two bars](b.png)") == ["a.png"]
