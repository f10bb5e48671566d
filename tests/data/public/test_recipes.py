"""Small copies, whole and then broken: each fault is named with its file."""

import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mmnotes.data import public
from mmnotes.data.raw import documents
from mmnotes.data.raw.tally import Dropped, Tally
from mmnotes.errors import InputError

pytest.importorskip("pyarrow")


@pytest.fixture
def read(tmp_path):
    return lambda name, tally=None: public.read(name, tmp_path, Tally() if tally is None else tally)


def put(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_no_such_recipe(read):
    with pytest.raises(
        InputError, match="no recipe for 'amazon-books'; there is one for amazon-baby"
    ):
        read("amazon-books")


class TestAmazon:
    """Four users, four items: u0 takes 0, 1; u1 takes 1, 2; u2 takes 2, 3; u3 takes 3, 0."""

    ASINS = ("B0", "B1", "B2", "B3")
    PAIRS = np.array([(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 0)])

    @pytest.fixture
    def folder(self, tmp_path, request):
        torch = pytest.importorskip("torch")
        name = request.param
        for part, rows in (("trnMat", [0, 2, 4, 6]), ("valMat", [1, 3]), ("tstMat", [5, 7])):
            matrix = sparse.coo_matrix((np.ones(len(rows)), self.PAIRS[rows].T), (4, 4))
            put(tmp_path / f"Datasets/{name}/{part}.pkl", pickle.dumps(matrix))
        place = tmp_path / "data" / name
        ids = "".join(f"{asin}\t{at}\n" for at, asin in enumerate(self.ASINS))
        put(place / "i_id_mapping.csv", "asin\titemID\n" + ids)
        for kind in ("image", "text"):
            torch.save(torch.eye(4).to_sparse(), place / f"{kind}_adj_10_True.pt")
        return tmp_path

    only_baby = pytest.mark.parametrize("folder", ["baby"], indirect=True)
    only_sports = pytest.mark.parametrize("folder", ["sports"], indirect=True)

    @pytest.fixture
    def photos(self, folder):
        lines = "".join(f"{at},{asin},u{at % 3 or ''}\n" for at, asin in enumerate(self.ASINS))
        return put(
            folder / "data/baby/baby_url.csv", "itemID,asin,imUrl\n" + lines.replace("u\n", "\n")
        )

    @pytest.fixture
    def history(self, folder):
        """Their item 5 is our 0, 6 our 1, 7 our 2, 8 our 3."""
        put(folder / "data/Sports_and_Outdoors_item2attributes.json", '{"8": [1], "5": [2, 1]}')
        return put(folder / "data/Sports_and_Outdoors.txt", "1 6 5\n2 6 7\n3 8 7\n4 8 5\n")

    @only_baby
    def test_baby(self, read, photos):
        parts = read("amazon-baby")
        assert parts.tables["items"].fillna("").to_dict("list") == {
            "item": [0, 1, 2, 3],
            "asin": list(self.ASINS),
            "image_url": ["", "u1", "u2", ""],
        }
        assert parts.graphs == {"image": "image_knn10", "text": "text_knn10"}
        assert parts.archives["text_knn10"]["neighbors"].tolist() == [[0], [1], [2], [3]]

    @only_baby
    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("B2", "B7", "line 4 has another asin than i_id_mapping"),
            ("2,B2", "9,B2", "line 4 has another itemID than i_id_mapping"),
            ("3,B3,\n", "", "3 items, but the split has 4"),
        ],
    )
    def test_other_photos(self, read, photos, old, new, fault):
        put(photos, photos.read_text().replace(old, new))
        with pytest.raises(InputError, match=rf"baby_url\.csv: {fault}"):
            read("amazon-baby")

    @only_baby
    def test_other_ids(self, read, folder, photos):
        ids = folder / "data/baby/i_id_mapping.csv"
        put(ids, ids.read_text().replace("B3\t3\n", ""))
        with pytest.raises(InputError, match=r"i_id_mapping\.csv: 3 items, but the split has 4"):
            read("amazon-baby")
        ids.unlink()
        with pytest.raises(InputError, match=r"i_id_mapping\.csv: no file, but the split has 4"):
            read("amazon-baby")

    @only_sports
    def test_sports(self, read, history):
        tally = Tally()
        parts = read("amazon-sports", tally)
        taken = parts.tables["interactions"]
        assert taken["item"].tolist() == [1, 0, 1, 2, 3, 2, 3, 0]
        assert taken["position_in_user_history"].tolist() == [0, 1] * 4
        assert taken["split"].tolist() == [
            "val",
            "train",
            "train",
            "val",
            "test",
            "train",
            "train",
            "test",
        ]
        assert parts.tables["items"]["attributes"].tolist() == [[2, 1], None, None, [1]]
        assert tally.counts["items with attributes"] == 2

    @only_sports
    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("4 8 5\n", "4 8 6\n", "not the interactions of the split"),
            ("4 8 5\n", "", "not the interactions of the split"),
            ("4 8 5", "4 8 5 5", "not the interactions of the split"),
            ("3 8 7", "7 8 7", "line 3 is not of user 3 and their items"),
            ("3 8 7", "3", "line 3 is not of user 3 and their items"),
            ("3 8 7", "3 8 -7", "line 3 is not of user 3 and their items"),
            ("3 8 7", "3 8 seven", "not lines of whole numbers"),
            ("3 8 7", "3 8 99999999999999999999", "not lines of whole numbers"),
            ("3 8 7", "3 8 7\xff", "not lines of whole numbers"),
        ],
    )
    def test_other_histories(self, read, history, old, new, fault):
        put(history, history.read_text().replace(old, new))
        with pytest.raises(InputError, match=rf"Sports_and_Outdoors\.txt: {fault}"):
            read("amazon-sports")

    @only_sports
    def test_items_that_cannot_be_told_apart(self, read, folder, history):
        matrix = sparse.coo_matrix(np.ones((4, 4)))
        put(folder / "Datasets/sports/trnMat.pkl", pickle.dumps(matrix))
        with pytest.raises(InputError, match="the same users took two items"):
            read("amazon-sports")

    @only_sports
    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            ("[]", "must go from items to lists"),
            ('{"5": 1}', "item '5' has no list of whole numbers"),
            ('{"5": ["1"]}', "item '5' has no list of whole numbers"),
        ],
    )
    def test_other_attributes(self, read, history, content, fault):
        put(history.with_name("Sports_and_Outdoors_item2attributes.json"), content)
        with pytest.raises(InputError, match=rf"item2attributes\.json: {fault}"):
            read("amazon-sports")

    @only_sports
    def test_attributes_of_other_items(self, read, history):
        put(history.with_name("Sports_and_Outdoors_item2attributes.json"), '{"5": [1], "x": [2]}')
        tally = Tally()
        read("amazon-sports", tally)
        why = "attributes of an item that is not in the split"
        assert tally.dropped == {why: Dropped(1, "Sports_and_Outdoors_item2attributes.json: x")}


