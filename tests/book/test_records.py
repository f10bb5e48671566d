import pytest
from nbformat.v4 import new_output

from mmnotes.book.records import MIME, read_records
from mmnotes.errors import InputError

BUNDLE = {
    "notebook": "01_one",
    "parameters": {"seed": 0},
    "values": {"gain": {"value": 1.0}},
    "real": [{"dataset": "amazon-apparel", "source": "kept"}],
    "hardware": "an abacus",
}


def executed(planted, make, *bundles):
    """An executed notebook whose last cell displayed these."""
    nb = make.chapter()
    nb.cells[-1].outputs = [new_output("display_data", {MIME: bundle}) for bundle in bundles]
    return planted.put("01_one", nb)


def test_what_the_page_left(planted, make):
    records = read_records(executed(planted, make, BUNDLE))
    assert records.notebook == "01_one"
    assert records.parameters == {"seed": 0}
    assert records.values == {"gain": {"value": 1.0}}
    assert records.real == [{"dataset": "amazon-apparel", "source": "kept"}]
    assert records.hardware == "an abacus"


def test_real_data_and_hardware_may_be_absent(planted, make):
    short = {name: BUNDLE[name] for name in ("notebook", "parameters", "values")}
    records = read_records(executed(planted, make, short))
    assert (records.real, records.hardware) == ([], "")


@pytest.mark.parametrize(
    ("bundles", "what"),
    [
        ([], "x: 0 sets of records; the last cell, and no other, must call page.check()"),
        ([BUNDLE, BUNDLE], "x: 2 sets of records"),
        ([{**BUNDLE, "notebook": "02_two"}], "x: .* of notebook '02_two'; write Page\\('01_one'"),
        ([{"notebook": "01_one", "parameters": {}}], "x: the records lack values"),
    ],
)
def test_records_must_be_there_once_and_whole(planted, make, bundles, what):
    with pytest.raises(InputError, match=what):
        read_records(executed(planted, make, *bundles), "x")
