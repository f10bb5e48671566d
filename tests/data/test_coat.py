import numpy as np
import pytest

from mmnotes import data
from mmnotes.errors import InputError

NAME = "coat"
SMALL = {
    "train_mnar": np.array([[5, 0, 1], [0, 2, 0]], np.int8),
    "test_mcar": np.array([[5, 3, 0], [0, 0, 4]], np.int8),
    "propensities": np.array([[0.5, 0.1, 0.2], [0.3, 0.4, 0.1]], np.float32),
    "item_features": np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1, 0]], np.int8),
    "item_feature_names": np.array(["color:red", "color:sea: blue", "onfrontpage:yes",
                                    "onfrontpage:no"]),
    "user_features": np.array([[1, 0], [0, 1]], np.int8),
    "user_feature_names": np.array(["age:young", "age:old"]),
}  # fmt: skip


@pytest.fixture
def shelf(tmp_path):
    """Keeps a small set, with changes, in the format of Coat; returns the data folder."""

    def keep(**changes):
        (tmp_path / NAME).mkdir(exist_ok=True)
        arrays = {**SMALL, **changes}
        np.savez(tmp_path / NAME / "coat.npz", **{k: v for k, v in arrays.items() if v is not None})
        return tmp_path

    return keep


def test_what_is_read(shelf):
    small = data.load(NAME, shelf())
    chosen, drawn = small.interactions.part("train"), small.interactions.part("test")
    assert (chosen.user.tolist(), chosen.item.tolist()) == ([0, 0, 1], [0, 2, 1])
    assert chosen.rating.tolist() == [5, 1, 2]
    assert (drawn.user.tolist(), drawn.item.tolist()) == ([0, 0, 1], [0, 1, 2])
    assert drawn.rating.tolist() == [5, 3, 4]
    assert (small.interactions.n_users, small.interactions.n_items) == (2, 3)
    assert small.catalog.content == ("color",)
    assert small.catalog.policy == ("onfrontpage",)  # the shop decides what is on its front page
    assert small.catalog.items["color"].tolist() == ["red", "sea: blue", "sea: blue"]
    assert small.catalog.items["onfrontpage"].tolist() == ["yes", "no", "yes"]
    np.testing.assert_array_equal(small.arrays["propensity"], SMALL["propensities"].astype(float))
    np.testing.assert_array_equal(small.arrays["user_features"], SMALL["user_features"])
    assert small.arrays["user_feature_names"].tolist() == ["age:young", "age:old"]
    assert small.notes == {"users": 2, "items": 3, "train": 3, "test": 3, "pairs_in_both": 1}


def test_the_real_one(coat):
    assert coat.notes == {
        "users": 290,
        "items": 300,
        "train": 6_960,
        "test": 4_640,
        "pairs_in_both": 366,
    }
    chosen, drawn = coat.interactions.part("train"), coat.interactions.part("test")
    assert set(np.bincount(chosen.user)) == {24}
    assert set(np.bincount(drawn.user)) == {16}
    # What people pick, they like better than what is drawn for them.
    assert chosen.rating.mean() > drawn.rating.mean() + 0.2
    # The propensities are of the training part: they add up to its size.
    assert coat.arrays["propensity"].sum() == pytest.approx(6_960, rel=0.01)
    assert coat.catalog.content == ("gender", "jackettype", "color")
    assert coat.arrays["user_features"].shape == (290, 14)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"propensities": None}, r"arrays \['propensities'\] are missing"),
        ({"test_mcar": SMALL["test_mcar"].T}, "users × items differ"),
        ({"test_mcar": SMALL["test_mcar"] * 2}, r"test_mcar\[0, 0\] is no rating .*and 3 cells"),
        ({"train_mnar": SMALL["train_mnar"] - 1.5}, r"train_mnar\[0, 0\] is no rating"),
        ({"propensities": SMALL["propensities"] - 0.1}, r"propensities\[0, 1\] is not in \(0, 1\]"),
        ({"propensities": SMALL["propensities"] * 3}, r"propensities\[0, 0\] is not in \(0, 1\]"),
        ({"propensities": SMALL["propensities"] * np.nan}, r"propensities\[0, 0\] is not in"),
        ({"propensities": np.ones((2, 3), int)}, "propensities holds int64, not probabilities"),
        ({"user_features": SMALL["user_features"][:1]}, r"user_features is \(1, 2\).* 2 users"),
        ({"user_features": np.array([[1, 0], [1, 1]])}, "user 1 has not exactly one age"),
        ({"item_features": SMALL["item_features"] * 2}, r"item_features\[0, 0\] is neither 0 nor"),
        ({"item_feature_names": np.array(["color:red"])}, r"\(3, 4\), but there are 3 items and 1"),
        ({"user_feature_names": np.array([1, 2])}, "user_feature_names"),
    ],
)
def test_a_file_that_cannot_be(shelf, changes, said):
    with pytest.raises(InputError, match=rf"coat\.npz: .*{said}"):
        data.load(NAME, shelf(**changes))
