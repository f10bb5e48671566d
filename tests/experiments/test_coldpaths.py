"""Several ways to the vectors of cold items."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from mmnotes.errors import InputError
from mmnotes.experiments.coldpaths import PATHS, cold_paths, gain, lifts, signs_of, spreads
from mmnotes.experiments.tracks import cold, warm
from mmnotes.recommenders import ConditionedDiffMM, Training

SMALL = {"dim": 8, "projection_hidden": 8, "hidden": 8, "n_steps": 10, "device": "cpu"}


@pytest.fixture(scope="module")
def found(toy):
    cut = cold(toy.interactions, 0)
    model = ConditionedDiffMM(**SMALL, cold="projected", training=Training(epochs=3))
    model.fit(cut.train, toy.content)
    return cut, model, cold_paths(model, cut, device="cpu")


def test_each_path_is_the_model_with_its_settings(found):
    cut, model, paths = found
    assert list(paths) == list(PATHS)
    candidates = cut.tracks["test"].candidates
    for name, settings in PATHS.items():
        other = model.with_cold(**settings)
        users = paths[name].rankings["test"].metrics["recall@10"].users
        scores = other.score(users)[:, candidates.items]
        truth = cut.tracks["test"].truth
        hits = []
        for user, row in zip(users, scores, strict=True):
            first = candidates.items[np.argsort(-row, kind="stable")[:10]]
            mine = truth.item[truth.user == user]
            hits.append(np.isin(mine, first).mean())
        value, chance = paths[name].against_chance("recall@10")
        np.testing.assert_allclose(value.values, hits)
        assert chance.values == pytest.approx(10 / len(candidates))


def test_the_direct_path_agrees_with_itself(found):
    for name, values in found[2]["projected"].signs().items():
        assert values.values == pytest.approx(np.ones(len(values))), name


def test_signs_are_of_the_cold_items_and_of_users_who_are_asked(found):
    cut, model, paths = found
    test = cut.tracks["test"]
    items, users = test.candidates.items, np.unique(test.truth.user)
    direct = model.with_cold(cold="projected").item_vectors_
    for name, settings in PATHS.items():
        signs, other = paths[name].signs(), model.with_cold(**settings).item_vectors_
        assert np.array_equal(signs["cosine"].users, items)
        assert np.array_equal(signs["rank correlation"].users, users)
        assert np.array_equal(signs["shared"].users, users)
        one, two = other[items[3]], direct[items[3]]
        cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
        assert signs["cosine"].values[3] == pytest.approx(cosine, abs=1e-5)


def test_other_seeds_have_other_items(found):
    """Signs meet by item, so an interval over two seeds counts the items of both."""
    one = found[2]["projected"]
    moved = {"projected": replace(one, items=one.items + 1)}
    signs = signs_of([{"projected": one}, moved])["projected"]
    assert signs["cosine"].n_users == len(np.union1d(one.items, one.items + 1))
    assert signs["shared"].n_users == len(one.users)


def test_a_path_on_which_nobody_ranks(found):
    one = found[2]["projected"]
    flat = replace(one.agreement, rank_correlation=np.full(len(one.users), np.nan))
    with pytest.raises(InputError, match="'flat, rank correlation'"):
        signs_of([{"flat": replace(one, agreement=flat)}])


def test_only_fitted_models_and_the_cold_protocol(toy, found):
    cut, model, _ = found
    with pytest.raises(NotFittedError):
        cold_paths(ConditionedDiffMM(**SMALL), cut)
    with pytest.raises(InputError, match="no cold protocol"):
        cold_paths(model, warm(toy.interactions))


def test_both_tracks_are_of_the_same_users(found):
    for path in found[2].values():
        test, whole = (path.rankings[name] for name in ("test", "whole"))
        assert test.n_users == whole.n_users
        assert test.n_candidates < whole.n_candidates


def test_over_seeds_by_hand(found):
    runs = [found[2], found[2]]
    for path, lift in lifts(runs, "recall@10", "whole").items():
        value, chance = runs[0][path].against_chance("recall@10", "whole")
        assert lift.value == pytest.approx(value.values.mean() / chance.values.mean())
    for path, spread in spreads(runs, "recall@50", "recall@20").items():
        test = runs[0][path].rankings["test"]
        means = [test.metrics[name].values.mean() for name in ("recall@50", "recall@20")]
        assert spread.value == pytest.approx(means[0] / means[1])
    for path, signs in signs_of(runs).items():
        for name, sign in signs.items():
            assert sign.value == pytest.approx(runs[0][path].signs()[name].values.mean())
    one, other = (
        runs[0][path].rankings["test"].metrics["recall@20"].values.mean()
        for path in ("both mended", "projected")
    )
    assert gain(runs, "both mended", "projected").value == pytest.approx(one - other)
