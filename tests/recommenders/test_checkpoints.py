"""Files of networks: what they hold, and what is refused."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmnotes.errors import InputError
from mmnotes.evaluate import Candidates
from mmnotes.features.block import FeatureBlock
from mmnotes.features.content import Modality
from mmnotes.recommenders import BPR, FREEDOM, LightGCN, Training, checkpoints

QUICK = Training(epochs=2, batch_size=200)


def model(kind=LightGCN, **given):
    return kind(**{"dim": 4, "training": QUICK, "device": "cpu", **given})


@pytest.fixture(scope="module")
def file(market, tmp_path_factory):
    """A checkpoint of a run that has ended."""
    file = tmp_path_factory.mktemp("kept") / "kept.pt"
    model().fit(market.train, market.content, market.valid, file)
    return file


@pytest.fixture(scope="module")
def saved(market, tmp_path_factory):
    """What ``save`` wrote."""
    file = tmp_path_factory.mktemp("saved") / "saved.pt"
    model().fit(market.train, market.content, market.valid).save(file)
    return file


def changed(file, tmp_path, **parts):
    """The same file with some parts in the place of others; ``...`` takes one away."""
    content = torch.load(file, weights_only=True) | parts
    other = tmp_path / "changed.pt"
    torch.save({name: part for name, part in content.items() if part is not ...}, other)
    return other


class TestWhatIsKept:
    def test_tensors_and_plain_values_alone(self, file):
        content = torch.load(file, weights_only=True)
        assert content["model"] == "LightGCN"
        assert content["settings"]["training"]["batch_size"] == 200
        assert "device" not in content["settings"]
        assert [epoch["number"] for epoch in content["epochs"]] == [1, 2]
        assert set(content["network"]) == {"users", "items"}
        assert set(content["optimizers"]) == {"main"}

    def test_a_saved_model_holds_its_vectors_once(self, saved, market):
        n_numbers = 4 * (market.train.n_users + market.train.n_items)
        assert saved.stat().st_size < 1.9 * 4 * n_numbers + 8_000
        assert torch.load(saved, weights_only=True)["network"] is None

    def test_a_checkpoint_can_be_loaded_too(self, file, market):
        loaded = model().load(file, market.train, market.content)
        fitted = model().fit(market.train, market.content, market.valid)
        np.testing.assert_array_equal(loaded.item_vectors_, fitted.item_vectors_)

    def test_data_are_summed_up_once_a_run(self, market, tmp_path, monkeypatch):
        calls = []
        sha256 = checkpoints.problem_sha256
        monkeypatch.setattr(
            checkpoints, "problem_sha256", lambda problem: calls.append(1) or sha256(problem)
        )
        model().fit(market.train, market.content, market.valid, tmp_path / "kept.pt")
        assert len(calls) == 1


class TestOfSomethingElse:
    def test_model(self, file, market):
        with pytest.raises(
            InputError, match=r"^\S+kept\.pt is of the model 'LightGCN', and not 'BPR'"
        ):
            model(BPR).fit(market.train, market.content, market.valid, file)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"n_layers": 3}, r"^\S+kept\.pt is of n_layers 2, and not 3"),
            ({"random_state": 1}, "is of random_state 0, and not 1"),
            ({"training": replace(QUICK, decay=0.5)}, r"is of training \{.*'decay': 1.0"),
        ],
    )
    def test_settings(self, file, market, given, said):
        with pytest.raises(InputError, match=said):
            model(**given).fit(market.train, market.content, market.valid, file)

    def test_settings_that_are_the_same_in_other_words(self, file, market):
        given = model(dim=np.int64(4), device="auto" if not torch.cuda.is_available() else "cpu")
        given.fit(market.train, market.content, market.valid, file)

    def test_training_pairs(self, file, market):
        fewer = market.train.where(np.arange(400) > 0)
        with pytest.raises(InputError, match="of training pairs and content with the sha256"):
            model().fit(fewer, market.content, market.valid, file)
        with pytest.raises(InputError, match="of training pairs and content with the sha256"):
            model().load(file, fewer, market.content)

    def test_content(self, file, market):
        image = market.content["image"]
        moved = image.block.values.copy()
        moved[0, 0] += 1
        absent = image.block.present.copy()
        absent[0] = False
        others = [
            replace(image, block=FeatureBlock(moved, image.block.present)),
            replace(image, block=FeatureBlock(image.block.values, absent)),
            replace(image, graph=market.content["text"].graph),
        ]
        for other in others:
            content = market.content.changed("image", other)
            with pytest.raises(InputError, match="of training pairs and content with the sha256"):
                model().load(file, market.train, content)
        with pytest.raises(InputError, match="of training pairs and content with the sha256"):
            model().load(file, market.train)

    def test_validation_pairs(self, file, market):
        fewer = market.valid.where(np.arange(50) > 0)
        for valid in (fewer, None):
            with pytest.raises(InputError, match="of validation pairs with the sha256"):
                model().fit(market.train, market.content, valid, file)

    @pytest.mark.parametrize("part", ["valid", None])
    def test_a_saved_model_is_not_trained_further(self, saved, market, part):
        with pytest.raises(
            InputError, match=r"^\S+ holds a model that was saved after training: load it instead"
        ):
            model().fit(market.train, market.content, part and market.valid, saved)


class TestDamage:
    def test_there_is_none(self, market, tmp_path):
        with pytest.raises(InputError, match=r"none\.pt: there is no such file"):
            model().load(tmp_path / "none.pt", market.train, market.content)
        with pytest.raises(InputError, match="is no checkpoint of mmnotes"):
            model().load(tmp_path, market.train, market.content)

    @pytest.mark.parametrize("content", [b"", b"what is this", b"\x80\x02garbage", b"PK\x03\x04"])
    def test_garbage(self, market, tmp_path, content):
        garbage = tmp_path / "garbage.pt"
        garbage.write_bytes(content)
        with pytest.raises(InputError, match=r"garbage\.pt is no checkpoint of mmnotes"):
            model().fit(market.train, market.content, market.valid, garbage)
        assert garbage.read_bytes() == content

    def test_cut_short_or_with_bytes_turned(self, file, market, tmp_path):
        """Nothing but what a reader can act on is raised, wherever the damage is."""
        rng = np.random.default_rng(0)
        whole, broken = file.read_bytes(), tmp_path / "broken.pt"
        for place in rng.integers(0, len(whole), 30):
            turned = bytearray(whole)
            turned[place] ^= 0xFF
            for content in (whole[:place], bytes(turned)):
                broken.write_bytes(content)
                try:
                    model().load(broken, market.train, market.content)
                except InputError:
                    continue
                assert content == bytes(turned)  # it may hit a number, or what nobody reads

    def test_a_pickle_is_not_run(self, market, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (tmp_path / "harm").write_text, ("done",)

        bomb = tmp_path / "bomb.pt"
        bomb.write_bytes(pickle.dumps(Bomb(), protocol=2))
        torch.save({"format": "mmnotes recommender 1", "best": Bomb()}, tmp_path / "other.pt")
        for file in (bomb, tmp_path / "other.pt"):
            with pytest.raises(InputError, match="is no checkpoint of mmnotes"):
                model().load(file, market.train, market.content)
        assert not (tmp_path / "harm").exists()

    @pytest.mark.parametrize("content", [[1, 2], {"users": torch.ones(2)}, torch.ones(3)])
    def test_of_someone_else(self, market, tmp_path, content):
        torch.save(content, tmp_path / "other.pt")
        with pytest.raises(InputError, match="no checkpoint of this version of mmnotes"):
            model().load(tmp_path / "other.pt", market.train, market.content)

    @pytest.mark.parametrize(
        "parts",
        [
            {"best": ...},
            {"best": {}},
            {"best": 3},
            {"best": {"users": torch.ones(51, 4), "items": torch.ones(1, 4)}},
            {"epochs": [{"number": 1}]},
            {"epochs": 7},
            {"settings": ...},
            {"settings": "all"},
            {"model": ...},
        ],
    )
    def test_parts_that_are_missing_or_odd(self, file, market, tmp_path, parts):
        with pytest.raises(InputError, match=r"changed\.pt is a damaged checkpoint"):
            model().load(changed(file, tmp_path, **parts), market.train, market.content)

    @pytest.mark.parametrize("parts", [{"optimizers": {}}, {"optimizers": ...}, {"network": {}}])
    def test_training_that_cannot_go_on(self, file, market, tmp_path, parts):
        broken = changed(file, tmp_path, **parts)
        with pytest.raises(InputError, match=r"changed\.pt is a damaged checkpoint"):
            model().fit(market.train, market.content, market.valid, broken)

    def test_cannot_be_written(self, market, tmp_path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(InputError, match=r"kept\.pt: the checkpoint cannot be written"):
            model().fit(market.train, checkpoint=tmp_path / "file" / "kept.pt")

    def test_a_writer_that_fails_leaves_the_old_one(self, file, market, tmp_path, monkeypatch):
        kept = tmp_path / "kept.pt"
        kept.write_bytes(file.read_bytes())

        def full(content, path):
            path.write_bytes(b"half")
            raise OSError("no space left on device")

        monkeypatch.setattr(checkpoints.torch, "save", full)
        fitted = model().load(kept, market.train, market.content)
        with pytest.raises(InputError, match="no space left on device"):
            fitted.save(kept)
        assert kept.read_bytes() == file.read_bytes()
        assert [path.name for path in tmp_path.iterdir()] == ["kept.pt"]


def test_content_counts_for_models_that_look_at_it(market, tmp_path):
    fitted = model(FREEDOM).fit(market.train, market.content.only(["text"]))
    fitted.save(tmp_path / "text.pt")
    other = Modality.of_vectors(market.content["text"].block.values[::-1].copy(), k=6)
    with pytest.raises(InputError, match="of training pairs and content with the sha256"):
        model(FREEDOM).load(
            tmp_path / "text.pt", market.train, market.content.changed("text", other).only(["text"])
        )


def test_what_is_ranked_is_part_of_what_an_epoch_is_chosen_on(market):
    some = [None, Candidates("few", np.arange(5)), Candidates("more", np.arange(6))]
    kept = [
        checkpoints.Checkpoint(*[None] * 5, market.valid, candidates).chosen_on
        for candidates in some
    ]
    assert len(set(kept)) == 3
