"""What every trained recommender owes its callers."""

import copy
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from mmnotes import recommenders
from mmnotes.data import Interactions
from mmnotes.errors import InputError
from mmnotes.evaluate import full_ranking
from mmnotes.features.content import Content, Modality
from mmnotes.recommenders import BPR, FREEDOM, SEA, DiffMM, LightGCN, Training, trained, validation
from mmnotes.recommenders.problem import Problem
from mmnotes.recommenders.sampling import Sampler

# A trained recommender is tested by its line here: what makes it small enough for the market.
SETTINGS = {
    "BPR": {"dim": 8},
    "LightGCN": {"dim": 8},
    "VBPR": {"dim": 8},
    "LATTICE": {"dim": 8, "k": 6},
    "MICRO": {"dim": 8, "k": 6},
    "FREEDOM": {"dim": 8, "keep": 0.8},
    "BM3": {"dim": 16},
    "DiffMM": {"dim": 8, "hidden": 16},
    "ConditionedDiffMM": {"dim": 8, "projection_hidden": 16, "hidden": 16},
    "SEA": {"dim": 8, "fit_steps": 2},
}
KNOW_NO_CONTENT = {"BPR", "LightGCN"}
EVERYONE = np.arange(51)
gpu = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
]


# Of a module, so that tests come model by model, and a model that several look at is fitted once.
@pytest.fixture(scope="module", params=SETTINGS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def make(name):
    """A model that is not fitted, small and quick."""

    def made(epochs=4, device="cpu", random_state=0, **changes):
        training = Training(epochs=epochs, batch_size=100, learning_rate=0.02)
        settings = {**SETTINGS[name], "training": training, **changes}
        model = getattr(recommenders, name)
        return model(**settings, device=device, random_state=random_state)

    return made


@pytest.fixture(scope="module")
def learnt(make, market):
    """What thirty epochs come to; tests leave it as it is, and so the two below."""
    return make(epochs=30).fit(market.train, market.content)


@pytest.fixture(scope="module")
def begun(make, market):
    """Four epochs."""
    return make().fit(market.train, market.content)


@pytest.fixture(scope="module")
def quick(make, market):
    """One epoch."""
    return make(epochs=1).fit(market.train, market.content)


def test_every_public_model_has_its_line():
    base = recommenders.TrainedRecommender
    kinds = [getattr(recommenders, name) for name in recommenders.__all__]
    assert {kind.__name__ for kind in kinds if issubclass(kind, base)} == {*SETTINGS, base.__name__}


class TestLearns:
    def test_each_trainable_tensor_learns_in_the_first_step(self, make, market):
        """By a gradient; or, what the network trains itself, by having moved."""
        model, network, problem = started(make(), market)
        before = {name: part.detach().clone() for name, part in network.named_parameters()}
        network.train()
        network.begin_epoch(1)
        sampler = Sampler(problem, model.training.batch_size)
        network.loss(next(sampler.epoch(1))).backward()
        still = [
            name
            for name, part in network.named_parameters()
            if not (part.grad is not None and part.grad.any()) and part.equal(before[name])
        ]
        assert not still

    def test_an_epoch_moves_each_trainable_tensor(self, make, market):
        model, network, _ = started(make(epochs=1), market)
        model.fit(market.train, market.content)
        fitted = dict(model._net.named_parameters())
        assert not [name for name, part in network.named_parameters() if part.equal(fitted[name])]

    def test_overfits_a_toy(self, learnt, market):
        ranking = full_ranking(learnt.score, market.train, metrics=["recall@20"])
        assert ranking["recall@20"].values.mean() > 0.97
        assert ranking.chance["recall@20"].values.mean() < 0.35

    def test_the_loss_falls(self, learnt):
        epochs = learnt.state_.epochs
        assert [epoch.number for epoch in epochs] == [*range(1, 31)]
        assert epochs[-1].loss < epochs[0].loss
        assert all(epoch.cpu_seconds > 0 and epoch.seconds > 0 for epoch in epochs)

    def test_cold_rows_are_untouched(self, make, market):
        """Exactly, in every tensor with a row for each item, by gradients and by the optimizer."""
        model, network, problem = started(make(), market)
        tables = [name for name, part in network.named_parameters() if part.shape[:1] == (67,)]
        if not tables:
            pytest.skip("this model has no free vectors of items")
        network.train()
        network.begin_epoch(1)
        network.loss(next(Sampler(problem, 100).epoch(1))).backward()
        fitted = dict(model.fit(market.train, market.content)._net.named_parameters())
        for name, part in network.named_parameters():
            if name in tables:
                assert not part.grad[market.cold].any()
                assert part[market.cold].equal(fitted[name][market.cold])
                assert not part[:63].equal(fitted[name][:63])


def test_negatives_drawn_from_all_items_do_touch_cold_rows(market):
    """The null of the test above."""
    training = Training(epochs=1, batch_size=100, negatives="all")
    model, network, _ = started(recommenders.BPR(dim=8, training=training, device="cpu"), market)
    fitted = model.fit(market.train)._net
    assert (network.items[market.cold] != fitted.items[market.cold]).any(dim=1).all()


class TestRepeats:
    def test_the_same_seed_gives_the_same_scores(self, make, market, begun):
        one = begun.score(EVERYONE)
        other, another = (
            make(random_state=seed).fit(market.train, market.content).score(EVERYONE)
            for seed in (0, 1)
        )
        np.testing.assert_array_equal(one, other)
        assert (one != another).any()

    def test_leaves_torchs_generator_alone(self, make, market):
        before = torch.get_rng_state()
        make(epochs=1).fit(market.train, market.content)
        assert torch.get_rng_state().equal(before)

    def test_order_of_rows_and_repeated_rows_do_not_matter(self, make, market, begun):
        rows = market.train
        shuffled = np.random.default_rng(1).permutation(np.r_[np.arange(400), np.arange(40)])
        again = Interactions(rows.user[shuffled], rows.item[shuffled], 51, 67)
        other = make().fit(again, market.content)
        np.testing.assert_array_equal(begun.score(EVERYONE), other.score(EVERYONE))

    def test_saved_and_loaded(self, make, market, tmp_path, worse_each_time):
        """The first epoch is the best, so nothing of the last may be in the scores."""
        model = make(epochs=3).fit(market.train, market.content, market.valid)
        assert model.state_.best_epoch == 1
        model.save(tmp_path / "saved.pt")
        again = make(epochs=3).load(tmp_path / "saved.pt", market.train, market.content)
        np.testing.assert_array_equal(again.score(EVERYONE), model.score(EVERYONE))
        np.testing.assert_array_equal(again.item_vectors_, model.item_vectors_)
        assert again.state_.epochs == model.state_.epochs

    def test_pickled(self, quick):
        pickled = pickle.loads(pickle.dumps(quick))
        np.testing.assert_array_equal(pickled.score(EVERYONE), quick.score(EVERYONE))

    def test_a_run_that_broke_off_goes_on_to_the_same_scores(
        self, make, market, tmp_path, monkeypatch
    ):
        whole = make().fit(market.train, market.content, market.valid)
        written = breaks_off(monkeypatch, after=2)
        given = market.train, market.content, market.valid, tmp_path / "new" / "kept.pt"
        with pytest.raises(KeyboardInterrupt):
            make().fit(*given)
        assert len(written) == 2
        resumed = make().fit(*given)
        assert len(written) == 4
        np.testing.assert_array_equal(resumed.score(EVERYONE), whole.score(EVERYONE))
        assert [epoch.loss for epoch in resumed.state_.epochs] == [
            epoch.loss for epoch in whole.state_.epochs
        ]
        finished = make().fit(*given)
        assert len(written) == 4
        np.testing.assert_array_equal(finished.score(EVERYONE), whole.score(EVERYONE))


@pytest.fixture
def worse_each_time(monkeypatch):
    """Whatever the validation part says, the first look is the best."""
    looks = []

    def ranking(vectors, truth, seen, candidates, metrics):
        looks.append(len(looks))
        found = full_ranking(vectors, truth, seen, metrics=metrics)
        return {
            name: SimpleNamespace(values=-float(len(looks)) - found[name].values)
            for name in metrics
        }

    monkeypatch.setattr(validation, "full_ranking", ranking)


def breaks_off(monkeypatch, after):
    """Training ends with an error at the checkpoint after so many; what was written is counted."""
    written = []
    write = trained.write_checkpoint

    def once(path, kept):
        if len(written) == after and once.armed:
            once.armed = False
            raise KeyboardInterrupt
        write(path, kept)
        written.append(len(kept.state.epochs))

    once.armed = True
    monkeypatch.setattr(trained, "write_checkpoint", once)
    return written


KILLED = """
import os, pickle, signal, sys
import torch
from mmnotes import recommenders
from mmnotes.recommenders import training
given, name, settings, kept, dies_in = pickle.load(open(sys.argv[1], "rb"))
torch.set_num_threads(1)
look = training._look
def deadly(network, validate, state, number):
    if number == dies_in:
        os.kill(os.getpid(), signal.SIGKILL)
    return look(network, validate, state, number)
training._look = deadly
getattr(recommenders, name)(**settings).fit(*given, kept)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_process_is_taken_up_again(market, tmp_path):
    training = Training(epochs=4, batch_size=100, learning_rate=0.02)
    settings = {**SETTINGS["FREEDOM"], "training": training, "device": "cpu"}
    given, kept = (market.train, market.content, market.valid), tmp_path / "kept.pt"
    order = tmp_path / "order.pickle"
    order.write_bytes(pickle.dumps((given, "FREEDOM", settings, kept, 3)))
    done = subprocess.run([sys.executable, "-c", KILLED, order], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert kept.exists()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as over there: sums over threads come out otherwise
    resumed = recommenders.FREEDOM(**settings).fit(*given, kept)
    whole = recommenders.FREEDOM(**settings).fit(*given)
    torch.set_num_threads(threads)
    np.testing.assert_array_equal(resumed.score(EVERYONE), whole.score(EVERYONE))
    assert [epoch.number for epoch in resumed.state_.epochs] == [1, 2, 3, 4]


class TestScores:
    def test_of_the_users_asked(self, quick):
        model = quick
        scores = model.score(np.array([5, 2, 5]))
        assert scores.shape == (3, 67)
        assert scores.dtype == np.float32
        np.testing.assert_array_equal(scores[0], scores[2])
        assert model.score(np.array([], int)).shape == (0, 67)
        expected = model.user_vectors_[[5, 2, 5]] @ model.item_vectors_.T
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(model.warm_, np.arange(67) < 63)

    def test_a_user_scores_the_same_whoever_is_asked_beside(self, quick):
        alone = np.vstack([quick.score(np.array([user])) for user in EVERYONE])
        np.testing.assert_allclose(quick.score(EVERYONE), alone, rtol=1e-4, atol=1e-6)

    def test_items_of_one_vector_tie_to_the_last_digit(self, quick):
        alike = copy.copy(quick)
        alike.item_vectors_ = np.tile(quick.item_vectors_[:1], (67, 1))
        for model in (alike, quick, alike):  # neither ties the other's items
            scores = model.score(EVERYONE)
            wanted = np.repeat(scores[:, :1], 67, axis=1)
            assert np.array_equal(scores, wanted) == (model is alike)

    def test_a_user_without_training_items_has_no_preference(self, quick, market):
        assert not quick.score(np.array([market.stranger])).any()
        assert quick.score(np.arange(50)).any(axis=1).all()

    def test_cold_items_score_by_their_content_alone(self, name, learnt, market):
        # Without validation: that looks at warm items, which are learnt before content is.
        model = learnt
        assert np.isfinite(model.item_vectors_).all()
        found = model.item_vectors_[market.cold].any(axis=1)
        if name in KNOW_NO_CONTENT:
            assert not found.any()
            return
        np.testing.assert_array_equal(found, [True, True, True, False])  # the last has no content
        scores = model.score(np.arange(50))[:, market.cold[:3]]
        liked = np.arange(50)[:, None] % 5 == market.taste[market.cold[:3]]
        asked = liked.any(axis=1)
        assert (scores[asked].argmax(axis=1) == liked[asked].argmax(axis=1)).mean() > 0.8

    def test_selection_sees_what_will_be_scored(self, make, market, monkeypatch):
        """Cold items and strangers stand in validation as they will stand in the scores."""
        looked_at = []

        def ranking(vectors, truth, seen, candidates, metrics):
            looked_at.append([part.numpy().copy() for part in vectors])
            return full_ranking(vectors, truth, seen, candidates, metrics=metrics)

        monkeypatch.setattr(validation, "full_ranking", ranking)
        model = make().fit(market.train, market.content, market.valid)
        users, items = looked_at[model.state_.best_epoch - 1]
        np.testing.assert_array_equal(users, model.user_vectors_)
        np.testing.assert_array_equal(items, model.item_vectors_)


class TestNewItems:
    def test_are_scored_by_their_content(self, name, learnt, market, finds_taste):
        model = learnt
        if name in KNOW_NO_CONTENT:
            with pytest.raises(InputError, match="no way to an item that nobody took"):
                model.score_new(EVERYONE, market.to_come)
            return
        scores = model.score_new(EVERYONE, market.to_come)
        assert scores.shape == (51, 8)
        assert np.isfinite(scores).all()
        assert not scores[:, 7].any()  # of it nothing is known
        assert scores[:50, 5:7].any(axis=0).all()  # of these, one thing
        taste = np.arange(8) % 5
        assert finds_taste(model, market.to_come, taste) > 0.9
        assert finds_taste(model, market.to_come, (taste + 1) % 5) < 0.6  # null: of another

    def test_of_other_dimensions_or_without_a_modality(self, name, quick, market):
        if name in KNOW_NO_CONTENT:
            pytest.skip("this model does not look at content")
        with pytest.raises(InputError, match="no modality 'text'; there is image"):
            quick.vectors_of_new(market.to_come.only(["image"]))
        swapped = market.to_come.changed("text", market.to_come["image"])
        with pytest.raises(InputError, match=r"text: vectors of length 12, but .* fitted with 9"):
            quick.vectors_of_new(swapped)


class TestBadInput:
    def test_before_fit(self, make, market, tmp_path):
        for use in (
            lambda model: model.score(np.array([0])),
            lambda model: model.score_new(np.array([0]), market.to_come),
            lambda model: model.vectors_of_new(market.to_come),
            lambda model: model.save(tmp_path / "saved.pt"),
        ):
            with pytest.raises(NotFittedError):
                use(make())

    def test_content_that_is_missing_or_of_other_items(self, name, make, market):
        with pytest.raises(InputError, match="content of 8 items, but interactions with 67"):
            make().fit(market.train, market.to_come)
        if name in KNOW_NO_CONTENT:
            make(epochs=1).fit(market.train)
        else:
            with pytest.raises(InputError, match=r"give fit\(interactions, content\)"):
                make().fit(market.train)

    def test_zero_rows(self, make, market):
        """A modality of which hardly an item has any, and one that no warm item has."""
        rare = np.zeros((67, 12), np.float32)
        rare[:4] = market.content["image"].block.values[:4]
        only_cold = np.zeros((67, 9), np.float32)
        only_cold[63:] = 1
        content = Content(
            {"image": Modality.of_vectors(rare, k=3), "text": Modality.of_vectors(only_cold, k=4)}
        )
        model = make().fit(market.train, content, market.valid)
        assert np.isfinite(model.user_vectors_).all()
        assert np.isfinite(model.item_vectors_).all()

    def test_a_single_modality(self, make, market):
        model = make(epochs=1).fit(market.train, market.content.only(["text"]))
        assert np.isfinite(model.score(EVERYONE)).all()

    @pytest.mark.parametrize("seed", [None, -1, 0.5])
    def test_no_seed(self, make, market, seed):
        with pytest.raises(InputError, match="random_state must be a whole number from 0"):
            make(random_state=seed).fit(market.train, market.content)

    def test_validation_on_the_test_part_or_on_nothing(self, make, market):
        fit = make().fit
        test = replace(market.valid, split=np.full(50, "test"))
        with pytest.raises(InputError, match=r"rows for testing.*part\('valid'\)"):
            fit(market.train, market.content, test)
        nothing = market.valid.where(np.zeros(50, bool))
        with pytest.raises(InputError, match="the validation part is 0 rows"):
            fit(market.train, market.content, nothing)
        with pytest.raises(InputError, match=r"of \(52, 67\) users and items.*of \(51, 67\)"):
            fit(market.train, market.content, replace(market.valid, n_users=52))

    def test_a_fit_that_fails_leaves_nothing_fitted(self, make, market):
        model = make(epochs=1)
        assert model.fit(market.train, market.content) is model
        with pytest.raises(InputError):
            model.fit(market.train, market.to_come)
        with pytest.raises(NotFittedError):
            model.score(EVERYONE)

    def test_a_loss_that_is_no_number(self, make, market):
        wild = Training(epochs=50, batch_size=100, learning_rate=1e30)
        with pytest.raises(InputError, match=r"epoch \d+: the loss is .*smaller learning rate"):
            make(training=wild).fit(market.train, market.content)


class TestOnAGpu:
    pytestmark = gpu

    def test_a_model_from_the_cpu_scores_the_same(self, make, market, tmp_path):
        model = make().fit(market.train, market.content)
        model.save(tmp_path / "saved.pt")
        there = make(device="cuda").load(tmp_path / "saved.pt", market.train, market.content)
        np.testing.assert_allclose(there.score(EVERYONE), model.score(EVERYONE), atol=1e-4)

    def test_overfits_a_toy(self, make, market):
        model = make(epochs=30, device="cuda").fit(market.train, market.content)
        ranking = full_ranking(model.score, market.train, metrics=["recall@20"])
        assert ranking["recall@20"].values.mean() > 0.97

    def test_a_run_goes_on(self, make, market, tmp_path, monkeypatch):
        breaks_off(monkeypatch, after=2)
        given = market.train, market.content, market.valid, tmp_path / "kept.pt"
        with pytest.raises(KeyboardInterrupt):
            make(device="cuda").fit(*given)
        resumed = make(device="cuda").fit(*given)
        assert [epoch.number for epoch in resumed.state_.epochs] == [1, 2, 3, 4]


def started(model, market):
    """The model, its network before training, and what that was built from."""
    problem = Problem.of(market.train, market.content, torch.device("cpu"))
    return model, model.new_network(problem), problem


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (BPR(dim=0), "dim must be a whole number from 1, not 0"),
        (BPR(dim=True), "dim must be a whole number from 1, not True"),
        (BPR(dim=2.5), r"dim must be a whole number from 1, not 2\.5"),
        (LightGCN(n_layers=1.5), r"n_layers must be a whole number from 0, not 1\.5"),
        (LightGCN(regularisation=-1), "regularisation must be a number from 0, not -1"),
        (BPR(regularisation=float("nan")), "regularisation must be a number from 0, not nan"),
        (SEA(fit_steps=-1), "fit_steps must be a whole number from 0, not -1"),
        (BPR(regularisation="0.1"), "regularisation must be a number from 0, not '0.1'"),
        (BPR(regularisation=None), "regularisation must be a number from 0, not None"),
        (DiffMM(denoise_users=2.5), r"denoise_users must be a whole number from 0, not 2\.5"),
        (SEA(detached="no"), "detached must be True or False, not 'no'"),
        (FREEDOM(shares=[0.1, 0.9]), "shares must be a dict from modality to share"),
    ],
)
def test_numbers_that_no_model_can_make_sense_of(market, model, said):
    with pytest.raises(InputError, match=said):
        model.fit(market.train, market.content)
