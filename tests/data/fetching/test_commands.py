"""``mmnotes data fetch`` and ``photos``, as one would type them."""

import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.cli import main


@pytest.fixture
def room(toys, monkeypatch):
    monkeypatch.setenv("MMNOTES_DATA", str(toys))
    return toys


def test_the_list_says_how_to_fetch_what_is_not_at_hand(room, capsys):
    assert main(["data", "list"]) == 0
    toys, nowhere = capsys.readouterr().out.split("nowhere  ")
    assert "  to fetch it: mmnotes data fetch toys\n  1,000 rows: here\n" in toys
    assert "in doubt" not in toys
    assert "to fetch it" not in nowhere
    assert "  in doubt: no address is known for it\n" in nowhere


def test_brings_the_raw_files(room, capsys):
    assert main(["data", "fetch", "toys", "--raw-only"]) == 0
    told = capsys.readouterr().out
    assert "train.pkl: fetching who took what\n" in told
    assert f"toys: 2 files, whole and checked, in {room}/raw/toys\n" in told
    assert not (room / "toys").exists()


def test_takes_a_mirror_and_leaves_out_roles(room, server, answer, capsys, goods):
    server.give("/near/shop/train.pkl", answer(goods.matrix))
    arguments = ["--mirror", f"{server.url}/near", "--without", "reviews", "--raw-only"]
    assert main(["data", "fetch", "toys", *arguments]) == 0
    assert [path for path, _ in server.requests] == ["/near/shop/train.pkl"]


def test_prepares_what_it_brought(originals, coat, tmp_path, monkeypatch, capsys):
    """The very set at hand; and a second time there is nothing to do."""
    monkeypatch.setenv("MMNOTES_DATA", str(tmp_path))
    command = ["data", "fetch", "coat", "--mirror", originals]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "coat: 5 files, whole and checked, in " in told
    assert "6,960 ratings of train_mnar" in told
    assert "next: mmnotes data describe coat" in told
    brought = data.load("coat").interactions
    for column in ("user", "item", "split", "rating"):
        ours, theirs = getattr(brought, column), getattr(coat.interactions, column)
        np.testing.assert_array_equal(ours, theirs)
    assert main(command) == 0
    again = f"{tmp_path}/coat is there already; mmnotes data prepare coat --force makes it anew\n"
    assert capsys.readouterr().out.endswith(again)


def test_a_changed_file_needs_a_word(room, capsys):
    assert main(["data", "fetch", "toys", "--raw-only", "--without", "matrix"]) == 0
    file = room / "raw/toys/some/reviews.json.gz"
    file.write_bytes(file.read_bytes() * 2)
    assert main(["data", "fetch", "toys", "--raw-only"]) == 1
    assert "say --accept-changes" in capsys.readouterr().err
    assert main(["data", "fetch", "toys", "--raw-only", "--accept-changes"]) == 0


def test_what_does_not_come_is_said_and_nothing_is_prepared(room, server, capsys):
    server.answers.clear()
    assert main(["data", "fetch", "toys"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("mmnotes data:\nreviews.json.gz did not come:\n  http://127.0.0.1:")
    assert not (room / "toys").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch"], "the following arguments are required: NAME"),
        (["photos", "toys", "--pause", "-1"], "'-1' is not a number of seconds from 0"),
        (["photos", "toys", "--pause", "nan"], "'nan' is not a number of seconds from 0"),
        (["photos", "toys", "--pause", "soon"], "'soon' is not a number of seconds from 0"),
    ],
)
def test_misused(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["data", *arguments])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_photos_of_a_dataset(shelf, server, answer, pictures, monkeypatch, capsys):
    """This machine is not on the public internet, so nothing is asked of it."""
    file = shelf / "amazon-apparel" / "items.parquet"
    url = server.give("/1", answer(pictures.encode()))
    items = pd.read_parquet(file).assign(image_url=[url, None, "u2", "u2", ""])
    items.to_parquet(file)
    monkeypatch.setenv("MMNOTES_DATA", str(shelf))
    assert main(["data", "photos", "amazon-apparel", "--pause", "0"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("3 photos: 1 no address, 2 bad address\n")
    assert f"in {shelf}/raw/amazon-apparel/photos, named ASIN.jpg" in told
    assert server.requests == []


def test_photos_need_addresses(shelf, monkeypatch, capsys, tmp_path):
    file = shelf / "amazon-apparel" / "items.parquet"
    pd.read_parquet(file).drop(columns="image_url").to_parquet(file)
    monkeypatch.setenv("MMNOTES_DATA", str(shelf))
    out = tmp_path / "photos"
    assert main(["data", "photos", "amazon-apparel", "--out", str(out)]) == 1
    assert "amazon-apparel has no addresses of photos" in capsys.readouterr().err
    assert not out.exists()
