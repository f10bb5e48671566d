import tracemalloc

import numpy as np
import pytest

from mmnotes.data import Impressions
from mmnotes.errors import InputError
from mmnotes.features import FeatureBlock, click_rates, impression_rows, rows, user_profiles


def make_log(n_slates=40, n_users=6, n_items=15, size=5, seed=0):
    rng = np.random.default_rng(seed)
    n = n_slates * size
    return Impressions(
        impression=np.repeat(np.arange(n_slates), size),
        user=np.repeat(rng.integers(0, n_users, n_slates), size),
        item=rng.integers(0, n_items, n),
        position=np.tile(np.arange(1, size + 1), n_slates),
        clicked=rng.random(n) < 0.3,
        day=np.zeros(n, int),
        device=np.repeat(rng.integers(0, 2, n_slates), size),
    )


def make_block(d, n_items=15, seed=1):
    rng = np.random.default_rng(seed)
    present = rng.random(n_items) < 0.8
    values = rng.normal(size=(n_items, d)).astype(np.float32) * present[:, None]
    return FeatureBlock(values, present)


@pytest.fixture
def log():
    return make_log()


@pytest.fixture
def blocks():
    return {"text": make_block(4), "image": make_block(3, seed=2)}


class TestProfiles:
    def test_by_definition(self, log, blocks):
        block = blocks["text"]
        profiles = user_profiles(block, log, 6)
        for user in range(6):
            shown = [
                i for i, u in zip(log.item, log.user, strict=True) if u == user and block.present[i]
            ]
            took = [
                i
                for i, u, c in zip(log.item, log.user, log.clicked, strict=True)
                if u == user and c and block.present[i]
            ]
            wanted = block.values[took].mean(axis=0) - block.values[shown].mean(axis=0)
            np.testing.assert_allclose(
                profiles[user], wanted / np.linalg.norm(wanted), rtol=1e-4, atol=1e-6
            )
        assert profiles.dtype == np.float32

    def test_zero_for_who_clicked_nothing_or_everything(self, log, blocks):
        clicked = log.clicked.copy()
        clicked[log.user == 1] = False
        clicked[log.user == 2] = True
        log = Impressions(**{**vars(log), "clicked": clicked})
        profiles = user_profiles(blocks["text"], log, 8)
        lengths = np.linalg.norm(profiles, axis=1)
        np.testing.assert_allclose(lengths, [1, 0, 0, 1, 1, 1, 0, 0], atol=1e-5)

    def test_zero_where_no_clicked_item_has_the_modality(self, log, blocks):
        nothing = FeatureBlock(np.zeros((15, 4), np.float32), np.zeros(15, bool))
        assert not user_profiles(nothing, log, 6).any()

    def test_ids_out_of_range(self, log, blocks):
        with pytest.raises(InputError, match=r"user ids run from .* 0 … 2"):
            user_profiles(blocks["text"], log, 3)
        with pytest.raises(InputError, match=r"item ids run from .* 0 … 3"):
            user_profiles(make_block(4, n_items=4), log, 6)


class TestRows:
    @pytest.mark.parametrize("chunk", [7, 32_768])
    def test_by_definition(self, log, blocks, chunk, monkeypatch):
        monkeypatch.setattr(rows, "_CHUNK", chunk)
        profiles = {name: user_profiles(block, log, 6) for name, block in blocks.items()}
        made = impression_rows(blocks, log, profiles)
        text, image = made.layout["text"], made.layout["image"]
        assert (text.values, text.present) == (slice(0, 5), 5)
        assert (image.values, image.present) == (slice(6, 10), 10)
        assert made.context == slice(11, 13)
        assert made.X.shape == (len(log), 13)
        assert made.X.dtype == np.float32
        for row in range(len(made)):
            item, user = log.item[row], log.user[row]
            for name, columns in made.layout.items():
                values = blocks[name].values[item]
                wanted = [*values, values @ profiles[name][user]]
                np.testing.assert_allclose(made.X[row, columns.values], wanted, atol=1e-5)
                assert made.X[row, columns.present] == blocks[name].present[item]
            assert made.X[row, made.context].tolist() == np.eye(2)[log.device[row]].tolist()

    def test_without_profiles_there_is_no_affinity(self, log, blocks):
        made = impression_rows(blocks, log)
        assert made.layout["text"].values == slice(0, 4)
        assert made.X.shape[1] == 4 + 1 + 3 + 1 + 2

    def test_no_rows(self, log, blocks):
        empty = log.where(np.zeros(len(log), bool))
        assert impression_rows(blocks, empty).X.shape == (0, 11)

    def test_makes_no_copy_of_a_whole_modality(self):
        log = make_log(n_slates=20_000)
        blocks = {"text": make_block(64), "image": make_block(64, seed=2)}
        profiles = {name: user_profiles(block, log, 6) for name, block in blocks.items()}
        tracemalloc.start()
        made = impression_rows(blocks, log, profiles)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1.4 * made.X.nbytes

    def test_bad_blocks(self, log, blocks):
        with pytest.raises(InputError, match=r"one row an item each, not \{\}"):
            impression_rows({}, log)
        with pytest.raises(InputError, match=r"not \{'a': 15, 'b': 9\}"):
            impression_rows({"a": make_block(2), "b": make_block(2, n_items=9)}, log)
        with pytest.raises(InputError, match="item ids run from"):
            impression_rows({"a": make_block(2, n_items=9)}, log)

    def test_bad_profiles(self, log, blocks):
        good = {name: user_profiles(block, log, 6) for name, block in blocks.items()}
        with pytest.raises(InputError, match=r"no profile for the modality 'image'.*\['text'\]"):
            impression_rows(blocks, log, {"text": good["text"]})
        with pytest.raises(InputError, match="features are 3 wide"):
            impression_rows(blocks, log, {**good, "image": good["text"]})
        with pytest.raises(InputError, match="user ids run from"):
            impression_rows(blocks, log, {name: p[:2] for name, p in good.items()})

    def test_unknown_device(self, log, blocks):
        strange = Impressions(**{**vars(log), "device": log.device + 5})
        with pytest.raises(InputError, match="device ids run from"):
            impression_rows(blocks, strange)


def test_click_rates_follow_their_definition(log):
    rates = click_rates(log, n_users=8, prior=2.0)
    overall = log.clicked.mean()
    for user in range(8):
        own = log.clicked[log.user == user]
        assert rates[user] == pytest.approx((own.sum() + 2 * overall) / (len(own) + 2))
    assert rates[7] == pytest.approx(overall)  # never seen


def test_click_rates_refuse_what_they_cannot_use(log):
    with pytest.raises(InputError, match=r"user ids run from 0 to 5, but must lie in 0 … 3"):
        click_rates(log, n_users=4)
    with pytest.raises(InputError, match="rows and a prior above 0, not 0"):
        click_rates(log, n_users=8, prior=0)
    with pytest.raises(InputError, match="needs rows"):
        click_rates(log.where(log.user < 0), n_users=8)
