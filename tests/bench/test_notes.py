"""A difference is explained by a convention under which ours would be theirs, or by nothing."""

import pytest

from mmnotes.bench.notes import explain

OURS = {"ndcg@10": 0.512345, "recall@20": 0.9}
ALLOWED = dict.fromkeys(OURS, 1e-6)
VARIANTS = [
    ("ties in input order", {"ndcg@10": (0.50, 0.50), "recall@20": (0.88, 0.88)}),
    ("empty groups count 0", {"ndcg@10": (0.41, 0.41)}),
    ("ties in an order of its own", {"ndcg@10": (0.48, 0.53)}),
]


def told(**theirs):
    theirs = {name.replace("_", "@"): value for name, value in theirs.items()}
    return explain(OURS, theirs, ALLOWED, lambda: VARIANTS)


def test_the_same_says_nothing_and_tries_no_variant():
    def never():
        raise AssertionError("nothing differs")

    assert explain(OURS, {"ndcg@10": 0.5123455, "recall@20": 0.9}, ALLOWED, never) == ""


@pytest.mark.parametrize(
    ("ndcg", "why"),
    [
        (0.50, "ties in input order"),
        (0.41, "empty groups count 0"),
        (0.4871, "ties in an order of its own"),
        (0.5123, "rounded to four digits"),
        (0.51, "rounded to two digits"),
        (0.5124, "ties in an order of its own"),  # 0.512345 is not rounded to that
        (0.40999, "unexplained"),
        (0.531, "unexplained"),
        (float("nan"), "unexplained"),
    ],
)
def test_the_first_that_fits(ndcg, why):
    assert told(ndcg_10=ndcg, recall_20=0.9).endswith(f"ours 0.512345: {why}")


def test_each_value_has_its_own_reason():
    assert told(ndcg_10=0.41, recall_20=0.88) == (
        "ndcg@10 0.41, ours 0.512345: empty groups count 0; "
        "recall@20 0.88, ours 0.9: ties in input order"
    )


def test_a_variant_that_says_nothing_of_a_value_explains_nothing_of_it():
    assert told(ndcg_10=0.512345, recall_20=0.7) == "recall@20 0.7, ours 0.9: unexplained"


def test_what_is_missing():
    assert told(ndcg_10=0.512345) == "gives only ndcg@10"