class TestGrocery:
    @pytest.fixture
    def place(self, tmp_path):
        place = tmp_path / "data" / "Grocery_and_Gourmet_Food"
        put(place / "train.csv", "user_id\titem_id\ttime\n2\t3\t86400\n1\t1\t0\n")
        put(
            place / "item_meta.csv",
            "item_id\ti_category\tr_complement\tr_substitute\n"
            "1\t0\t[3, 2]\t[]\n3\t5\t[]\t[]\n2\t0\t[]\t[1]\n",
        )
        return place

    def test_in_the_order_of_the_files(self, read, place):
        tally = Tally()
        tables = read("amazon-grocery", tally).tables
        assert tables["interactions"].to_numpy().tolist() == [[2, 3, 86400], [1, 1, 0]]
        assert tables["items"]["item"].tolist() == [1, 3, 2]
        assert tables["items"]["complements"].tolist() == [[3, 2], [], []]
        assert tally.counts == {"interactions": 2, "items": 3, "items without an interaction": 1}

    @pytest.mark.parametrize(
        ("file", "old", "new", "fault"),
        [
            ("train.csv", "2\t3", "0\t3", "line 2 has a user below 1"),
            ("train.csv", "2\t3", "2\t4", r"line 2 has an item not in item_meta\.csv"),
            ("train.csv", "2\t3", "1\t1", "line 3 repeats a user and item"),
            ("train.csv", "86400", "noon", "Row #2: CSV conversion error to int64"),
            ("item_meta.csv", "\n3\t5", "\n1\t5", "line 3 repeats an item"),
            ("item_meta.csv", "\n3\t5", "\n0\t5", "line 3 has an item below 1"),
            ("item_meta.csv", "[3, 2]", "[3, 7]", "line 2 has no list of known items in r_comp"),
            ("item_meta.csv", "[1]", "[true]", "line 4 has no list of known items in r_substitute"),
            ("item_meta.csv", "[1]", "exit()", "line 4: not JSON to be trusted"),
        ],
    )
    def test_refused(self, read, place, file, old, new, fault):
        put(place / file, (place / file).read_text().replace(old, new))
        with pytest.raises(InputError, match=rf"{file}: .*{fault}"):
            read("amazon-grocery")


