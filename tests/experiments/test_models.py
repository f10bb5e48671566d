"""Recommenders by name."""

import pytest

from mmnotes import recommenders
from mmnotes.errors import InputError
from mmnotes.experiments.models import MODELS, WITHOUT_CONTENT, is_seeded, make, parameters
from mmnotes.experiments.presets import PRESETS, preset
from mmnotes.experiments.search import GRIDS
from mmnotes.recommenders import ContentKNN, Recommender

FITTED_AT_ONCE = ("MostPop", "ItemKNN", "EASE", "ContentKNN", "NeighborPop")
NOT_OF_PAIRS = {"RatingBiases"}  # predicts ratings


def test_every_recommender_has_its_name():
    public = {
        name
        for name in recommenders.__all__
        if isinstance(getattr(recommenders, name), type)
        and issubclass(getattr(recommenders, name), Recommender)
    }
    bases = {"Recommender", "TrainedRecommender"}
    assert set(MODELS) == public - bases - NOT_OF_PAIRS


@pytest.mark.parametrize("model", MODELS)
def test_made_with_seed_and_device(model, toy):
    made = make(model, {}, toy.content, seed=7, device="cpu")
    given = made.get_params(deep=False)
    assert type(made).__name__ == model
    assert given.get("random_state", 7) == 7
    assert given.get("device", "cpu") == "cpu"
    assert is_seeded(model) == ("random_state" in given)


PAIRS = [(name, model) for name in PRESETS for model in PRESETS[name]]


@pytest.mark.parametrize(("name", "model"), PAIRS)
def test_presets_are_settings(name, model, toy):
    settings = preset(name, model)
    made = make(model, settings, toy.content)
    given = made.get_params(deep=False)
    for key, value in settings.items():
        assert (given[key] if key in given else getattr(made.training, key)) == value


@pytest.mark.parametrize("model", [model for model in MODELS if model not in FITTED_AT_ONCE])
def test_papers_say_something_of_every_trained_model(model):
    assert model in PRESETS["paper"]
    assert model in PRESETS["fast"]


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"chosen", "brisk"}))
@pytest.mark.parametrize("model", FITTED_AT_ONCE)
def test_models_without_epochs_have_their_defaults(name, model):
    assert preset(name, model) == {}


def test_what_was_chosen_is_in_the_grids():
    """One run serves a chapter's search and the preset alike: the same settings, by name."""
    for model in ("ItemKNN", "EASE", "BPR", "LightGCN", "FREEDOM"):
        chosen, grid = preset("chosen", model), GRIDS[model]
        assert chosen.keys() == grid.keys()
        assert all(value in grid[name] for name, value in chosen.items())


def test_the_table_of_source_4():
    for model in ("LATTICE", "MICRO", "DiffMM"):
        given = preset("source-4", model)
        assert (given["dim"], given["n_layers"]) == (384, 3)
        assert (given["batch_size"], given["learning_rate"]) == (1024, 5e-4)
    with pytest.raises(InputError, match="'source-4' says nothing of BPR, only of LATTICE"):
        preset("source-4", "BPR")


def test_settings_of_training_lie_beside_the_others():
    made = make("LightGCN", {"dim": 3, "epochs": 4, "learning_rate": 0.5})
    assert (made.dim, made.training.epochs, made.training.learning_rate) == (3, 4, 0.5)
    assert {"dim", "epochs"} <= set(parameters("LightGCN"))
    assert not {"device", "random_state", "training"} & set(parameters("LightGCN"))


def test_training_keeps_the_model_s_own_defaults():
    for model in set(MODELS) - set(WITHOUT_CONTENT) - {"ContentKNN", "NeighborPop"}:
        own = getattr(recommenders, model)().training
        assert make(model, {"epochs": own.epochs}).training == own


def test_neighbours_by_content(toy):
    made = make("ContentKNN", {"modality": "image"}, toy.content)
    assert isinstance(made, ContentKNN)
    assert made.neighbors is toy.content["image"].graph
    with pytest.raises(InputError, match="needs content"):
        make("ContentKNN", {})


@pytest.mark.parametrize(
    ("model", "settings", "said"),
    [
        ("GPT", {}, "no model 'GPT'; choose from MostPop"),
        ("EASE", {"dim": 3}, "EASE has no setting 'dim'; it has regularisation"),
        ("MostPop", {"dim": 3}, "it has none"),
        ("BPR", {"device": "cpu"}, "no setting 'device'"),
        ("BPR", {"epochs": 0}, "epochs must be"),
    ],
)
def test_misuse(model, settings, said):
    with pytest.raises(InputError, match=said):
        make(model, settings)


def test_unknown_preset():
    with pytest.raises(InputError, match="no preset 'best'; choose from default, paper"):
        preset("best", "BPR")
