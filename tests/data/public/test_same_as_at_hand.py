"""From the public copies to the prepared folders at hand: equal row for row, bit for bit."""

import os
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmnotes.data import public
from mmnotes.data.raw.tally import Dropped, Tally

pytest.importorskip("pyarrow")
HAND = Path(os.environ.get("MMNOTES_DATA", ""))
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not os.environ.get("MMNOTES_DATA") or not (HAND / "originals").is_dir(),
        reason="the public copies are not at hand: set MMNOTES_DATA",
    ),
]
# What no public copy holds: ratings, titles and sentence vectors of Baby.
NOT_PUBLIC = {
    "amazon-baby": {"interactions.rating", "items.title", "items.description", "text_minilm.npy"}
}
AT_HAND = [name for name in public.RECIPES if name != "flickr30k-captions"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Parts and tally of each recipe, from files that lie as they are fetched."""
    copies = tomllib.loads((HAND / "origins.toml").read_text())["file"]
    done = {}

    def of(name):
        if name not in done:
            root = tmp_path_factory.mktemp(name)
            for copy in copies:
                if name in copy["dataset"].split(", "):
                    file = root / copy["path"]
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.symlink_to(HAND / "originals" / copy["repository"] / copy["path"])
            tally = Tally()
            done[name] = public.read(name, root, tally), tally
        return done[name]

    return of


def parts_of(name, made):
    if name in ("amazon-baby", "amazon-sports"):
        pytest.importorskip("torch")
    return made(name)[0]


@pytest.mark.parametrize("name", AT_HAND)
def test_every_table(name, made, tmp_path):
    parts = parts_of(name, made)
    for stem, table in parts.tables.items():
        expected = pd.read_parquet(HAND / name / f"{stem}.parquet")
        kept = [
            column for column in expected if f"{stem}.{column}" not in NOT_PUBLIC.get(name, set())
        ]
        assert list(table) == kept
        table.to_parquet(tmp_path / "a.parquet", index=False)
        written = pd.read_parquet(tmp_path / "a.parquet")
        pd.testing.assert_frame_equal(written, expected[kept], check_exact=True)


@pytest.mark.parametrize("name", AT_HAND)
def test_every_array(name, made):
    for stem, arrays in parts_of(name, made).archives.items():
        with np.load(HAND / name / f"{stem}.npz", allow_pickle=False) as expected:
            assert set(arrays) == set(expected.files)
            for key, array in arrays.items():
                assert array.dtype == expected[key].dtype
                np.testing.assert_array_equal(array, expected[key])


@pytest.mark.parametrize("name", AT_HAND)
def test_nothing_is_left_out(name, made):
    parts = parts_of(name, made)
    found = {f"{stem}.parquet" for stem in parts.tables} | {
        f"{stem}.npz" for stem in parts.archives
    }
    there = {file.name for file in (HAND / name).iterdir()}
    assert found == there - NOT_PUBLIC.get(name, set())


def test_what_is_counted(made):
    parts_of("amazon-sports", made)
    assert made("amazon-sports")[1].counts == {
        "interactions of train": 218_409,
        "interactions of val": 37_899,
        "interactions of test": 40_029,
        "items": 18_357,
        "items with attributes": 18_357,
        "cosines of image neighbours": 183_570,
        "cosines of image neighbours unknown": 1_700,
        "cosines of text neighbours": 183_570,
        "cosines of text neighbours unknown": 40,
    }
    assert made("flickr8k-captions")[1].dropped == {
        "a photo that the copy added": Dropped(500, "Flickr8k.token.txt line 40461")
    }
    assert made("flickr8k-captions")[1].counts["captions in no part"] == 460
    assert made("amazon-grocery")[1].counts["items without an interaction"] == 26
    assert made("coat")[1].counts == {"ratings of train_mnar": 6960, "ratings of test_mcar": 4640}
    for name in AT_HAND:
        if name != "flickr8k-captions":
            assert not made(name)[1].dropped
