"""Folders of MMRec, LATTICE and DiffMM: written here, and read back."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mmnotes.data.raw import diffmm, lattice, mmrec
from mmnotes.data.raw.tally import Dropped, Tally
from mmnotes.errors import InputError

pytest.importorskip("pyarrow")
READERS = {"mmrec": mmrec, "lattice": lattice, "diffmm": diffmm}
PARTS = ("train", "val", "test")


def write_mmrec(folder, taken, items, users=None):
    labels = taken["split"].map({part: at for at, part in enumerate(PARTS)})
    table = pd.DataFrame(
        {
            "userID": taken["user"],
            "itemID": taken["item"],
            "rating": taken.get("rating", 5.0),
            "timestamp": taken.get("timestamp", 1_400_000_000),
            "x_label": labels,
        }
    )
    table.to_csv(folder / "toy.inter", sep="\t", index=False)
    mapping = pd.DataFrame({"asin": items, "itemID": range(len(items))})
    mapping.sample(frac=1, random_state=0).to_csv(
        folder / "i_id_mapping.csv", sep="\t", index=False
    )
    if users is not None:
        mapping = pd.DataFrame({"user_id": users, "userID": range(len(users))})
        mapping.to_csv(folder / "u_id_mapping.csv", sep="\t", index=False)


def write_lattice(folder, taken, items, users=None):
    core = folder / "5-core"
    core.mkdir()
    for part, rows in taken.groupby("split"):
        lists = {}
        for user, item in zip(rows["user"].tolist(), rows["item"].tolist(), strict=True):
            lists.setdefault(user, []).append(item)
        (core / f"{part}.json").write_text(json.dumps(lists))
    for name, ids in (("item_list.txt", items), ("user_list.txt", users)):
        if ids is not None:
            lines = [f"{each}\t{number}\n" for number, each in enumerate(ids)]
            (core / name).write_text("".join(reversed(lines)))


def write_diffmm(folder, taken, items, users=None):
    shape = int(taken["user"].max()) + 1, len(items)
    for part, file in diffmm._FILES.items():
        rows = taken[taken["split"] == part]
        matrix = sparse.coo_matrix((np.ones(len(rows)), (rows["user"], rows["item"])), shape)
        (folder / file).write_bytes(pickle.dumps(matrix))


WRITERS = {"mmrec": write_mmrec, "lattice": write_lattice, "diffmm": write_diffmm}
ASINS = [f"B{at:03}" for at in range(6)]
USERS = ["U0", "U1", "U2"]


@pytest.fixture
def taken():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame([(user, item) for user in range(3) for item in rng.permutation(5)[:4]])
    rows.columns = ["user", "item"]
    return rows.assign(split=np.tile(["train", "train", "val", "test"], 3))


@pytest.fixture(params=WRITERS)
def folder(request, tmp_path, taken):
    WRITERS[request.param](tmp_path, taken, ASINS, USERS)
    np.save(tmp_path / "image_feat.npy", np.eye(6))
    return tmp_path


@pytest.fixture
def read(request, folder):
    kind = request.node.callspec.params["folder"]
    return lambda tally: READERS[kind].read(folder, tally)


def only(kind):
    return pytest.mark.parametrize("folder", [kind], indirect=True)


class TestEveryFolder:
    def test_reads_back(self, read, taken):
        tally = Tally()
        parts = read(tally)
        expected = taken.sort_values(["user", "item"], ignore_index=True)
        pd.testing.assert_frame_equal(
            parts.tables["interactions"][["user", "item", "split"]], expected, check_dtype=False
        )
        assert {part: tally.counts[f"interactions of {part}"] for part in PARTS} == {
            "train": 6,
            "val": 3,
            "test": 3,
        }
        assert len(parts.tables["items"]) == 6
        assert parts.embeddings == {"image": "image_feat"}
        assert tally.counts["items without an interaction"] == 6 - taken["item"].nunique()
        assert not tally.dropped

    def test_vectors_of_others(self, read, folder):
        np.save(folder / "image_feat.npy", np.eye(7))
        with pytest.raises(InputError, match=r"image_feat\.npy: shape \(7, 7\), but there are 6"):
            read(Tally())


class TestMMRec:
    @only("mmrec")
    def test_ids_ratings_and_times(self, read, folder, taken):
        timed = taken.assign(timestamp=np.arange(12)[::-1] * 10, rating=np.arange(12) % 5 + 1)
        write_mmrec(folder, timed, ASINS, USERS)
        tables = read(Tally()).tables
        expected = timed.sort_values(["user", "timestamp"], ignore_index=True)
        for name in ("user", "item", "timestamp", "rating"):
            np.testing.assert_array_equal(tables["interactions"][name], expected[name])
        assert tables["items"]["asin"].tolist() == ASINS
        assert tables["users"]["id"].tolist() == USERS

    @only("mmrec")
    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("x_label", "label", r"columns \['x_label'\] are missing"),
            ("\t0\n", "\t3\n", "line 2 has an x_label that is none of 0, 1, 2"),
            ("\t0\n", "\t-1\n", "line 2 has an x_label that is none"),
            ("5.0", "five", "Row #2: CSV conversion error to double"),
            ("1400000000", "nan", "line 2 has no finite number in column 'timestamp'"),
        ],
    )
    def test_bad_interactions(self, read, folder, old, new, fault):
        file = folder / "toy.inter"
        file.write_text(file.read_text().replace(old, new, 1))
        with pytest.raises(InputError, match=rf"toy\.inter: .*{fault}"):
            read(Tally())

    @only("mmrec")
    def test_without_ratings_times_and_ids(self, read, folder):
        file = folder / "toy.inter"
        table = pd.read_csv(file, sep="\t")
        table[["itemID", "userID", "x_label"]].to_csv(file, sep="\t", index=False)
        (folder / "i_id_mapping.csv").unlink()
        (folder / "u_id_mapping.csv").unlink()
        (folder / "image_feat.npy").unlink()
        parts = read(Tally())
        assert set(parts.tables) == {"interactions", "items"}
        assert list(parts.tables["interactions"]) == ["user", "item", "split"]
        assert list(parts.tables["items"]) == ["item"]

    @only("mmrec")
    def test_ids_by_another_name(self, read, folder):
        file = folder / "i_id_mapping.csv"
        file.write_text(file.read_text().replace("asin", "video"))
        assert list(read(Tally()).tables["items"]) == ["item", "id"]
        file.write_text("video\ttitle\titemID\n")
        with pytest.raises(InputError, match=r"i_id_mapping\.csv: there must be two tab-separated"):
            read(Tally())

    @only("mmrec")
    def test_too_few_ids(self, read, folder, taken):
        write_mmrec(folder, taken, ASINS[:2], USERS)
        with pytest.raises(InputError, match="2 items have an id, but there are 5 items"):
            read(Tally())

    @only("mmrec")
    def test_which_file(self, read, folder):
        (folder / "more.inter").write_text("")
        with pytest.raises(InputError, match=r"but there is more\.inter, toy\.inter"):
            read(Tally())
        for file in folder.glob("*.inter"):
            file.unlink()
        with pytest.raises(InputError, match=r"one file NAME\.inter, but there is none"):
            read(Tally())


class TestLattice:
    @only("lattice")
    def test_ids(self, read):
        tables = read(Tally()).tables
        assert tables["items"]["id"].tolist() == ASINS
        assert tables["users"]["id"].tolist() == USERS

    @only("lattice")
    def test_without_a_folder_for_the_core(self, read, folder):
        for file in (folder / "5-core").iterdir():
            file.rename(folder / file.name)
        (folder / "5-core").rmdir()
        assert len(read(Tally()).tables["interactions"]) == 12

    @only("lattice")
    def test_a_user_without_an_item(self, read, folder):
        file = folder / "5-core" / "val.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"0": []}))
        assert len(read(Tally()).tables["interactions"]) == 11

    @only("lattice")
    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            ("[]", "must go from the number of a user to a list"),
            ('{"0": 1}', "must go from the number of a user to a list"),
            ('{"07": [1]}', "user '07' is no whole number"),
            ('{"-1": [1]}', "user '-1' is no whole number"),
            ('{"٣": [1]}', "user '٣' is no whole number"),
            ('{"99999999999": [1]}', "user '99999999999' is no whole number"),
            ('{"7": [1.0]}', "user 7: an item is no whole number in 0"),
            ('{"7": [true]}', "user 7: an item is no whole number"),
            ('{"7": [-1]}', "user 7: an item is no whole number"),
            ('{"7": [99999999999999999999]}', "user 7: an item is no whole number"),
            ('{"7": ["1"]}', "user 7: an item is no whole number"),
            ('{"7": [1], "7": [2]}', "key '7' comes twice"),
            ("{", "not JSON"),
        ],
    )
    def test_bad_lists(self, read, folder, content, fault):
        (folder / "5-core" / "val.json").write_text(content)
        with pytest.raises(InputError, match=rf"val\.json: .*{fault}"):
            read(Tally())

    @only("lattice")
    def test_no_file(self, read, folder):
        (folder / "5-core" / "test.json").unlink()
        with pytest.raises(InputError, match=r"test\.json: cannot be read"):
            read(Tally())


class TestDiffMM:
    @only("diffmm")
    def test_the_other_name_of_validation(self, read, folder):
        (folder / "valMat.pkl").rename(folder / "toy_valid.pkl")
        assert len(read(Tally()).tables["interactions"]) == 12
        (folder / "toy_valid.pkl").unlink()
        with pytest.raises(
            InputError, match=r"one valMat\.pkl or \*_valid\.pkl, but there is none"
        ):
            read(Tally())

    @only("diffmm")
    def test_zeros_and_repeats(self, read, folder):
        matrix = sparse.coo_matrix(([1, 0, 2, 3], ([0, 1, 2, 2], [5, 5, 5, 5])), (3, 6))
        (folder / "tstMat.pkl").write_bytes(pickle.dumps(matrix))
        tally = Tally()
        found = read(tally).tables["interactions"]
        assert found[found["split"] == "test"][["user", "item"]].to_numpy().tolist() == [
            [0, 5],
            [2, 5],
        ]
        assert tally.dropped == {
            "an entry of zero": Dropped(1, "tstMat.pkl entry 1"),
            "the user has the item already": Dropped(1, "tstMat.pkl entry 3"),
        }

    @only("diffmm")
    def test_shapes_that_differ(self, read, folder):
        matrix = sparse.coo_matrix((3, 7))
        (folder / "valMat.pkl").write_bytes(pickle.dumps(matrix))
        with pytest.raises(
            InputError, match=r"valMat\.pkl: \(3, 7\) users × items, but trnMat\.pkl"
        ):
            read(Tally())


@pytest.mark.parametrize("kind", WRITERS)
def test_amazon_baby_there_and_back(kind, baby, tmp_path):
    """The published split, written as each of them has it, comes back row for row."""
    taken = pd.DataFrame(
        {
            "user": baby.interactions.user,
            "item": baby.interactions.item,
            "split": np.where(baby.interactions.split == "valid", "val", baby.interactions.split),
        }
    )
    asins = baby.catalog.items["asin"].tolist()
    WRITERS[kind](tmp_path, taken.sample(frac=1, random_state=0), asins)
    np.save(tmp_path / "text_feat.npy", baby.embeddings["minilm"])
    tally = Tally()
    parts = READERS[kind].read(tmp_path, tally)
    found = parts.tables["interactions"]
    assert (found["user"].nunique(), len(parts.tables["items"]), len(found)) == (
        19_445,
        7_050,
        160_792,
    )
    for column in taken:
        np.testing.assert_array_equal(found[column], taken[column])
    if kind == "mmrec":
        assert parts.tables["items"]["asin"].tolist() == asins
    np.testing.assert_array_equal(parts.vectors["text_feat"], baby.embeddings["minilm"])
    assert tally.counts["zero rows of text_feat.npy"] == 3_634
    assert not tally.dropped
