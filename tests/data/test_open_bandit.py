import numpy as np
import pandas as pd
import pytest

from mmnotes import data
from mmnotes.errors import InputError

NAME = "open-bandit"
LOGS = ("random_men", "bts_men", "random_women", "bts_women")


def items(n) -> pd.DataFrame:
    features = {f"item_feature_{i}": ["x"] * n for i in range(1, 4)}
    return pd.DataFrame({"item_id": range(n), "item_feature_0": np.linspace(-1, 1, n), **features})


def rounds(n_items) -> pd.DataFrame:
    columns = {
        "timestamp": ["1970-01-01 00:00:01.500000+00:00", "1970-01-02 00:00:00+00:00"],
        "item_id": [n_items - 1, 0],
        "position": [3, 1],
        "click": [1, 0],
        "propensity_score": [1 / n_items, 1.0],
        **{f"user_feature_{i}": ["young", "old"] for i in range(4)},
        **{f"user-item_affinity_{i}": [0.0, 2.0] for i in range(n_items)},
    }
    return pd.DataFrame(columns)


@pytest.fixture
def shelf(tmp_path):
    """A data folder with a small set in the format of Open Bandit: 2 men's items, 3 women's."""
    folder = tmp_path / NAME
    folder.mkdir()
    for campaign, n in (("men", 2), ("women", 3)):
        items(n).to_parquet(folder / f"items_{campaign}.parquet")
        for policy in ("random", "bts"):
            rounds(n).to_parquet(folder / f"{policy}_{campaign}.parquet")
    return tmp_path


def test_what_is_read(shelf):
    small = data.load(NAME, shelf)
    assert tuple(small.logs) == LOGS
    log = small.logs["bts_women"]
    assert log.n_actions == 3
    assert log.action.tolist() == [2, 0]
    assert log.reward.tolist() == [1, 0]
    assert log.propensity.tolist() == [1 / 3, 1]
    assert log.position.tolist() == [3, 1]
    assert log.time.tolist() == [1.5, 86_400]
    assert list(log.context) == [f"user_feature_{i}" for i in range(4)]
    catalog = small.catalog.items
    assert catalog["campaign"].tolist() == ["men"] * 2 + ["women"] * 3
    assert catalog["action"].tolist() == [0, 1, 0, 1, 2]
    assert small.interactions is None
    assert small.notes["affinity_columns_dropped"] == 2 * (2 + 3)
    assert small.notes["affinities_dropped"] == 2 * (2 + 3)  # the second row of each log
    assert small.notes["bts_men_rounds"] == 2
    assert small.notes["bts_men_clicks"] == 1


def test_the_real_one(open_bandit):
    logs = open_bandit.logs
    assert {name: len(log) for name, log in logs.items()} == dict.fromkeys(LOGS, 10_000)
    clicks = {name: open_bandit.notes[f"{name}_clicks"] for name in LOGS}
    assert clicks == {"random_men": 46, "bts_men": 69, "random_women": 46, "bts_women": 46}
    for campaign, n in (("men", 34), ("women", 46)):
        assert logs[f"random_{campaign}"].n_actions == n
        np.testing.assert_allclose(logs[f"random_{campaign}"].propensity, 1 / n)
        assert logs[f"bts_{campaign}"].propensity.min() < 1e-3
    for log in logs.values():
        assert set(log.position) == {1, 2, 3}
        assert (np.diff(log.time) >= 0).all()
        assert len(np.unique(log.action)) == log.n_actions


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"item_id": 2}, "row 0 has a number out of 0 … 1 in column 'item_id'"),
        ({"click": 2}, "row 0 has a number out of 0 … 1 in column 'click'"),
        ({"position": 0}, "row 0 has a number out of 1 … .* in column 'position'"),
        ({"propensity_score": [0.5, 0]}, r"row 1 has a propensity_score out of \(0, 1\]"),
        ({"propensity_score": [0.5, -1]}, r"row 1 has a propensity_score out of \(0, 1\]"),
        ({"propensity_score": [0.5, 1.5]}, r"row 1 has a propensity_score out of \(0, 1\]"),
        ({"propensity_score": [0.5, None]}, r"row 1 has a propensity_score out of \(0, 1\]"),
        ({"propensity_score": "half"}, "column 'propensity_score' must hold numbers"),
        ({"timestamp": ["1970-01-01", "yesterday"]}, "row 1 has a timestamp that is no time"),
    ],
)
def test_logs_that_cannot_be(shelf, change, said):
    rounds(2).assign(**change).to_parquet(shelf / NAME / "bts_men.parquet")
    with pytest.raises(InputError, match=rf"bts_men\.parquet: {said}"):
        data.load(NAME, shelf)


def test_no_round(shelf):
    rounds(2).iloc[:0].to_parquet(shelf / NAME / "random_men.parquet")
    with pytest.raises(InputError, match=r"random_men\.parquet: holds no round"):
        data.load(NAME, shelf)


def test_items_out_of_order(shelf):
    items(3).iloc[::-1].to_parquet(shelf / NAME / "items_women.parquet")
    with pytest.raises(InputError, match=r"items_women\.parquet: row 0 is not where its item_id"):
        data.load(NAME, shelf)


def test_a_missing_column(shelf):
    rounds(2).drop(columns="click").to_parquet(shelf / NAME / "bts_men.parquet")
    with pytest.raises(InputError, match=r"bts_men\.parquet: columns \['click'\] are missing"):
        data.load(NAME, shelf)