class TestCoat:
    @pytest.fixture
    def place(self, tmp_path):
        place = tmp_path / "datasets" / "coat"
        put(place / "train.ascii", "0 5" + " 0" * 298 + "\n" + ("0 " * 300 + "\n") * 289)
        put(place / "test.ascii", ("1 " * 300 + "\n") * 290)
        put(place / "propensities.ascii", ("1e-1 " * 300 + "\n") * 290)
        put(place / "user_item_features/item_features.ascii", ("1 " * 33 + "\n") * 300)
        put(place / "user_item_features/user_features.ascii", ("0 " * 14 + "\n") * 290)
        return place

    def test_arrays(self, read, place):
        arrays = read("coat").archives["coat"]
        assert np.argwhere(arrays["train_mnar"]).tolist() == [[0, 1]]
        assert arrays["propensities"].dtype == np.float32
        assert arrays["user_feature_names"].tolist()[6:8] == ["age:over 60", "age:under 20"]
        assert len(set(arrays["item_feature_names"])) == 33

    @pytest.mark.parametrize(
        ("file", "content", "fault"),
        [
            ("train.ascii", "1 2\n3\n", "not a table of numbers"),
            ("train.ascii", "1 2\n3 x\n", "not a table of numbers"),
            ("train.ascii", "1 2\n3 4\n", r"shape \(2, 2\), but Coat has \(290, 300\)"),
            ("train.ascii", "0.5 " * 300 + "\n", r"shape \(1, 300\), but Coat has"),
            ("test.ascii", ("6 " * 300 + "\n") * 290, "holds other numbers than 0 … 5"),
            ("test.ascii", ("0.5 " * 300 + "\n") * 290, "holds other numbers than 0 … 5"),
            ("propensities.ascii", ("nan " * 300 + "\n") * 290, "holds NaN or infinity"),
        ],
    )
    def test_refused(self, read, place, file, content, fault):
        put(place / file, content)
        with pytest.raises(InputError, match=rf"{file}: {fault}"):
            read("coat")

    def test_no_file(self, read, place):
        (place / "test.ascii").unlink()
        with pytest.raises(InputError, match=r"test\.ascii: no such file"):
            read("coat")


class TestOpenBandit:
    ITEMS = ",item_id,item_feature_0,item_feature_1,item_feature_2,item_feature_3\n0,0,0.5,a,b,c\n"
    LOG = (
        ",timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,"
        "user_feature_2,user_feature_3,user-item_affinity_0\n"
        "0,2019-11-24 00:03:13.442536+00:00,0,3,1,0.1,a,b,c,d,0.0\n"
    )

    @pytest.fixture
    def place(self, tmp_path):
        place = tmp_path / "obd"
        for campaign in ("men", "women"):
            put(place / "random" / campaign / "item_context.csv", self.ITEMS)
            for policy in ("random", "bts"):
                put(place / policy / campaign / f"{campaign}.csv", self.LOG)
        return place

    def test_tables(self, read, place):
        tally = Tally()
        tables = read("open-bandit", tally).tables
        assert set(tables) == {
            *("items_men", "items_women", "random_men", "random_women", "bts_men", "bts_women")
        }
        assert tables["bts_men"].iloc[0, :5].tolist() == [
            *("2019-11-24 00:03:13.442536+00:00", 0, 3, 1, 0.1)
        ]
        assert list(tables["bts_men"])[-1] == "user-item_affinity_0"
        assert tally.counts["clicks of bts_men"] == 1

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("position", "place", r"columns \['position'\] are missing"),
            (",0.1,", ",,", "Row #2: CSV conversion error to double"),
            (",0.1,", ",inf,", "line 2 has no finite number in column 'propensity_score'"),
            (",0.1,", ",0.1,0.2,", "Row #2: Expected 11 columns, got 12"),
        ],
    )
    def test_refused(self, read, place, old, new, fault):
        put(place / "bts" / "women" / "women.csv", self.LOG.replace(old, new))
        with pytest.raises(InputError, match=rf"women\.csv: .*{fault}"):
            read("open-bandit")


class TestFlickr8k:
    @pytest.fixture
    def place(self, tmp_path):
        place = tmp_path / "Flickr8k_text"
        put(
            place / "Flickr8k.token.txt",
            "10_ab.jpg#0\tA dog .\n10_ab.jpg#1\tA “dog” runs .\n"
            "11_ab.jpg.1#0\tA cat .\ne9_ab.jpg#0\tours\twith a tab\n",
        )
        put(place / "Flickr_8k.trainImages.txt", "10_ab.jpg\ne9_ab.jpg\n")
        put(place / "Flickr_8k.devImages.txt", "12_ab.jpg\n")
        put(place / "Flickr_8k.testImages.txt", "13_ab.jpg\n")
        return place

    def test_captions(self, read, place):
        tally = Tally()
        captions = read("flickr8k-captions", tally).tables["captions"]
        assert captions.fillna("").to_numpy().tolist() == [
            ["10_ab.jpg", 0, "A dog .", "train"],
            ["10_ab.jpg", 1, "A “dog” runs .", "train"],
            ["11_ab.jpg.1", 0, "A cat .", ""],
        ]
        assert tally.counts == {"captions": 3, "captions in no part": 1, "images": 2}
        assert tally.dropped == {
            "a photo that the copy added": Dropped(1, "Flickr8k.token.txt line 4")
        }

    @pytest.mark.parametrize(
        ("file", "old", "new", "fault"),
        [
            ("Flickr8k.token.txt", "#1\t", "#1 ", "line 2 is not IMAGE#K, a tab and a caption"),
            ("Flickr8k.token.txt", "#1\t", "#x\t", "line 2 is not IMAGE#K"),
            ("Flickr8k.token.txt", "A dog .", "A\tdog .", "line 1 is not IMAGE#K"),
            ("Flickr8k.token.txt", "A dog .", "", "line 1 is not IMAGE#K"),
            ("Flickr8k.token.txt", "#1\t", "#0\t", "a caption of the same number twice"),
            ("Flickr_8k.devImages.txt", "12", "10", "line 1: 10_ab.jpg is in another part too"),
        ],
    )
    def test_refused(self, read, place, file, old, new, fault):
        put(place / file, (place / file).read_text().replace(old, new))
        with pytest.raises(InputError, match=rf"{file}: .*{fault}"):
            read("flickr8k-captions")

    def test_broken_files(self, read, place):
        put(place / "Flickr_8k.testImages.txt", b"\xff")
        with pytest.raises(InputError, match=r"testImages\.txt: not text in UTF-8"):
            read("flickr8k-captions")
        (place / "Flickr_8k.testImages.txt").unlink()
        with pytest.raises(InputError, match=r"testImages\.txt: cannot be read"):
            read("flickr8k-captions")


IMAGE = {
    "filename": "10.jpg",
    "split": "val",
    "sentences": [{"raw": "A dog.", "tokens": ["a", "dog"]}, {"raw": "It runs."}],
}


class TestFlickr30k:
    @pytest.fixture
    def write(self, tmp_path):
        def of(document):
            with zipfile.ZipFile(tmp_path / "caption_datasets.zip", "w") as archive:
                archive.writestr("dataset_coco.json", "not looked at")
                text = document if isinstance(document, str) else json.dumps(document)
                archive.writestr("dataset_flickr30k.json", text)

        return of

    def test_captions(self, read, write, tmp_path):
        write({"images": [IMAGE, IMAGE | {"filename": "9.jpg", "split": "test"}]})
        tally = Tally()
        captions = read("flickr30k-captions", tally).tables["captions"]
        pd.testing.assert_frame_equal(
            captions,
            pd.DataFrame(
                [
                    ("10.jpg", 0, "A dog.", "val"),
                    ("10.jpg", 1, "It runs.", "val"),
                    ("9.jpg", 0, "A dog.", "test"),
                    ("9.jpg", 1, "It runs.", "test"),
                ],
                columns=["image", "k", "caption", "split"],
            ),
        )
        assert tally.counts == {"images": 2, "captions": 4}
        assert [file.name for file in tmp_path.iterdir()] == ["caption_datasets.zip"]

    @pytest.mark.parametrize(
        ("document", "fault"),
        [
            ([], "has no list of images"),
            ({"images": []}, "has no list of images"),
            ({"images": [1]}, "image 0 lacks a filename, a split"),
            ({"images": [IMAGE, IMAGE]}, "an image comes twice"),
            ({"images": [IMAGE | {"split": "dev"}]}, "image 0 lacks a filename, a split"),
            ({"images": [IMAGE | {"split": ["val"]}]}, "image 0 lacks a filename, a split"),
            ({"images": [IMAGE | {"filename": 7}]}, "image 0 lacks a filename"),
            ({"images": [IMAGE | {"sentences": {}}]}, "image 0 lacks a filename"),
            ({"images": [IMAGE | {"sentences": ["A dog."]}]}, "image 0 has a sentence without"),
            ({"images": [IMAGE | {"sentences": [{"raw": ""}]}]}, "image 0 has a sentence without"),
            ({"images": [IMAGE | {"sentences": [{"raw": "\ud800"}]}]}, "image 0 has a sentence"),
            ("[" * 100_000, "nested too deep"),
        ],
    )
    def test_refused(self, read, write, document, fault):
        write(document)
        with pytest.raises(InputError, match=rf"zip: dataset_flickr30k\.json:? .*{fault}"):
            read("flickr30k-captions")

    def test_a_bomb(self, read, write, monkeypatch):
        monkeypatch.setattr("mmnotes.data.public.flickr30k_captions.MAX_BYTES", 1000)
        assert documents.MAX_BYTES == 2**28
        write(" " * 1001)
        with pytest.raises(InputError, match=r"dataset_flickr30k\.json is larger than 1000 bytes"):
            read("flickr30k-captions")

    def test_no_archive(self, read, tmp_path):
        with pytest.raises(InputError, match=r"caption_datasets\.zip: no such file"):
            read("flickr30k-captions")
        put(tmp_path / "caption_datasets.zip", "<html>")
        with pytest.raises(InputError, match=r"caption_datasets\.zip: not a whole zip file"):
            read("flickr30k-captions")
